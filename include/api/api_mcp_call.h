/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_MCP_CALL_H
#define CADCAST_API_API_MCP_CALL_H

#include <stdbool.h>

#include <jansson.h>

#include "api/api_mcp_tools.h"
#include "conn/conn.h"

struct server;

/* The request of an agent that calls a tool. */
struct api_mcp_call_ask {
    struct server *server;
    struct conn *conn;
    struct http *http;
    const char *id; /* as JSON */
    bool modern;
};

/* Calls the tool, and answers now or later. `arguments`: an object; NULL: none; borrowed. */
void api_mcp_call(const struct api_mcp_call_ask *ask, const struct api_mcp_tools_row *tool,
                  json_t *arguments);

#endif

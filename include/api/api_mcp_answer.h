/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_MCP_ANSWER_H
#define CADCAST_API_API_MCP_ANSWER_H

#include <stdbool.h>

#include "api/api_call.h"
#include "base/text.h"
#include "web/http.h"

/* Who answers, as JSON. */
#define API_MCP_ANSWER_SERVER                                                                      \
    "{\"name\":\"cadcast\",\"title\":\"cadcast\",\"version\":\"" CADCAST_VERSION "\"}"

/* Answers with JSON; with 503 if there was no memory for it. */
void api_mcp_answer_send(struct http *http, int status, const struct text *text);

/* Begins a message with a result, an object that is still open. `id`: as JSON. */
void api_mcp_answer_begin(struct text *text, const char *id, bool modern);

/* Adds the members of a tool's result: an error is one that the model may read, and no error of the
 * protocol. `base`: the server's address, as the client has it. */
void api_mcp_answer_result(struct text *text, const char *base,
                           const struct api_call_answer *answer);

#endif

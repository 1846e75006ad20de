/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_MCP_TOOLS_H
#define CADCAST_API_API_MCP_TOOLS_H

#include <stdbool.h>

#include "api/api_call.h"
#include "base/text.h"

/* What an agent may call: an operation of the API by a name. */
struct api_mcp_tools_row {
    const char *name;
    const char *about;
    const char *hints;      /* JSON: its annotations */
    const char *properties; /* JSON: the members of its arguments' schema, besides `session` */
    const char *required;   /* JSON: names of those that must be given */
    bool changes;           /* refused by a server with --read-only */
    /* Takes the call, whose `args` are the arguments without `session`. */
    void (*run)(struct api_call *call);
};

/* The row of a tool; NULL: there is none of that name. */
const struct api_mcp_tools_row *api_mcp_tools_find(const char *name);

/* Adds the list of all tools, in a fixed order, as JSON. */
void api_mcp_tools_list(struct text *out);

/* Whether the tool has an argument of that name. */
bool api_mcp_tools_takes(const struct api_mcp_tools_row *tool, const char *name);

#endif

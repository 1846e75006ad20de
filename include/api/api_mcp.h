/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_MCP_H
#define CADCAST_API_API_MCP_H

struct conn;
struct http;
struct server;

/*
 * The Model Context Protocol for agents (docs/agents.md): POST /mcp, JSON answers only, no
 * sessions. Revision 2026-07-28, in which each request stands alone, and those before it, which
 * begin with `initialize`.
 */
void api_mcp_request(struct server *server, struct conn *conn, struct http *http);

#endif

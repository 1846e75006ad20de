/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_H
#define CADCAST_API_API_H

#include <stdbool.h>

struct conn;
struct http;
struct server;

/*
 * What programs ask over HTTP (docs/api.md): /api/v1, its description /api/openapi.json, and the
 * short forms of what it makes. Answers a request whose path is one of these and returns true.
 *
 * `session`: the name in a path below /s/NAME/, or NULL; `path`: the rest, without the first slash.
 */
bool api_request(struct server *server, struct conn *conn, struct http *http, const char *session,
                 const char *path);

#endif

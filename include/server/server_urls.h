/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_URLS_H
#define CADCAST_SERVER_SERVER_URLS_H

#include <stdbool.h>

struct conn;
struct http;
struct server;

/* Answers a request for the addresses of a session's page as JSON: `urls`, and `view_urls` for
 * people who may only view, who get no others; `qr`: whether there are codes of them. */
void server_urls_respond(struct server *server, const struct conn *conn, struct http *http,
                         const char *session);

/* Answers a request for one of them as a QR code in SVG: `n=N` in the query is its place, `view`
 * takes it from the others. 404 if there is none, or no library for it. */
void server_urls_code(struct server *server, const struct conn *conn, struct http *http,
                      const char *session);

/* Whether the query of a request's target has a field of that name; *value: what follows it. */
bool server_urls_field(const char *target, const char *name, const char **value);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_URLS_H
#define CADCAST_SERVER_SERVER_URLS_H

struct conn;
struct http;
struct server;

/* Answers a request for the addresses of a session's page as JSON: `urls`, and `view_urls` for
 * people who may only view, who get no others; `qr`: whether there are codes of them. */
void server_urls_respond(struct server *server, const struct conn *conn, struct http *http,
                         const char *session);

/* Answers a request for one of them as a QR code in SVG: that of `host=HOST` in the query, as it is
 * in the address but without brackets, else the first; `view` takes it from the others. 404 if the
 * machine has no such address (any more), or there is no library for it. */
void server_urls_code(struct server *server, const struct conn *conn, struct http *http,
                      const char *session);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_EXPORT_H
#define CADCAST_SERVER_SERVER_EXPORT_H

#include "conn/conn.h"

struct server;

/* Prepares the server's queue `exports`: files that are made of what a session shows. */
void server_export_init(struct server *server);

/* Answers GET model.EXT; `extension`: EXT, `query`: the request's, without the "?". The parameters
 * are those of export/export_query.h. */
void server_export_respond(struct server *server, struct conn *conn, struct http *http,
                           const char *session, const char *extension, const char *query);

#endif

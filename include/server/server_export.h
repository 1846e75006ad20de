/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_EXPORT_H
#define CADCAST_SERVER_SERVER_EXPORT_H

#include "base/list.h"
#include "conn/conn.h"

struct server;

/* Files that are made of what a session shows, one at a time; the others wait, and hold no model
 * while they do. A part of struct server. */
struct server_export_queue {
    struct list waiting; /* struct export_job */
    unsigned count;
    struct export_job *running;
};

void server_export_init(struct server *server);

/* Answers GET model.EXT; `extension`: EXT, `query`: the request's, without the "?". The parameters
 * are those of export/export_query.h. */
void server_export_respond(struct server *server, struct conn *conn, struct http *http,
                           const char *session, const char *extension, const char *query);

/* Ends the file that is being made if its request is gone; for about twice a second. */
void server_export_tick(struct server *server);

/* The server ends: so does what is running. */
void server_export_cancel(struct server *server);

/* Forgets what waits. */
void server_export_free(struct server *server);

#endif

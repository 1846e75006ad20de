/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_EXPORT_H
#define CADCAST_SERVER_SERVER_EXPORT_H

#include "conn/conn.h"
#include "export/export.h"

struct server;
struct server_job;
struct text;

/* Prepares the server's queue `exports`: files that are made of what a session shows. */
void server_export_init(struct server *server);

/* Answers GET model.EXT; `extension`: EXT, `query`: the request's, without the "?". The parameters
 * are those of export/export_query.h. */
void server_export_respond(struct server *server, struct conn *conn, struct http *http,
                           const char *session, const char *extension, const char *query);

/* A file that was asked for: `bytes`, borrowed, and the number of parts that the format has no form
 * for; or an error of export_write, or -ENODATA if nothing is shown, with the reason in `fault`. */
typedef void (*server_export_done)(void *arg, int status, const char *fault, struct blob *bytes,
                                   unsigned left_out);

/* Writes what a session shows; `then` is called once, perhaps within this call. `who`: a weak
 * pointer to the one who asks; once that is gone, nothing is written for it. After an error `then`
 * is not called: -EBUSY: too many are waiting; -ENOMEM; -ENOENT, -EINVAL: a parameter is wrong, and
 * `why` says which. */
int server_export_ask(struct server *server, const char *session, enum export_format format,
                      const char *query, struct weak_pointer *who, server_export_done then,
                      void *arg, struct text *why);

/* Queues requests for exact geometry that was not put together yet when they came, and ends a file
 * whose client has left; to be called about twice a second. */
void server_export_tick(struct server *server);

/* The server ends: so does what waits. */
void server_export_free(struct server *server);

/* For the pool: adds the values of a page that shows what the job works on (export/export_html.h)
 * with the view of the page whose id is `page`, or that was used last. */
void server_export_values(struct text *values, const struct server_job *job, const char *page);

#endif

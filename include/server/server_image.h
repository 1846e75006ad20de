/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_IMAGE_H
#define CADCAST_SERVER_SERVER_IMAGE_H

#include <stdint.h>

#include "conn/conn.h"

struct render_options;
struct server;

/* Prepares the server's queue `images`: pictures that are drawn here, without a browser, in a
 * thread of lower priority, as what kernels show must not wait for them. */
void server_image_init(struct server *server);

/* Answers GET image.png with what a session shows; `target`: the request's. The parameters are
 * those of render/query.h. Without `view`, it is the view of the browser that was used last. */
void server_image_respond(struct server *server, struct conn *conn, struct http *http,
                          const char *session, const char *target);

/* The result of a picture that was asked for: `png`, borrowed; or an error of render_draw, or
 * -ENODATA if nothing is shown, with the reason in `fault`. */
typedef void (*server_image_done)(void *arg, int status, const char *fault, struct blob *png);

/* Draws what a session shows; `then` is called once, perhaps within this call. `who`: a weak
 * pointer to the one who asks; once that is gone, nothing is drawn for it. -EBUSY: too many are
 * waiting; -ENOENT: the history has no such step; -ENOMEM: `then` is not called then. */
int server_image_ask(struct server *server, const char *session,
                     const struct render_options *options, struct weak_pointer *who,
                     server_image_done then, void *arg);

/* Answers with the small picture of a step of the history (session_step), which is drawn and kept
 * if it has none yet. */
void server_image_step(struct server *server, struct conn *conn, struct http *http,
                       const char *session, int64_t step);

/* Draws the small picture for the list of sessions, unless that is about to happen. */
void server_image_small(struct server *server, const struct session *session);

/* The server ends, and does not wait for a small picture, which is drawn after the next start, nor
 * for a browser. */
void server_image_ending(struct server *server);

/* No page of the session is here: has one at another server draw it, and if there is none, draws it
 * here (view_services.draw_shot). */
void server_image_without_page(struct server *server, struct session *session,
                               const char *filename);

#endif

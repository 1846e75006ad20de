/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_SHOTS_H
#define CADCAST_VIEW_SHOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"
#include "view/peer.h"

struct session;

/*
 * Screenshots that kernels request. Each belongs to the picture at the time of the request: it
 * shows that one, or it is not made, with a line in the log. The browser used last is asked; if it
 * cannot draw or leaves, the next one. While none is connected, it is drawn without one.
 */

/* A kernel requests a screenshot of the session in that file; the payload of `blob` is the request,
 * for the browser. */
void session_shots_want(struct session *session, struct blob *blob, const char *filename);

/* How to handle a screenshot that a browser sent. */
enum session_shots_answer { SESSION_SHOTS_WRITE, SESSION_SHOTS_SUPERSEDED, SESSION_SHOTS_UNWANTED };

/* `browser` sent the picture for that file. SESSION_SHOTS_UNWANTED: no kernel waits for it, or the
 * browser is read-only and was not asked. SESSION_SHOTS_SUPERSEDED: a newer request is for another
 * picture under that name; a line is logged. All but SESSION_SHOTS_UNWANTED end the request. */
enum session_shots_answer session_shots_take(struct session *session, struct peer *browser,
                                             const char *filename);

/* `browser` reported that it cannot draw the screenshot: asks the next one. Returns NULL, or the
 * fault of the message. */
const char *session_shots_failed(struct session *session, struct peer *browser,
                                 const char *filename, const char *reason);

/* The session's picture is about to be replaced: requests for it keep the file of its model, or end
 * if no browser has been asked yet. */
void session_shots_replaced(struct session *session);

/* A request in the queue of `browser` was dropped, as its picture exceeds the queue's limit. */
void session_shots_dropped(struct session *session, struct peer *browser, const struct blob *blob);

/* The message that `sender` was sending at the time of a request is complete or was aborted. */
void session_shots_arrived(struct session *session, const struct peer *sender);

/* A browser left: the requests that it was asked for wait for another browser. */
void session_shots_lost(struct session *session);

/* Passes waiting requests to a browser, and ends those that waited too long. */
void session_shots_tick(struct session *session);

/* Memory is short: ends the requests that hold the file of a replaced model. */
void session_shots_shed(struct session *session);

/* The file named `hash`, if a request holds it for a replaced model; otherwise NULL. */
struct blob *session_shots_file(const struct session *session, const char *hash);

/* Frees all requests. */
void session_shots_free(struct session *session);

#endif

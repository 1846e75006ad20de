/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_EVENTS_H
#define CADCAST_API_API_EVENTS_H

#include <stddef.h>

#include <jansson.h>

#include "view/view.h"

struct conn;
struct http;
struct server;

/*
 * What happens to a session, as Server-Sent Events for programs that follow it. The last few
 * hundred events are kept from the first follower on, so that one that lost its connection gets
 * what it missed (Last-Event-ID). Views, selections and browsers are told twice a second at most.
 */

/* Answers a request with the events of that session from now on, or behind Last-Event-ID. */
void api_events_follow(struct server *server, struct conn *conn, struct http *http,
                       struct session *session);

/* Something happened to the session. */
void api_events_changed(struct server *server, struct session *session, enum view_change change);

/* A measurement was answered; `json` is the answer. */
void api_events_measured(struct server *server, const struct session *session, const char *json,
                         size_t size);

/* A run of a script that shows into the session was "run_started", "run_ended" or "run_failed". */
void api_events_run(struct server *server, const struct session *session, const char *kind,
                    json_t *data);

/* Called about twice a second. */
void api_events_tick(struct server *server);

void api_events_free(struct server *server);

#endif

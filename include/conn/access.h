/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_ACCESS_H
#define CADCAST_CONN_ACCESS_H

#include <stdbool.h>

#include "web/guard.h"

struct conn;
struct front;
struct http;
struct listener;

/* Sets up the guard from the options: names, origins, networks, response headers. Returns 0,
 * -EINVAL or -ENOMEM. */
int access_start(struct front *front);

/* Creates or takes over the tokens, if they are needed; call when the listeners are open. Returns 0
 * or a negative errno value. */
int access_listening(struct front *front, const struct listener *listener);

/* Passes the tokens that this process created on to the process that replaces it. */
void access_leave(const struct front *front);

/* Reads certificate and key again, if TLS is configured; on an error, logs it and keeps the old
 * ones. */
void access_reload(struct front *front);

void access_end(struct front *front);

/* Whether to read from this new connection; also for one that is refused (conn->refused), so that
 * it is answered after its request. False: it has been answered and is being closed. */
bool access_admit(struct front *front, struct conn *conn);

/* Whether the request is allowed; if not, it has been answered. Sets conn->read_only and view_only.
 * `prefix` gets the path prefix that a trusted proxy reports, or "". */
bool access_allows(struct front *front, struct conn *conn, struct http *http,
                   char prefix[GUARD_PREFIX]);

/* Answers a refused request, or one for a page that there is not (`status` 404): with a page for a
 * person's browser, which has a field for the token if `status` is 401; else with the status as
 * text. */
void access_refuse(struct http *http, int status);

/* A connection is gone: updates the counts of the refused ones. */
void access_gone(struct front *front, const struct conn *conn);

/* Ends the refused connections that are still given time to send their request. */
void access_drop_lingerers(struct front *front);

#endif

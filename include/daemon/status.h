/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATUS_H
#define CADCAST_DAEMON_STATUS_H

#include <jansson.h>

struct server;

/* How the server is, for `cadcast status` and GET /status: a new reference; NULL: no memory. Holds
 * no secrets. */
json_t *status_json(struct server *server);

/* The same, for people to read, on standard output. `said`: what the pid file says, or NULL. */
void status_print(const json_t *status, const json_t *said);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_STATUS_H
#define CADCAST_SERVER_STATUS_H

#include <jansson.h>

struct server;

/* The status of the server, for `cadcast status` and GET /status: a new reference; NULL: no memory.
 * Contains no secrets. */
json_t *status_json(struct server *server);

/* Prints the status in readable form on standard output. `said`: content of the pid file, or
 * NULL. */
void status_print(const json_t *status, const json_t *said);

#endif

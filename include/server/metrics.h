/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_METRICS_H
#define CADCAST_SERVER_METRICS_H

#include "web/http.h"

struct server;

/* Answers with the server's counters in Prometheus' text format. */
void metrics_respond(struct server *server, struct http *http);

#endif

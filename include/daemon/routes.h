/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_ROUTES_H
#define CADCAST_DAEMON_ROUTES_H

#include "daemon/conn.h"

/* Answers one HTTP request of a connection, or makes a WebSocket of it. */
void routes_request(struct conn *conn, struct http *http);

#endif

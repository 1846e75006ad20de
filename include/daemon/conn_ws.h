/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONN_WS_H
#define CADCAST_DAEMON_CONN_WS_H

#include "daemon/conn.h"

/* Turns the connection into a WebSocket of that session; within a request only. Its messages go to
 * the view from then on, and the view's to it. */
void conn_ws_upgrade(struct conn *conn, struct session *session, bool read_only);

#endif

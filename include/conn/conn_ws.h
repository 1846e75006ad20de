/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_CONN_WS_H
#define CADCAST_CONN_CONN_WS_H

#include "conn/conn.h"

/* Upgrades the connection to a WebSocket of that session; only within a request. From then on it
 * exchanges messages with the view. Answers with 503 if there is no memory. */
void conn_ws_upgrade(struct conn *conn, struct session *session, bool read_only);

#endif

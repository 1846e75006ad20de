/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_ROUTES_H
#define CADCAST_SERVER_ROUTES_H

#include "conn/conn.h"

struct server;

/* The header of a request with a body was received: checks its access before the body is read, and
 * has what answers it take the body. */
void routes_body(struct server *server, struct conn *conn, struct http *http);

/* Answers one HTTP request of a connection, or upgrades it to a WebSocket. */
void routes_request(struct server *server, struct conn *conn, struct http *http);

#endif

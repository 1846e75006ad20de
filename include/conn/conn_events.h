/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_CONN_EVENTS_H
#define CADCAST_CONN_CONN_EVENTS_H

#include "conn/conn.h"

/* Bytes of events that may wait for a client that receives slowly. */
#define CONN_EVENTS_QUEUE ((size_t)256 * 1024)

/* Answers the request of the connection with a stream of Server-Sent Events (WHATWG HTML section
 * 9.2) that only the connection's end ends; a request by HEAD gets the header alone. False: it was
 * answered with 503 instead, or the stream has ended already. */
bool conn_events_begin(struct conn *conn);

/* Sends one or more whole events. A client for which too many bytes wait is closed: it asks again
 * with the last event that it has. */
void conn_events_send(struct conn *conn, const char *data, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_CONN_TIMEOUT_H
#define CADCAST_CONN_CONN_TIMEOUT_H

#include "conn/conn.h"

/*
 * The deadlines of a connection: its one timer, with its current purpose. When it expires the
 * connection is closed, or its request is answered with 408, or a ping is sent.
 */

/* Restarts the timer for `wait`, with the timeout from the options, 0 there meaning none: at most
 * two seconds for a refused connection, and one for messages, as the time between two looks. */
void conn_timeout_start(struct conn *conn, enum conn_wait wait);

/* Bytes were written to the stream: if some are still queued, watches the peer's progress from now
 * on. */
void conn_timeout_sent(struct conn *conn);

#endif

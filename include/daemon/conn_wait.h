/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONN_WAIT_H
#define CADCAST_DAEMON_CONN_WAIT_H

#include "daemon/conn.h"

/*
 * The deadlines of a connection: its one timer, and what it is for at the moment. When the time is
 * up the connection is closed, or its request answered with 408, or a ping goes out.
 */

/* From now on the timer is for `wait`, with the time that the options have for it; 0 there means
 * without end. */
void conn_wait_for(struct conn *conn, enum conn_wait wait);

/* Something was given to the stream: where it did not all go out at once, how far the peer has come
 * is looked at from now on. */
void conn_wait_sent(struct conn *conn);

#endif

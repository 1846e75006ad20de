/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_NOTIFY_H
#define CADCAST_DAEMON_NOTIFY_H

#include <stdint.h>

/*
 * Tells the service manager how we are, as sd_notify(3) describes: a datagram to the socket that
 * NOTIFY_SOCKET names. Where none is named, or nobody listens, nothing happens.
 */

/* Sends lines such as "READY=1". */
void notify_send(const char *lines);

/* "RELOADING=1" needs the time too; follow it with READY=1. */
void notify_reloading(void);

/* Milliseconds between two signs of life that the manager waits for (WATCHDOG_USEC, where
 * WATCHDOG_PID is ours or not set); 0: none. */
uint64_t notify_watchdog(void);

#endif

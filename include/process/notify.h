/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_NOTIFY_H
#define CADCAST_PROCESS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Notifies the service manager, as sd_notify(3) describes: a datagram to the socket of
 * NOTIFY_SOCKET. Does nothing if the variable is not set or the socket has no receiver.
 */

/* Sends lines such as "READY=1". */
void notify_send(const char *lines);

/* Sends "RELOADING=1" with the time it needs; follow it with READY=1. */
void notify_reloading(void);

/* Milliseconds between two watchdog messages that the manager expects (WATCHDOG_USEC, if
 * WATCHDOG_PID is ours or not set); 0: none. */
uint64_t notify_watchdog(void);

/* Whether the descriptor is the journal of systemd ($JOURNAL_STREAM, systemd.exec(5)). */
bool notify_is_journal(int fd);

#endif

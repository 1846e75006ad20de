/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_EXIT_STATUS_H
#define CADCAST_PROCESS_EXIT_STATUS_H

/* Exit statuses of the program; docs/cadcast.1 lists them. */
enum exit_status {
    EXIT_STATUS_FINE = 0,
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_NOT_RUNNING = 3,
};

#endif

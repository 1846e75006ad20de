/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_SERVICE_LOG_H
#define CADCAST_COMMAND_SERVICE_LOG_H

#include <sys/types.h>

/* Lines of a service's log that the commands print to standard error. `since`: the size of the log
 * before the start. */

/* A start failed: the last lines. */
void service_log_failure(const char *path, off_t since);

/* After a successful start: its warnings and errors, which the user would otherwise not see. */
void service_log_warnings(const char *path, off_t since);

#endif

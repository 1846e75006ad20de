/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_LOG_H
#define CADCAST_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/*
 * A log. One line is one write(2), so that lines of several threads never mix. Bytes of peers are
 * made printable: control characters and bytes that are not UTF-8 become \xNN. Writing never waits:
 * if a pipe or a terminal is full because its reader stopped, lines are dropped.
 */
struct log {
    int fd;               /* not owned; below 0: no log */
    enum log_level level; /* lines above it are dropped */
    bool json;            /* one JSON object a line instead of text */
    bool time;            /* text lines begin with the UTC time, RFC 3339, milliseconds */
};

/* Writes one line: `module` is the part of the program that logs ("ws"). Lines over 2,000 bytes are
 * truncated. Keeps errno. `log` may be NULL: nothing happens. */
void log_line(const struct log *log, enum log_level level, const char *module, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

#define log_error(log, ...) log_line(log, LOG_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_line(log, LOG_WARNING, __VA_ARGS__)
#define log_info(log, ...) log_line(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)

#endif

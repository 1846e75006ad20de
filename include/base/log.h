/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_LOG_H
#define CADCAST_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/*
 * Where lines go. One line is one write(2), so that lines of several threads never mix. Whatever a
 * peer sent is made printable: control characters and bytes that are not UTF-8 come out as \xNN.
 * Writing never waits: where nobody reads a pipe or a terminal, lines are lost.
 */
struct log {
    int fd;               /* not owned; below 0: nowhere */
    enum log_level level; /* lines above it are left out */
    bool json;            /* one JSON object a line instead of text */
    bool time;            /* text lines begin with the UTC time, RFC 3339, milliseconds */
};

/* Whether a line of this level would be written: for lines whose making costs something. */
bool log_wants(const struct log *log, enum log_level level);

/* Writes one line: `module` is the part of the program that speaks ("ws"). Longer than 2,000
 * bytes is cut. errno is left as it was. `log` may be NULL: nothing happens. */
void log_line(const struct log *log, enum log_level level, const char *module, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
void log_vline(const struct log *log, enum log_level level, const char *module, const char *format,
               va_list args) __attribute__((format(printf, 4, 0)));

/* "error", "warning", "info", "debug". */
const char *log_level_name(enum log_level level);

/* The level of that name; -EINVAL where there is none. */
int log_level_parse(const char *name);

#define log_error(log, ...) log_line(log, LOG_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_line(log, LOG_WARNING, __VA_ARGS__)
#define log_info(log, ...) log_line(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_TERMINAL_H
#define CADCAST_PROCESS_TERMINAL_H

#include <stdbool.h>

/* The terminal that the program was started in. A closed terminal no longer counts as a terminal
 * (isatty(3) fails with EIO), so this is determined once, at the start. */
struct terminal {
    bool controlling; /* there is one, and this process ends with it */
    bool log;         /* standard error is a terminal, or was one at the start */
};

/* Call it before a handler for SIGHUP is set. */
void terminal_look(struct terminal *terminal);

/* Whether a SIGHUP just received means that the terminal is being closed; otherwise it is a request
 * to read files again. */
bool terminal_goes(const struct terminal *terminal);

/* Call it before exec(2): if this process ends with its terminal, a SIGHUP that is sent from now on
 * is blocked and so reaches the next program; else it is ignored. */
void terminal_hold(const struct terminal *terminal);

/* Call it in that program, once its handler is set: a blocked SIGHUP is delivered. */
void terminal_release(void);

#endif

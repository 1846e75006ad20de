/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RERUN_CHILD_H
#define CADCAST_RERUN_CHILD_H

#include <uv.h>

/* A process of its own session, with this one's standard input and output. So its processes are one
 * group, which can be ended, and a Ctrl-C reaches this process alone. */
struct child;

/* `status` is the exit status, or 128 and the signal that ended it. */
typedef void (*child_ended)(void *arg, int status);

/* Starts `argv`, found on PATH; `errors`: the descriptor that becomes its standard error; `pipe`:
 * NULL, or one that is initialised and becomes its descriptor 3, for both directions. 0, after
 * which `ended` is called once and the rest frees itself; or a negative errno value. */
int child_start(uv_loop_t *loop, char **argv, int errors, uv_pipe_t *pipe, child_ended ended,
                void *arg, struct child **out);

/* Its process, whose number is that of its group. Valid until it has ended. */
int child_pid(const struct child *child);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RERUN_WARM_H
#define CADCAST_RERUN_WARM_H

#include <uv.h>

/*
 * A Python process that has imported what a script needs, and forks one for every run of it
 * (python/cadcast/_run.py, which says what they tell each other).
 */
struct warm;

struct warm_events {
    /* The run has begun, as a process that leads a session of its own. */
    void (*begun)(void *arg, int pid);
    /* It imports that file of the script's folder. */
    void (*file)(void *arg, const char *path);
    /* Why the run fails: lines about an exception. */
    void (*why)(void *arg, const char *text);
    /* The run has ended; `status` as of child_ended. */
    void (*ended)(void *arg, int status);
    /* The Python process has ended by itself: its run, if there was one, has then no end. */
    void (*lost)(void *arg, int status);
    void *arg;
};

/* `python` with that program, the script and its arguments in `argv`, which ends with NULL. The
 * events are copied. 0, or a negative errno value. */
int warm_start(uv_loop_t *loop, char **argv, const struct warm_events *events, struct warm **out);

/* Asks for a run; one at a time. 0, or a negative errno value. */
int warm_run(struct warm *warm);

/* Ends it; it frees itself on the loop, and no event follows. NULL is allowed. */
void warm_close(struct warm *warm);

#endif

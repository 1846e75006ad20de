/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_LOOP_WORK_H
#define CADCAST_LOOP_WORK_H

#include <stdint.h>

#include <uv.h>

struct watch;

/* The jobs of one owner on libuv's thread pool. Only work_start counts them. */
struct work_jobs {
    uv_loop_t *loop;
    struct watch *watch; /* records the wait of each job and which `done` runs; may be NULL */
    unsigned count;      /* started, and `done` not called yet */
};

/*
 * Work for libuv's thread pool: `run` on a pool thread, then `done` on the loop, exactly once.
 * Embed this as the first member of a struct that holds what the work needs; that struct belongs
 * to the work until `done` is called, which frees it.
 */
struct work {
    uv_work_t req;
    struct work_jobs *jobs;
    const char *what;
    void (*run)(struct work *work);
    /* status: 0, or UV_ECANCELED if the loop ended before the work began. */
    void (*done)(struct work *work, int status);
    uint64_t queued; /* uv_hrtime() when it was queued */
    uint64_t waited; /* nanoseconds until a thread took it; valid in `done` */
};

/* Queues the work. `jobs` must outlive it; `what` names the job in the log and is a literal.
 * Returns 0, or libuv's error, after which `done` is not called. */
int work_start(struct work *work, struct work_jobs *jobs, const char *what,
               void (*run)(struct work *), void (*done)(struct work *, int status));

/* Creates the pool's threads now. libuv creates them for the first work, and aborts the process if
 * the system has no memory for one: that may happen at the start, but not later. 0 or an error. */
int work_make_threads(struct work_jobs *jobs);

#endif

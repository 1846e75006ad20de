/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_WORK_H
#define CADCAST_NET_WORK_H

#include <stdint.h>

#include <uv.h>

/*
 * Work for libuv's thread pool: `run` on a pool thread, then `done` on the loop, exactly once.
 * Embed this as the first member of a struct that holds what the work needs; that struct belongs
 * to the work until `done` is called, which frees it.
 */
struct work {
    uv_work_t req;
    void (*run)(struct work *work);
    /* status: 0, or UV_ECANCELED where the loop ended before the work began. */
    void (*done)(struct work *work, int status);
    uint64_t queued; /* uv_hrtime() when it was given */
    uint64_t waited; /* nanoseconds until a thread took it, known in `done` */
};

/* Queues the work. Returns 0, or an error, and then `done` is not called. */
int work_start(struct work *work, uv_loop_t *loop, void (*run)(struct work *),
               void (*done)(struct work *, int status));

#endif

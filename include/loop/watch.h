/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_LOOP_WATCH_H
#define CADCAST_LOOP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/log.h"
#include "base/text.h"

/* Upper bounds of the histogram's buckets, in seconds; one more bucket is above the last. */
#define WATCH_CLASSES 11

/* Processor time of a turn, in nanoseconds, from which it counts as too long. */
#define WATCH_LIMIT 5000000

/* A histogram of durations. */
struct watch_times {
    uint64_t counts[WATCH_CLASSES + 1];
    uint64_t sum; /* nanoseconds */
    uint64_t worst;
};

/*
 * Measures how long the loop is busy between two polls. Processor time shows whether this program
 * does too much at once, the clock how long other events have to wait.
 */
struct watch {
    uv_prepare_t prepare;
    const struct log *log;
    unsigned open;   /* handles that are not closed yet */
    uint64_t cpu_at; /* nanoseconds, at the end of the previous turn */
    uint64_t clock_at;
    uint64_t idle_at;
    struct watch_times cpu;
    struct watch_times clock;
    struct watch_times pool;    /* from queueing a job to its start on a pool thread */
    struct watch_times receive; /* receiving a model, from its first piece to its last */
    struct watch_times convert; /* converting a model into a file */
    uint64_t too_long;          /* turns over WATCH_LIMIT of processor time */
    const char *doing;          /* what this turn began last; NULL: nothing was reported */
    char detail[64];
    size_t bytes;   /* size of its data; 0: none */
    unsigned begun; /* things begun in this turn */
};

/* 0 or an error, after which nothing is open. `log` must outlive it. */
int watch_open(struct watch *watch, uv_loop_t *loop, const struct log *log);

/* May be called twice. */
void watch_close(struct watch *watch);

/* Reports that work on `bytes` bytes begins on the loop; `what` is a literal, `detail` (NULL: none)
 * is copied and truncated. */
void watch_begin(struct watch *watch, const char *what, const char *detail, size_t bytes);

void watch_count(struct watch_times *times, uint64_t nanoseconds);

/* Appends a Prometheus histogram, in seconds. */
void watch_print(const struct watch_times *times, const char *name, const char *help,
                 struct text *out);

#endif

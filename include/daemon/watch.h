/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_WATCH_H
#define CADCAST_DAEMON_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/log.h"
#include "base/text.h"
#include "net/work.h"

/* Seconds up to which a measurement counts as this class; one more class is above the last. */
#define WATCH_CLASSES 11

/* Nanoseconds of the loop's own processor time from which a turn is too long. */
#define WATCH_LIMIT 5000000

/* How often something took how long. */
struct watch_times {
    uint64_t counts[WATCH_CLASSES + 1];
    uint64_t sum; /* nanoseconds */
    uint64_t worst;
};

/*
 * Looks at how long the loop is busy between two times that it may sleep. Processor time tells
 * whether this program does too much at once, the clock tells what others have to wait.
 */
struct watch {
    uv_prepare_t prepare;
    const struct log *log;
    unsigned open;   /* handles that are not closed yet */
    uint64_t cpu_at; /* nanoseconds, at the end of the turn before */
    uint64_t clock_at;
    uint64_t idle_at;
    struct watch_times cpu;
    struct watch_times clock;
    struct watch_times pool;    /* how long work waited for a thread */
    struct watch_times receive; /* a model, from its first piece to its last */
    struct watch_times convert; /* a model into a file */
    uint64_t too_long;          /* turns over WATCH_LIMIT of processor time */
    const char *doing;          /* what was begun last in this turn, NULL: nothing was said */
    char detail[64];
    size_t bytes;   /* of which it was, 0: of none */
    unsigned begun; /* things begun in this turn */
};

/* 0 or an error, and then nothing is open. `log` must outlive it. */
int watch_open(struct watch *watch, uv_loop_t *loop, const struct log *log);

/* May be called twice. */
void watch_close(struct watch *watch);

/* Something begins on the loop, which has so many bytes; `what` is a literal, `detail` is copied
 * and cut, NULL: none. */
void watch_begin(struct watch *watch, const char *what, const char *detail, size_t bytes);

void watch_count(struct watch_times *times, uint64_t nanoseconds);

/* A Prometheus histogram, in seconds. */
void watch_print(const struct watch_times *times, const char *name, const char *help,
                 struct text *out);

#endif

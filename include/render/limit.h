/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_LIMIT_H
#define CADCAST_RENDER_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* When drawing has to end unfinished. Read by all threads of a picture. */
struct limit {
    uint64_t deadline;         /* nanoseconds on the monotonic clock; 0: none */
    const atomic_bool *cancel; /* becomes true if the picture is not wanted any more; may be NULL */
};

/* A limit that begins now. `ms` 0: no deadline. */
struct limit limit_start(unsigned ms, const atomic_bool *cancel);

/* 0; -ECANCELED; or -ETIMEDOUT. Takes about 30 ns. */
int limit_check(const struct limit *limit);

#endif

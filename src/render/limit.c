/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/limit.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

struct limit limit_start(unsigned ms, const atomic_bool *cancel)
{
    return (struct limit){ .deadline = ms == 0 ? 0 : now() + ms * (uint64_t)1000000,
                           .cancel = cancel };
}

int limit_check(const struct limit *limit)
{
    if (limit->cancel != NULL && atomic_load_explicit(limit->cancel, memory_order_relaxed))
        return -ECANCELED;
    return limit->deadline != 0 && now() > limit->deadline ? -ETIMEDOUT : 0;
}

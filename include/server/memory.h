/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_MEMORY_H
#define CADCAST_SERVER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct front;

/* Returns memory to the system that the C library or the block cache has kept: some time after
 * pictures were freed, or once in a while if new ones never stop. A server that showed large models
 * must not stay large for ever. */
struct memory {
    uint64_t seen;    /* total of received and freed bytes at the last tick */
    uint64_t trimmed; /* the same at the last trim */
    uint64_t at;      /* milliseconds: time of the last trim */
    bool trimming;    /* a trim runs on the pool */
};

/* Called about twice a second. */
void memory_tick(struct memory *memory, struct front *front);

#endif

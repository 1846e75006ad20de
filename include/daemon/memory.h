/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_MEMORY_H
#define CADCAST_DAEMON_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/* What the C library keeps of freed memory is given back to the system some time after pictures
 * went, or now and then where they never cease to come: a server that showed large models once, or
 * many, shall not look large for ever. */
struct memory {
    uint64_t seen;    /* bytes that had come and gone at the last tick */
    uint64_t trimmed; /* and when memory was given back last */
    uint64_t at;      /* milliseconds: when that was */
    bool trimming;    /* on the pool, now */
};

/* What the C library says of its heap; zeros where it says nothing. */
struct memory_heap {
    uint64_t bytes;  /* taken from the system, free or in use */
    uint64_t used;   /* of these, in use */
    uint64_t mapped; /* and large blocks, each with a mapping of its own */
};

struct memory_heap memory_heap(void);

/* To be called before the first thread starts. */
void memory_start(void);

/* About twice a second. */
void memory_tick(struct server *server);

#endif

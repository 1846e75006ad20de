/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/pages.h"

#include <sys/mman.h>
#include <time.h>

/* Nanoseconds within which a large page is there if the system need not look for it: five times
 * what it takes to clear one. */
#define AT_HAND 1000000

/* The lock on all of the process's memory is held while so much is prepared: some 70 microseconds
 * for which another thread that maps memory may wait. */
#define PART ((size_t)256 * 1024)

void pages_prepare(uint8_t *start, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = 4096;
    uintptr_t begin = (uintptr_t)start & ~(page - 1);
    uintptr_t end = ((uintptr_t)start + size + page - 1) & ~(page - 1);
    /* It may be refused, and then the pages come as they are written. */
    while (begin < end) {
        size_t part = end - begin < PART ? end - begin : PART;
        if (madvise((void *)begin, part, MADV_POPULATE_WRITE) < 0)
            return;
        begin += part;
    }
#endif
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void pages_prepare_large(uint8_t *start, size_t size)
{
    int64_t took = 0;
    while (size > 0 && took < AT_HAND) {
        size_t part = size < PAGES_LARGE ? size : PAGES_LARGE;
        int64_t began = now();
#ifdef MADV_HUGEPAGE
        madvise(start, part, MADV_HUGEPAGE);
#endif
        /* Without that lock, since it may take long. */
        *start = 0;
        pages_prepare(start, part);
        took = now() - began;
        start += part;
        size -= part;
    }
    if (size > 0)
        pages_prepare(start, size);
}

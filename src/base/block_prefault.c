/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <sys/mman.h>
#include <time.h>

#include "base/block.h"

/* Nanoseconds within which a large page is prefaulted if the system has one ready: five times what
 * it takes to clear one. */
#define AT_HAND 1000000

/* Bytes prefaulted in one call. The kernel holds the lock on the address space during it: some 70
 * microseconds for which another thread that maps memory may wait. */
#define PART ((size_t)256 * 1024)

/* Prefaults a part of a mapping; pages that are present are unchanged. */
static void populate(uint8_t *start, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = 4096;
    uintptr_t begin = (uintptr_t)start & ~(page - 1);
    uintptr_t end = ((uintptr_t)start + size + page - 1) & ~(page - 1);
    /* The call may be refused; then pages fault when they are written. */
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

/* The same with large pages, from the start of one on. */
static void populate_large(uint8_t *start, size_t size)
{
    int64_t took = 0;
    while (size > 0 && took < AT_HAND) {
        size_t part = size < BLOCK_PAGE ? size : BLOCK_PAGE;
        int64_t began = now();
#ifdef MADV_HUGEPAGE
        madvise(start, part, MADV_HUGEPAGE);
#endif
        /* By a plain write, without that lock, since it may take long. */
        *start = 0;
        populate(start, part);
        took = now() - began;
        start += part;
        size -= part;
    }
    if (size > 0)
        populate(start, size);
}

/* Sets `ready`, which several threads may advance. */
static void raise_ready(struct block *block, size_t ready)
{
    size_t known = atomic_load_explicit(&block->ready, memory_order_relaxed);
    while (known < ready && !atomic_compare_exchange_weak(&block->ready, &known, ready))
        continue;
}

/* In steps, since another thread may have overtaken meanwhile. */
static void prefault_small(struct block *block, size_t size)
{
    size_t from;
    while ((from = atomic_load_explicit(&block->ready, memory_order_relaxed)) < size) {
        size_t part = size - from < PART ? size - from : PART;
        populate(block->start + from, part);
        raise_ready(block, from + part);
    }
}

static void prefault_large(struct block *block, size_t size)
{
    size_t ready = atomic_load_explicit(&block->ready, memory_order_relaxed);
    if (ready >= size)
        return;
    uint8_t *end = block->start + size;
    /* A block that was in use, and was made longer, has small pages up to there. */
    uint8_t *fresh = block->start + ready;
    uint8_t *border = fresh + (-(uintptr_t)fresh & (BLOCK_PAGE - 1));
    if (border < end)
        populate_large(border, (size_t)(end - border));
    raise_ready(block, size);
}

void block_prefault(struct block *block, size_t size, enum block_pages pages)
{
    if (size > block->mapped)
        size = block->mapped;
    if (pages == BLOCK_PAGES_LARGE)
        prefault_large(block, size);
    else
        prefault_small(block, size);
}

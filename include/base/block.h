/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_BLOCK_H
#define CADCAST_BASE_BLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct block_cache;

/* A block of at least this many bytes has a mapping of its own; a shorter one is from the heap. */
#define BLOCK_LARGE ((size_t)4 * 1024 * 1024)

/* The size of a large page; mappings are aligned to it and a multiple of it. */
#define BLOCK_PAGE ((size_t)2 * 1024 * 1024)

/*
 * The memory of a payload. A mapping is fresh, or from a cache (base/block_cache.h); the system has
 * to find and clear fresh memory, page by page when it is written, which costs more than receiving
 * into it. A block that is all zeros is empty: it has no memory yet.
 */
struct block {
    uint8_t *start;
    size_t mapped;       /* bytes of its mapping; 0: from the heap */
    atomic_size_t ready; /* bytes from the start on that need no prefaulting; SIZE_MAX: all */
};

/* Which pages block_prefault asks for. */
enum block_pages {
    /* Small ones. Those that are present are unchanged, so another thread may be writing. */
    BLOCK_PAGES_SMALL,
    /* Large ones, which cost a quarter, as long as the system has some ready. If it has to find
     * them first, as in a virtual machine whose host reclaims free memory, one takes up to 10 ms:
     * so this is for the worker pool, and continues with small pages if it meets that. Only for
     * memory behind `ready` that is not written yet. */
    BLOCK_PAGES_LARGE,
};

/* Makes the block at least `size` bytes long, perhaps at another address: an empty one gets memory,
 * another one keeps its first `used` bytes, which were written. A mapping is from `cache`, which
 * may be NULL. 0, or the error of the system, as a negative errno, after which the block is
 * unchanged. */
int block_resize(struct block_cache *cache, struct block *block, size_t size, size_t used);

/* Has the system back the first `size` bytes with memory, at most the block's length, before they
 * are written: all at once costs a third less than page by page. Another thread may prefault the
 * block at the same time. Only a hint. */
void block_prefault(struct block *block, size_t size, enum block_pages pages);

/* Frees the block, of which the first `used` bytes were written; a mapping is given to `cache`, or
 * unmapped if that is NULL. */
void block_free(struct block_cache *cache, struct block *block, size_t used);

#endif

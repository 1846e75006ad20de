/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_BLOCK_CACHE_H
#define CADCAST_BASE_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keeps mappings of freed blocks (base/block.h) for the next ones: the next model is about as large
 * as the one it replaces. Reference-counted, and safe to use from any thread.
 */
struct block_cache;

/* A mapping. `ready`: how many of its bytes, from the start on, are prefaulted. */
struct block_mapping {
    uint8_t *start; /* NULL: none */
    size_t size;
    size_t ready;
};

/* Keeps at most `limit` bytes. NULL: no memory. The caller owns the one reference. */
struct block_cache *block_cache_new(size_t limit);
struct block_cache *block_cache_ref(struct block_cache *cache);
void block_cache_unref(struct block_cache *cache);

/* Takes the mapping that serves best for `size` bytes: the shortest that is long enough, else the
 * longest; its start is NULL if there is none. */
struct block_mapping block_cache_take(struct block_cache *cache, size_t size);

/* Gives a mapping, to be kept, or unmapped by block_cache_release. */
void block_cache_put(struct block_cache *cache, const struct block_mapping *mapping);

/* Unmaps all at once, since memory is short. */
void block_cache_empty(struct block_cache *cache);

/* Call it now and then: a mapping that was not reused for `turns` calls is to be released. Returns
 * whether there is anything to release. */
bool block_cache_age(struct block_cache *cache, unsigned turns);

/* Unmaps what is to be released: for the worker pool, since it takes the system some
 * milliseconds. */
void block_cache_release(struct block_cache *cache);

/* Size of the mappings kept, in bytes. */
size_t block_cache_bytes(struct block_cache *cache);

#endif

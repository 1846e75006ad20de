/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/block.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/block_cache.h"
#include "base/sys.h"

static size_t rounded(size_t size)
{
    return (size + BLOCK_PAGE - 1) & ~(BLOCK_PAGE - 1);
}

static uint8_t *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0);
}

/* Maps `wanted` bytes that begin at a large page's boundary, which older systems do not ensure. If
 * there is no room for the alignment, they are unaligned. 0 or -errno. */
static int map_aligned(size_t wanted, struct block_mapping *mapping)
{
    uint8_t *area = map(wanted + BLOCK_PAGE);
    if (area == MAP_FAILED) {
        area = map(wanted);
        if (area == MAP_FAILED)
            return -errno;
        *mapping = (struct block_mapping){ .start = area, .size = wanted };
        return 0;
    }
    size_t before = rounded((uintptr_t)area) - (uintptr_t)area;
    if (before > 0)
        munmap(area, before);
    if (BLOCK_PAGE - before > 0)
        munmap(area + before + wanted, BLOCK_PAGE - before);
    *mapping = (struct block_mapping){ .start = area + before, .size = wanted };
    return 0;
}

/* Makes a fresh mapping. If memory is short, the cache is emptied first. */
static int map_fresh(struct block_cache *cache, size_t wanted, struct block_mapping *mapping)
{
    int error = map_aligned(wanted, mapping);
    if (error == 0 || cache == NULL)
        return error;
    block_cache_empty(cache);
    return map_aligned(wanted, mapping);
}

/* Resizes the mapping with mremap, which refuses if parts of it were advised differently, since it
 * is then several mappings: that is not a lack of memory. */
static bool remap(struct block_mapping *mapping, size_t wanted)
{
    uint8_t *moved = sys_remap(mapping->start, mapping->size, wanted);
    if (moved == NULL)
        return false;
    mapping->start = moved;
    mapping->size = wanted;
    if (mapping->ready > wanted)
        mapping->ready = wanted;
    return true;
}

static void give(struct block_cache *cache, const struct block_mapping *mapping)
{
    if (cache == NULL)
        munmap(mapping->start, mapping->size);
    else
        block_cache_put(cache, mapping);
}

/* Gets a mapping of `wanted` bytes, if possible from the cache. */
static int take(struct block_cache *cache, size_t wanted, struct block_mapping *mapping)
{
    struct block_mapping best = { 0 };
    if (cache != NULL)
        best = block_cache_take(cache, wanted);
    if (best.start == NULL)
        return map_fresh(cache, wanted, mapping);
    /* One that is much too long would waste memory. */
    bool fits = best.size >= wanted && best.size - wanted <= wanted / 4;
    if (fits || remap(&best, wanted)) {
        *mapping = best;
        return 0;
    }
    give(cache, &best);
    return map_fresh(cache, wanted, mapping);
}

/* Makes the mapping longer. If the system cannot do it in place or by moving pages, its `used`
 * bytes are copied to a fresh one, and the old one is given to the cache. */
static int lengthen(struct block_cache *cache, struct block_mapping *mapping, size_t wanted,
                    size_t used)
{
    if (remap(mapping, wanted))
        return 0;
    struct block_mapping fresh = { 0 };
    int error = map_fresh(cache, wanted, &fresh);
    if (fresh.start == NULL)
        /* With the cache empty there may be room for the added part. */
        return remap(mapping, wanted) ? 0 : error;
    memcpy(fresh.start, mapping->start, used);
    fresh.ready = used;
    give(cache, mapping);
    *mapping = fresh;
    return 0;
}

/* The mapping of a block. Written bytes have memory too. */
static struct block_mapping mapping_of(const struct block *block, size_t used)
{
    size_t ready = atomic_load_explicit(&block->ready, memory_order_relaxed);
    return (struct block_mapping){ .start = block->start,
                                   .size = block->mapped,
                                   .ready = ready > used ? ready : used };
}

static int resize_on_heap(struct block *block, size_t size)
{
    uint8_t *start = realloc(block->start, size);
    if (start == NULL)
        return -ENOMEM;
    block->start = start;
    atomic_init(&block->ready, SIZE_MAX);
    return 0;
}

int block_resize(struct block_cache *cache, struct block *block, size_t size, size_t used)
{
    if (block->mapped == 0 && size < BLOCK_LARGE)
        return resize_on_heap(block, size);
    struct block_mapping mapping = mapping_of(block, used);
    int error = block->mapped > 0 ? lengthen(cache, &mapping, rounded(size), used)
                                  : take(cache, rounded(size), &mapping);
    if (error < 0)
        return error;
    if (block->mapped == 0 && block->start != NULL) {
        memcpy(mapping.start, block->start, used);
        free(block->start);
    }
    block->start = mapping.start;
    block->mapped = mapping.size;
    atomic_init(&block->ready, mapping.ready > used ? mapping.ready : used);
    return 0;
}

void block_free(struct block_cache *cache, struct block *block, size_t used)
{
    if (block->mapped == 0) {
        free(block->start);
        return;
    }
    struct block_mapping mapping = mapping_of(block, used);
    give(cache, &mapping);
}

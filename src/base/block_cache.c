/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/block_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Most mappings kept: one model in two forms, and the previous one while it is being replaced. */
#define KEPT_MAX 4

struct kept {
    struct block_mapping mapping;
    unsigned age;
};

/* A list entry at the start of a mapping that is to be released. */
struct unwanted {
    struct unwanted *next;
    size_t size;
};

struct block_cache {
    atomic_uint refs;
    pthread_mutex_t lock; /* guards the fields below */
    size_t limit;
    size_t bytes;
    struct kept items[KEPT_MAX];
    struct unwanted *unwanted;
};

struct block_cache *block_cache_new(size_t limit)
{
    struct block_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        return NULL;
    atomic_init(&cache->refs, 1);
    pthread_mutex_init(&cache->lock, NULL);
    cache->limit = limit;
    return cache;
}

struct block_cache *block_cache_ref(struct block_cache *cache)
{
    atomic_fetch_add_explicit(&cache->refs, 1, memory_order_relaxed);
    return cache;
}

void block_cache_unref(struct block_cache *cache)
{
    if (cache == NULL || atomic_fetch_sub_explicit(&cache->refs, 1, memory_order_acq_rel) > 1)
        return;
    block_cache_empty(cache);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* Queues a mapping for release; the lock must be held. */
static void discard(struct block_cache *cache, const struct block_mapping *mapping)
{
    struct unwanted *unwanted = (struct unwanted *)(void *)mapping->start;
    unwanted->next = cache->unwanted;
    unwanted->size = mapping->size;
    cache->unwanted = unwanted;
}

/* Takes the mapping out of its entry; the lock must be held. */
static struct block_mapping remove_item(struct block_cache *cache, struct kept *item)
{
    struct block_mapping mapping = item->mapping;
    cache->bytes -= mapping.size;
    item->mapping.start = NULL;
    return mapping;
}

/* Discards those that were not reused for `turns` calls. Whether there is anything to release. */
static bool discard_old(struct block_cache *cache, unsigned turns)
{
    pthread_mutex_lock(&cache->lock);
    for (unsigned i = 0; i < KEPT_MAX; i++) {
        struct kept *item = &cache->items[i];
        if (item->mapping.start == NULL || item->age++ < turns)
            continue;
        struct block_mapping mapping = remove_item(cache, item);
        discard(cache, &mapping);
    }
    bool unwanted = cache->unwanted != NULL;
    pthread_mutex_unlock(&cache->lock);
    return unwanted;
}

bool block_cache_age(struct block_cache *cache, unsigned turns)
{
    return discard_old(cache, turns);
}

void block_cache_empty(struct block_cache *cache)
{
    discard_old(cache, 0);
    block_cache_release(cache);
}

/* Whether `a` is the better choice for `size` bytes. */
static bool serves_better(const struct block_mapping *a, const struct block_mapping *b, size_t size)
{
    if ((a->size >= size) != (b->size >= size))
        return a->size >= size;
    return a->size >= size ? a->size < b->size : a->size > b->size;
}

struct block_mapping block_cache_take(struct block_cache *cache, size_t size)
{
    struct block_mapping taken = { 0 };
    struct kept *best = NULL;
    pthread_mutex_lock(&cache->lock);
    for (unsigned i = 0; i < KEPT_MAX; i++) {
        struct kept *item = &cache->items[i];
        if (item->mapping.start != NULL &&
            (best == NULL || serves_better(&item->mapping, &best->mapping, size)))
            best = item;
    }
    if (best != NULL)
        taken = remove_item(cache, best);
    pthread_mutex_unlock(&cache->lock);
    return taken;
}

/* Puts the mapping into a free entry; false: there is none. The lock must be held. */
static bool keep(struct block_cache *cache, const struct block_mapping *mapping)
{
    if (mapping->size > cache->limit || cache->bytes > cache->limit - mapping->size)
        return false;
    for (unsigned i = 0; i < KEPT_MAX; i++) {
        if (cache->items[i].mapping.start != NULL)
            continue;
        cache->items[i] = (struct kept){ .mapping = *mapping };
        cache->bytes += mapping->size;
        return true;
    }
    return false;
}

void block_cache_put(struct block_cache *cache, const struct block_mapping *mapping)
{
    pthread_mutex_lock(&cache->lock);
    if (!keep(cache, mapping))
        discard(cache, mapping);
    pthread_mutex_unlock(&cache->lock);
}

void block_cache_release(struct block_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    struct unwanted *unwanted = cache->unwanted;
    cache->unwanted = NULL;
    pthread_mutex_unlock(&cache->lock);
    while (unwanted != NULL) {
        struct unwanted *next = unwanted->next;
        munmap(unwanted, unwanted->size);
        unwanted = next;
    }
}

size_t block_cache_bytes(struct block_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    size_t bytes = cache->bytes;
    pthread_mutex_unlock(&cache->lock);
    return bytes;
}

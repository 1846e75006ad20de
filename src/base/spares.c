/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/spares.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/pages.h"

/* One model in two forms, and the one before it while it is being replaced. */
#define SPARES 4

struct spare {
    struct spares_block block; /* its start NULL: none */
    unsigned age;
};

/* Lies in the beginning of a block that waits to be released. */
struct unwanted {
    struct unwanted *next;
    size_t mapped;
};

struct spares {
    atomic_uint refs;
    pthread_mutex_t lock; /* for what follows */
    size_t limit;
    size_t bytes;
    struct spare items[SPARES];
    struct unwanted *unwanted;
};

struct spares *spares_new(size_t limit)
{
    struct spares *spares = calloc(1, sizeof(*spares));
    if (spares == NULL)
        return NULL;
    atomic_init(&spares->refs, 1);
    pthread_mutex_init(&spares->lock, NULL);
    spares->limit = limit;
    return spares;
}

struct spares *spares_ref(struct spares *spares)
{
    atomic_fetch_add_explicit(&spares->refs, 1, memory_order_relaxed);
    return spares;
}

void spares_unref(struct spares *spares)
{
    if (spares == NULL || atomic_fetch_sub_explicit(&spares->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < SPARES; i++) {
        if (spares->items[i].block.start != NULL)
            munmap(spares->items[i].block.start, spares->items[i].block.mapped);
    }
    spares_release(spares);
    pthread_mutex_destroy(&spares->lock);
    free(spares);
}

static size_t rounded(size_t size)
{
    return (size + PAGES_LARGE - 1) & ~(PAGES_LARGE - 1);
}

/* Has a block released; with the lock held. */
static void discard(struct spares *spares, const struct spares_block *block)
{
    struct unwanted *unwanted = (struct unwanted *)(void *)block->start;
    unwanted->next = spares->unwanted;
    unwanted->mapped = block->mapped;
    spares->unwanted = unwanted;
}

/* Maps a block that begins at a large page's border: older systems do not see to that. */
static int map_fresh(size_t size, struct spares_block *block)
{
    size_t wanted = rounded(size);
    uint8_t *area = mmap(NULL, wanted + PAGES_LARGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return -ENOMEM;
    size_t before = rounded((uintptr_t)area) - (uintptr_t)area;
    if (before > 0)
        munmap(area, before);
    if (PAGES_LARGE - before > 0)
        munmap(area + before + wanted, PAGES_LARGE - before);
    *block = (struct spares_block){ .start = area + before, .mapped = wanted };
    return 0;
}

/* Whether `a` serves better: the shortest that is long enough, else the longest. */
static bool serves_better(const struct spares_block *a, const struct spares_block *b, size_t wanted)
{
    if ((a->mapped >= wanted) != (b->mapped >= wanted))
        return a->mapped >= wanted;
    return a->mapped >= wanted ? a->mapped < b->mapped : a->mapped > b->mapped;
}

/* Takes the best block out of those that are kept; its start is NULL where there is none. */
static struct spares_block take_best(struct spares *spares, size_t wanted)
{
    struct spares_block taken = { 0 };
    struct spare *best = NULL;
    pthread_mutex_lock(&spares->lock);
    for (unsigned i = 0; i < SPARES; i++) {
        struct spare *item = &spares->items[i];
        if (item->block.start != NULL &&
            (best == NULL || serves_better(&item->block, &best->block, wanted)))
            best = item;
    }
    if (best != NULL) {
        taken = best->block;
        spares->bytes -= taken.mapped;
        best->block.start = NULL;
    }
    pthread_mutex_unlock(&spares->lock);
    return taken;
}

int spares_resize(struct spares_block *block, size_t size)
{
    size_t wanted = rounded(size);
    uint8_t *moved = mremap(block->start, block->mapped, wanted, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return -ENOMEM;
    block->start = moved;
    block->mapped = wanted;
    if (block->ready > wanted)
        block->ready = wanted;
    return 0;
}

int spares_take(struct spares *spares, size_t size, struct spares_block *block)
{
    size_t wanted = rounded(size);
    struct spares_block best = { 0 };
    if (spares != NULL)
        best = take_best(spares, wanted);
    if (best.start == NULL)
        return map_fresh(size, block);
    /* A block that is much too long would hold memory that nobody uses. */
    bool fits = best.mapped >= wanted && best.mapped - wanted <= wanted / 4;
    if (!fits && spares_resize(&best, size) < 0) {
        munmap(best.start, best.mapped);
        return -ENOMEM;
    }
    *block = best;
    return 0;
}

/* Finds a place for the block; false: there is none. */
static bool keep(struct spares *spares, const struct spares_block *block)
{
    if (block->mapped > spares->limit || spares->bytes > spares->limit - block->mapped)
        return false;
    for (unsigned i = 0; i < SPARES; i++) {
        if (spares->items[i].block.start != NULL)
            continue;
        spares->items[i] = (struct spare){ .block = *block };
        spares->bytes += block->mapped;
        return true;
    }
    return false;
}

void spares_give(struct spares *spares, const struct spares_block *block)
{
    if (spares == NULL) {
        munmap(block->start, block->mapped);
        return;
    }
    pthread_mutex_lock(&spares->lock);
    if (!keep(spares, block))
        discard(spares, block);
    pthread_mutex_unlock(&spares->lock);
}

bool spares_age(struct spares *spares, unsigned turns)
{
    pthread_mutex_lock(&spares->lock);
    for (unsigned i = 0; i < SPARES; i++) {
        struct spare *item = &spares->items[i];
        if (item->block.start == NULL || item->age++ < turns)
            continue;
        discard(spares, &item->block);
        spares->bytes -= item->block.mapped;
        item->block.start = NULL;
    }
    bool unwanted = spares->unwanted != NULL;
    pthread_mutex_unlock(&spares->lock);
    return unwanted;
}

void spares_release(struct spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    struct unwanted *unwanted = spares->unwanted;
    spares->unwanted = NULL;
    pthread_mutex_unlock(&spares->lock);
    while (unwanted != NULL) {
        struct unwanted *next = unwanted->next;
        munmap(unwanted, unwanted->mapped);
        unwanted = next;
    }
}

size_t spares_bytes(struct spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    size_t bytes = spares->bytes;
    pthread_mutex_unlock(&spares->lock);
    return bytes;
}

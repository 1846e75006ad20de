/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/spares.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

/* One model in two forms, and the one before it while it is being replaced. */
#define SPARES 4

/* A large page; blocks begin at one and are as long as some. */
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

struct spare {
    uint8_t *block; /* NULL: none */
    size_t mapped;
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
        if (spares->items[i].block != NULL)
            munmap(spares->items[i].block, spares->items[i].mapped);
    }
    spares_release(spares);
    pthread_mutex_destroy(&spares->lock);
    free(spares);
}

static size_t rounded(size_t size)
{
    return (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
}

static void want_large_pages(uint8_t *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    /* It may be refused, and then small pages have to do. */
    madvise(block, size, MADV_HUGEPAGE);
#endif
}

/* Has a block released; with the lock held. */
static void discard(struct spares *spares, uint8_t *block, size_t mapped)
{
    struct unwanted *unwanted = (struct unwanted *)(void *)block;
    unwanted->next = spares->unwanted;
    unwanted->mapped = mapped;
    spares->unwanted = unwanted;
}

/* Maps a block that begins at a large page's border: older systems do not see to that. */
static uint8_t *map_fresh(size_t size, enum spares_pages pages, size_t *mapped)
{
    size_t wanted = rounded(size);
    uint8_t *area = mmap(NULL, wanted + LARGE_PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return NULL;
    size_t before = rounded((uintptr_t)area) - (uintptr_t)area;
    if (before > 0)
        munmap(area, before);
    if (LARGE_PAGE - before > 0)
        munmap(area + before + wanted, LARGE_PAGE - before);
    if (pages == SPARES_LARGE)
        want_large_pages(area + before, wanted);
    *mapped = wanted;
    return area + before;
}

/* The smallest block that is long enough, else the longest one. */
static struct spare *best_spare(struct spares *spares, size_t wanted)
{
    struct spare *best = NULL;
    for (unsigned i = 0; i < SPARES; i++) {
        struct spare *item = &spares->items[i];
        if (item->block == NULL)
            continue;
        if (best == NULL || (item->mapped >= wanted) > (best->mapped >= wanted) ||
            (item->mapped >= wanted && item->mapped < best->mapped) ||
            (best->mapped < wanted && item->mapped > best->mapped))
            best = item;
    }
    return best;
}

static struct spare take_best(struct spares *spares, size_t wanted)
{
    struct spare taken = { 0 };
    pthread_mutex_lock(&spares->lock);
    struct spare *best = best_spare(spares, wanted);
    if (best != NULL) {
        taken = *best;
        spares->bytes -= best->mapped;
        best->block = NULL;
    }
    pthread_mutex_unlock(&spares->lock);
    return taken;
}

uint8_t *spares_grow(uint8_t *block, size_t *mapped, size_t size)
{
    size_t wanted = rounded(size);
    uint8_t *moved = mremap(block, *mapped, wanted, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        return NULL;
    *mapped = wanted;
    return moved;
}

uint8_t *spares_take(struct spares *spares, size_t size, enum spares_pages pages, size_t *mapped)
{
    size_t wanted = rounded(size);
    struct spare best = { 0 };
    if (spares != NULL)
        best = take_best(spares, wanted);
    if (best.block == NULL)
        return map_fresh(size, pages, mapped);
    *mapped = best.mapped;
    /* A block that is much too long would hold memory that nobody uses. */
    if (best.mapped >= wanted && best.mapped - wanted <= wanted / 4)
        return best.block;
    uint8_t *block = spares_grow(best.block, mapped, size);
    if (block == NULL)
        munmap(best.block, best.mapped);
    return block;
}

/* Finds a place for the block; false: there is none. */
static bool keep(struct spares *spares, uint8_t *block, size_t mapped)
{
    if (mapped > spares->limit || spares->bytes > spares->limit - mapped)
        return false;
    for (unsigned i = 0; i < SPARES; i++) {
        if (spares->items[i].block != NULL)
            continue;
        spares->items[i] = (struct spare){ .block = block, .mapped = mapped };
        spares->bytes += mapped;
        return true;
    }
    return false;
}

void spares_give(struct spares *spares, uint8_t *block, size_t mapped)
{
    if (spares == NULL) {
        munmap(block, mapped);
        return;
    }
    pthread_mutex_lock(&spares->lock);
    if (!keep(spares, block, mapped))
        discard(spares, block, mapped);
    pthread_mutex_unlock(&spares->lock);
}

bool spares_age(struct spares *spares, unsigned turns)
{
    pthread_mutex_lock(&spares->lock);
    for (unsigned i = 0; i < SPARES; i++) {
        struct spare *item = &spares->items[i];
        if (item->block == NULL || item->age++ < turns)
            continue;
        discard(spares, item->block, item->mapped);
        spares->bytes -= item->mapped;
        item->block = NULL;
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

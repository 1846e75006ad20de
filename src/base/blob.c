/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

/* A step of preparing. */
#define PREPARED ((size_t)256 * 1024)

static void take_over(struct blob *blob, const struct spares_block *block)
{
    blob->data = block->start + BLOB_ROOM;
    blob->mapped = block->mapped;
    atomic_init(&blob->ready, block->ready);
}

/* The blob's own mapping as spares know it. What was written has memory behind it too. */
static struct spares_block own_block(const struct blob *blob)
{
    size_t ready = atomic_load_explicit(&blob->ready, memory_order_relaxed);
    return (struct spares_block){ .start = blob->data - BLOB_ROOM,
                                  .mapped = blob->mapped,
                                  .ready = ready > blob->size ? ready : blob->size };
}

/* The block, of a mapping of its own if it is large. */
static int new_block(struct blob *blob, size_t size)
{
    struct spares_block block = { 0 };
    if (size < SPARES_MIN)
        block.start = malloc(size);
    else if (spares_take(blob->spares, size, &block) < 0)
        return -ENOMEM;
    if (block.start == NULL)
        return -ENOMEM;
    take_over(blob, &block);
    return 0;
}

struct blob *blob_new_from(struct spares *spares, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    struct blob *blob = malloc(sizeof(*blob));
    if (blob == NULL)
        return NULL;
    blob->spares = spares;
    if (new_block(blob, BLOB_ROOM + size + 1) < 0) {
        free(blob);
        return NULL;
    }
    if (spares != NULL)
        spares_ref(spares);
    atomic_init(&blob->refs, 1);
    blob->size = 0;
    blob->room = size;
    return blob;
}

struct blob *blob_new(size_t size)
{
    return blob_new_from(NULL, size);
}

struct blob *blob_copy(const void *data, size_t size)
{
    struct blob *blob = blob_new(size);
    if (blob == NULL)
        return NULL;
    if (size > 0)
        memcpy(blob->data, data, size);
    blob->size = size;
    return blob;
}

static int grow_block(struct blob *blob, size_t size)
{
    uint8_t *old = blob->data - BLOB_ROOM;
    if (blob->mapped > 0) {
        struct spares_block block = own_block(blob);
        int error = spares_resize(&block, size);
        if (error == 0)
            take_over(blob, &block);
        return error;
    }
    if (size < SPARES_MIN) {
        uint8_t *block = realloc(old, size);
        if (block == NULL)
            return -ENOMEM;
        blob->data = block + BLOB_ROOM;
        return 0;
    }
    int error = new_block(blob, size);
    if (error < 0)
        return error;
    memcpy(blob->data - BLOB_ROOM, old, BLOB_ROOM + blob->size);
    free(old);
    return 0;
}

int blob_grow(struct blob *blob, size_t room)
{
    if (room <= blob->room)
        return 0;
    if (room > SIZE_MAX / 4)
        return -ENOMEM;
    size_t half_more = blob->room + blob->room / 2;
    if (room < half_more)
        room = half_more;
    int error = grow_block(blob, BLOB_ROOM + room + 1);
    if (error == 0)
        blob->room = room;
    return error;
}

int blob_append(struct blob *blob, const void *data, size_t size)
{
    if (size > SIZE_MAX / 4 - blob->size)
        return -ENOMEM;
    int error = blob_grow(blob, blob->size + size);
    if (error < 0)
        return error;
    if (size > 0)
        memcpy(blob->data + blob->size, data, size);
    blob->size += size;
    return 0;
}

bool blob_is_fresh(const struct blob *blob, size_t size)
{
    return blob->mapped > 0 &&
           atomic_load_explicit(&blob->ready, memory_order_relaxed) < BLOB_ROOM + size;
}

/* Who writes the blob and who prepares it may both come on, each past the other. */
static void raise_ready(struct blob *blob, size_t ready)
{
    size_t known = atomic_load_explicit(&blob->ready, memory_order_relaxed);
    while (known < ready && !atomic_compare_exchange_weak(&blob->ready, &known, ready))
        continue;
}

/* Prepares the block from `from` to `upto`. */
static void prepare(struct blob *blob, size_t from, size_t upto)
{
    pages_prepare(blob->data - BLOB_ROOM + from, upto - from);
    raise_ready(blob, upto);
}

void blob_expect(struct blob *blob, size_t size)
{
    size_t upto = BLOB_ROOM + blob->size + size;
    if (upto > BLOB_ROOM + blob->room || !blob_is_fresh(blob, blob->size + size))
        return;
    size_t ready = atomic_load_explicit(&blob->ready, memory_order_relaxed);
    size_t written = BLOB_ROOM + blob->size;
    prepare(blob, ready > written ? ready : written, upto);
}

void blob_prepare(struct blob *blob, size_t size)
{
    if (size > blob->room)
        size = blob->room;
    while (blob_is_fresh(blob, size)) {
        /* In steps, since the writer may have come past. */
        size_t from = atomic_load_explicit(&blob->ready, memory_order_relaxed);
        size_t left = BLOB_ROOM + size - from;
        prepare(blob, from, from + (left < PREPARED ? left : PREPARED));
    }
}

void blob_prepare_all(struct blob *blob)
{
    if (!blob_is_fresh(blob, blob->room))
        return;
    size_t ready = atomic_load_explicit(&blob->ready, memory_order_relaxed);
    uint8_t *end = blob->data + blob->room;
    /* A block that was in use, and was made longer, has small pages up to there. */
    uint8_t *fresh = blob->data - BLOB_ROOM + ready;
    uint8_t *border = fresh + (-(uintptr_t)fresh & (PAGES_LARGE - 1));
    if (border < end)
        pages_prepare_large(border, (size_t)(end - border));
    raise_ready(blob, BLOB_ROOM + blob->room);
}

struct blob *blob_ref(struct blob *blob)
{
    atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
    return blob;
}

void blob_unref(struct blob *blob)
{
    if (blob == NULL)
        return;
    if (atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) > 1)
        return;
    struct spares_block block = own_block(blob);
    if (block.mapped > 0)
        spares_give(blob->spares, &block);
    else
        free(block.start);
    spares_unref(blob->spares);
    free(blob);
}

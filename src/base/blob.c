/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/blob.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The block, of a mapping of its own if it is large. */
static uint8_t *new_block(struct blob *blob, enum spares_pages pages, size_t size)
{
    if (size >= SPARES_MIN)
        return spares_take(blob->spares, size, pages, &blob->mapped);
    blob->mapped = 0;
    return malloc(size);
}

struct blob *blob_new_from(struct spares *spares, enum spares_pages pages, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    struct blob *blob = malloc(sizeof(*blob));
    if (blob == NULL)
        return NULL;
    blob->spares = spares;
    bool fresh = spares == NULL || spares_bytes(spares) == 0;
    uint8_t *block = new_block(blob, pages, BLOB_ROOM + size + 1);
    if (block == NULL) {
        free(blob);
        return NULL;
    }
    if (spares != NULL)
        spares_ref(spares);
    atomic_init(&blob->refs, 1);
    /* A block that was used before has its pages. */
    blob->expected = fresh ? 0 : size;
    blob->size = 0;
    blob->room = size;
    blob->data = block + BLOB_ROOM;
    return blob;
}

struct blob *blob_new(size_t size)
{
    return blob_new_from(NULL, SPARES_SMALL, size);
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

static uint8_t *grown_block(struct blob *blob, size_t size)
{
    uint8_t *old = blob->data - BLOB_ROOM;
    if (blob->mapped > 0)
        return spares_grow(old, &blob->mapped, size);
    if (size < SPARES_MIN)
        return realloc(old, size);
    uint8_t *block = new_block(blob, SPARES_SMALL, size);
    if (block == NULL)
        return NULL;
    memcpy(block, old, BLOB_ROOM + blob->size);
    free(old);
    return block;
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
    uint8_t *block = grown_block(blob, BLOB_ROOM + room + 1);
    if (block == NULL)
        return -ENOMEM;
    blob->data = block + BLOB_ROOM;
    blob->room = room;
    return 0;
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

void blob_expect(struct blob *blob, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = 4096;
    size_t upto = blob->size + size;
    if (blob->mapped == 0 || upto > blob->room || upto <= blob->expected)
        return;
    size_t from = blob->size > blob->expected ? blob->size : blob->expected;
    blob->expected = upto;
    uintptr_t start = (uintptr_t)(blob->data + from) & ~(page - 1);
    uintptr_t end = (uintptr_t)(blob->data + upto);
    madvise((void *)start, (end - start + page - 1) & ~(page - 1), MADV_POPULATE_WRITE);
#endif
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
    if (blob->mapped > 0)
        spares_give(blob->spares, blob->data - BLOB_ROOM, blob->mapped);
    else
        free(blob->data - BLOB_ROOM);
    spares_unref(blob->spares);
    free(blob);
}

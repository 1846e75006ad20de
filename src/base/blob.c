/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/block_cache.h"

/* Makes the block long enough for `room` bytes of payload, and one more. 0 or an error. */
static int resize(struct blob *blob, size_t room)
{
    size_t used = blob->data == NULL ? 0 : BLOB_ROOM + blob->size;
    int error = block_resize(blob->cache, &blob->block, BLOB_ROOM + room + 1, used);
    if (error < 0)
        return error;
    blob->data = blob->block.start + BLOB_ROOM;
    blob->room = room;
    return 0;
}

struct blob *blob_new_from(struct block_cache *cache, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    struct blob *blob = calloc(1, sizeof(*blob));
    if (blob == NULL)
        return NULL;
    atomic_init(&blob->refs, 1);
    blob->cache = cache;
    if (resize(blob, size) < 0) {
        free(blob);
        return NULL;
    }
    if (cache != NULL)
        block_cache_ref(cache);
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

struct blob *blob_adopt(void *block, size_t size)
{
    struct blob *blob = calloc(1, sizeof(*blob));
    if (blob == NULL) {
        free(block);
        return NULL;
    }
    atomic_init(&blob->refs, 1);
    blob->block.start = block;
    atomic_init(&blob->block.ready, SIZE_MAX);
    blob->data = blob->block.start + BLOB_ROOM;
    blob->size = size;
    blob->room = size;
    return blob;
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
    return resize(blob, room);
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

void blob_prefault(struct blob *blob, size_t size, enum block_pages pages)
{
    block_prefault(&blob->block, BLOB_ROOM + (size < blob->room ? size : blob->room), pages);
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
    block_free(blob->cache, &blob->block, BLOB_ROOM + blob->size);
    block_cache_unref(blob->cache);
    free(blob);
}

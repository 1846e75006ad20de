/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From this size on, faults on small pages cost more than filling them. */
#define HUGE_MIN ((size_t)4 * 1024 * 1024)

/* Asks for large pages where the block surely has pages of its own. It may be refused. */
static void want_huge_pages(uint8_t *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 4096;
    uintptr_t start = ((uintptr_t)block + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)block + size) & ~(page - 1);
    if (size >= HUGE_MIN && end > start)
        madvise((void *)start, end - start, MADV_HUGEPAGE);
#endif
}

struct blob *blob_new(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    struct blob *blob = malloc(sizeof(*blob));
    if (blob == NULL)
        return NULL;
    /* A block of its own, so that realloc may move pages instead of copying bytes. */
    uint8_t *block = malloc(BLOB_ROOM + size + 1);
    if (block == NULL) {
        free(blob);
        return NULL;
    }
    want_huge_pages(block, size);
    atomic_init(&blob->refs, 1);
    blob->size = 0;
    blob->room = size;
    blob->data = block + BLOB_ROOM;
    return blob;
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

int blob_grow(struct blob *blob, size_t room)
{
    if (room <= blob->room)
        return 0;
    if (room > SIZE_MAX / 4)
        return -ENOMEM;
    size_t half_more = blob->room + blob->room / 2;
    if (room < half_more)
        room = half_more;
    uint8_t *block = realloc(blob->data - BLOB_ROOM, BLOB_ROOM + room + 1);
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
    free(blob->data - BLOB_ROOM);
    free(blob);
}

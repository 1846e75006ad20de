/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Back from deltas to the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/delta.h"

struct delta *delta_ref(struct delta *delta)
{
    atomic_fetch_add_explicit(&delta->refs, 1, memory_order_relaxed);
    return delta;
}

void delta_unref(struct delta *delta)
{
    if (delta == NULL || atomic_fetch_sub_explicit(&delta->refs, 1, memory_order_acq_rel) > 1)
        return;
    blob_unref(delta->own);
    free(delta);
}

size_t delta_bytes(const struct delta *delta)
{
    return sizeof(*delta) + delta->count * sizeof(struct delta_run) + delta->own->size;
}

/* Where a reader of a file's bytes is, from the deltas to the base. */
struct source {
    struct delta *const *deltas;
    size_t count;
    const struct blob *base;
};

/* The run that has the byte at `at`. */
static size_t find_run(const struct delta *delta, size_t at)
{
    size_t low = 0, high = delta->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (delta->runs[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Copies `size` bytes from `at` on of the file of delta number `i`: as deep as there are deltas. */
static void copy_bytes(const struct source *source, size_t i, size_t at, size_t size, uint8_t *to)
{
    if (i == source->count) {
        memcpy(to, source->base->data + at, size);
        return;
    }
    const struct delta *delta = source->deltas[i];
    for (size_t number = find_run(delta, at); size > 0; number++) {
        const struct delta_run *run = &delta->runs[number];
        size_t skip = at - run->at;
        size_t part = run->size - skip < size ? run->size - skip : size;
        if (run->shared)
            copy_bytes(source, i + 1, run->from + skip, part, to);
        else
            memcpy(to, delta->own->data + run->from + skip, part);
        at += part;
        to += part;
        size -= part;
    }
}

struct blob *delta_file(struct delta *const *deltas, size_t count, const struct blob *base,
                        struct block_cache *blocks)
{
    const struct source source = { deltas, count, base };
    size_t size = count == 0 ? base->size : deltas[0]->size;
    struct blob *file = blob_new_from(blocks, size);
    if (file == NULL)
        return NULL;
    copy_bytes(&source, 0, 0, size, file->data);
    file->size = size;
    file->skip = count == 0 ? base->skip : deltas[0]->skip;
    return file;
}

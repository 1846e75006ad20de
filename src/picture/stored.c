/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "picture/stored.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stored *stored_new(struct blob *whole)
{
    struct stored *stored = calloc(1, sizeof(*stored));
    if (stored == NULL)
        return NULL;
    stored->refs = 1;
    stored->whole = whole;
    return stored;
}

struct stored *stored_ref(struct stored *stored)
{
    stored->refs++;
    return stored;
}

void stored_unref(struct stored *stored, struct retained *retained)
{
    while (stored != NULL && --stored->refs == 0) {
        struct stored *base = stored->base;
        retained_release(retained, stored->whole);
        delta_unref(stored->delta);
        free(stored);
        stored = base;
    }
}

/* Drops what holds the file. */
static void let_go(struct stored *stored, struct retained *retained)
{
    retained_release(retained, stored->whole);
    delta_unref(stored->delta);
    stored_unref(stored->base, retained);
    stored->whole = NULL;
    stored->delta = NULL;
    stored->base = NULL;
}

void stored_share(struct stored *stored, struct delta *delta, struct stored *base,
                  struct retained *retained)
{
    let_go(stored, retained);
    stored->delta = delta;
    stored->base = base;
}

void stored_replace(struct stored *stored, struct blob *whole, struct retained *retained)
{
    blob_ref(whole);
    let_go(stored, retained);
    stored->whole = whole;
}

size_t stored_size(const struct stored *stored)
{
    return stored->whole != NULL ? stored->whole->size : stored->delta->size;
}

size_t stored_bytes(const struct stored *stored)
{
    return stored->whole != NULL ? stored->whole->size : delta_bytes(stored->delta);
}

int stored_take(const struct stored *stored, struct stored_file *file)
{
    size_t count = 0;
    const struct stored *base = stored;
    *file = (struct stored_file){ 0 };
    for (; base->whole == NULL; base = base->base)
        count++;
    if (count > 0 && (file->deltas = calloc(count, sizeof(struct delta *))) == NULL)
        return -ENOMEM;
    for (; stored != base; stored = stored->base)
        file->deltas[file->count++] = delta_ref(stored->delta);
    file->base = blob_ref(base->whole);
    return 0;
}

struct blob *stored_make(const struct stored_file *file, struct block_cache *blocks)
{
    return file->count == 0 ? blob_ref(file->base)
                            : delta_file(file->deltas, file->count, file->base, blocks);
}

void stored_drop(struct stored_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        delta_unref(file->deltas[i]);
    free(file->deltas);
    blob_unref(file->base);
    *file = (struct stored_file){ 0 };
}

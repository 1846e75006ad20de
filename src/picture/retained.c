/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "picture/retained.h"

#include <stdlib.h>

struct entry {
    struct list link;
    struct blob *blob;
};

static bool shared(const struct blob *blob)
{
    return atomic_load_explicit(&blob->refs, memory_order_acquire) > 1;
}

static void drop(struct entry *entry)
{
    list_remove(&entry->link);
    blob_unref(entry->blob);
    free(entry);
}

void retained_init(struct retained *retained)
{
    list_init(&retained->blobs);
    retained->released = 0;
}

void retained_release(struct retained *retained, struct blob *blob)
{
    if (blob == NULL)
        return;
    retained->released += blob->size;
    struct entry *entry = shared(blob) ? malloc(sizeof(*entry)) : NULL;
    if (entry == NULL) {
        blob_unref(blob);
        return;
    }
    entry->blob = blob;
    list_append(&retained->blobs, &entry->link);
}

bool retained_holds(const struct retained *retained, const struct blob *blob)
{
    list_each(pos, next, &retained->blobs) {
        if (list_entry(pos, struct entry, link)->blob == blob)
            return true;
    }
    return false;
}

size_t retained_bytes(struct retained *retained)
{
    size_t total = 0;
    list_each(pos, next, &retained->blobs) {
        struct entry *entry = list_entry(pos, struct entry, link);
        if (shared(entry->blob))
            total += entry->blob->size;
        else
            drop(entry);
    }
    return total;
}

void retained_free(struct retained *retained)
{
    list_each(pos, next, &retained->blobs)
        drop(list_entry(pos, struct entry, link));
}

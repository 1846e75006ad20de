/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Chains at first; there are as many as entries from then on. */
#define CHAINS 64

struct entry {
    struct list by_use;
    struct list in_chain;
    struct store_key key;
    struct blob *blob;
};

void store_init(struct store *store, struct retained *retained)
{
    memset(store, 0, sizeof(*store));
    list_init(&store->by_use);
    store->retained = retained;
}

void store_free(struct store *store)
{
    store_shrink(store, 0);
    free(store->chains);
    store->chains = NULL;
    store->chain_count = 0;
}

struct store_key store_shape_key(const uint8_t hash[32])
{
    struct store_key key = { { 0 } };
    memcpy(key.bytes, hash, 32);
    return key;
}

struct store_key store_mesh_key(const uint8_t hash[32], double deviation, double angle,
                                uint32_t flags)
{
    struct store_key key = store_shape_key(hash);
    memcpy(key.bytes + 32, &deviation, 8);
    memcpy(key.bytes + 40, &angle, 8);
    bytes_put(key.bytes + 48, flags, 4);
    key.bytes[52] = 1;
    return key;
}

static struct list *chain_of(const struct store *store, const struct store_key *key)
{
    /* The first bytes are those of a hash, as good as random; the flags tell a mesh from its shape.
     */
    uint64_t bits = bytes_get(key->bytes, 8) + key->bytes[52];
    return &store->chains[bits & (store->chain_count - 1)];
}

/* Makes twice as many chains, or the first ones. Without memory there stay as many as there are. */
static void grow(struct store *store)
{
    size_t count = store->chain_count == 0 ? CHAINS : 2 * store->chain_count;
    struct list *chains = malloc(count * sizeof(*chains));
    if (chains == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        list_init(&chains[i]);
    free(store->chains);
    store->chains = chains;
    store->chain_count = count;
    list_each(pos, next, &store->by_use) {
        struct entry *entry = list_entry(pos, struct entry, by_use);
        list_append(chain_of(store, &entry->key), &entry->in_chain);
    }
}

static struct entry *find(const struct store *store, const struct store_key *key)
{
    if (store->chain_count == 0)
        return NULL;
    list_each(pos, next, chain_of(store, key)) {
        struct entry *entry = list_entry(pos, struct entry, in_chain);
        if (memcmp(&entry->key, key, sizeof(*key)) == 0)
            return entry;
    }
    return NULL;
}

static void drop(struct store *store, struct entry *entry)
{
    list_remove(&entry->by_use);
    list_remove(&entry->in_chain);
    store->count--;
    store->bytes -= entry->blob->size;
    retained_release(store->retained, entry->blob);
    free(entry);
}

struct blob *store_get(struct store *store, const struct store_key *key)
{
    struct entry *entry = find(store, key);
    if (entry == NULL)
        return NULL;
    list_remove(&entry->by_use);
    list_append(&store->by_use, &entry->by_use);
    return entry->blob;
}

void store_put(struct store *store, const struct store_key *key, struct blob *blob)
{
    struct entry *old = find(store, key);
    if (old != NULL)
        drop(store, old);
    if (store->count >= store->chain_count)
        grow(store);
    struct entry *entry = store->chain_count == 0 ? NULL : calloc(1, sizeof(*entry));
    if (entry == NULL)
        return;
    entry->key = *key;
    entry->blob = blob_ref(blob);
    list_append(&store->by_use, &entry->by_use);
    list_append(chain_of(store, key), &entry->in_chain);
    store->count++;
    store->bytes += blob->size;
}

void store_shrink(struct store *store, size_t bytes)
{
    while (store->bytes > bytes || (bytes == 0 && store->count > 0))
        drop(store, list_entry(store->by_use.next, struct entry, by_use));
}

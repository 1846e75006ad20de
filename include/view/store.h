/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_STORE_H
#define CADCAST_VIEW_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/list.h"
#include "picture/retained.h"

/* Bytes of a key: a shape's hash, and how it is meshed. */
#define STORE_KEY 56

/*
 * Blobs by key, that sessions share: shapes and their meshes. Holds what it was given until it has
 * to shrink; then those used longest ago go first. What others still use then counts as retained.
 */
struct store {
    struct list by_use;  /* entries, those used longest ago first */
    struct list *chains; /* `chain_count` heads of entries by the key's first bytes */
    size_t chain_count;  /* a power of two, or 0 */
    size_t count;
    size_t bytes; /* of the blobs */
    struct retained *retained;
};

struct store_key {
    uint8_t bytes[STORE_KEY];
};

void store_init(struct store *store, struct retained *retained);
void store_free(struct store *store);

/* The key of a shape, and that of its mesh. */
struct store_key store_shape_key(const uint8_t hash[32]);
struct store_key store_mesh_key(const uint8_t hash[32], double deviation, double angle,
                                uint32_t flags);

/* The blob of that key, which counts as used; borrowed. NULL: there is none. */
struct blob *store_get(struct store *store, const struct store_key *key);

/* Keeps a blob under a key, in place of the one that it has. Without memory it is not kept. */
void store_put(struct store *store, const struct store_key *key, struct blob *blob);

/* Drops entries until at most `bytes` are left. */
void store_shrink(struct store *store, size_t bytes);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_BLOB_H
#define CADCAST_BASE_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"

/* Bytes kept free before the payload, enough for the longest unmasked frame header of RFC 6455
 * section 5.2 (10 bytes) before the first or the third byte of the payload. */
#define BLOB_ROOM 16

/*
 * A payload: bytes that are written once, by the creator of the blob, and then shared and never
 * changed. The count is atomic, so the worker pool may hold references too. `data` has BLOB_ROOM
 * writable bytes before it, for a frame header.
 */
struct blob {
    atomic_uint refs;
    size_t size; /* bytes of payload that are valid */
    size_t room; /* bytes of payload that are allocated; size <= room */
    size_t skip; /* bytes at the beginning that are no payload: the kind and the colon of a message;
                  * set by its receiver before it shares the blob */
    uint8_t *data;
    struct block block;        /* its memory, which begins BLOB_ROOM bytes before `data` */
    struct block_cache *cache; /* gets the memory of a large blob, NULL: it is unmapped */
};

/* A blob of `size` bytes of room, its size 0, with one reference that the caller owns.
 * NULL when there is no memory (or `size` overflows). */
struct blob *blob_new(size_t size);

/* The same, with its memory, if it is large, from that cache, and given back to it. */
struct blob *blob_new_from(struct block_cache *cache, size_t size);

/* A blob that holds a copy of `size` bytes at `data`. NULL when there is no memory. */
struct blob *blob_copy(const void *data, size_t size);

/* A blob of the `size` bytes that begin BLOB_ROOM bytes into `block`, which malloc made with room
 * for one byte more, and which then belongs to the blob. NULL when there is no memory; the block is
 * then freed. */
struct blob *blob_adopt(void *block, size_t size);

/* Prefaults the room up to `size` bytes, at most all of it, before it is written (block_prefault).
 * May be called by the pool with a reference of its own while another thread writes. */
void blob_prefault(struct blob *blob, size_t size, enum block_pages pages);

/* Bytes of room, from the start on, that need no prefaulting: more than all of it, if the blob is
 * small. */
static inline size_t blob_ready(const struct blob *blob)
{
    size_t ready = atomic_load_explicit(&blob->block.ready, memory_order_relaxed);
    return ready > BLOB_ROOM ? ready - BLOB_ROOM : 0;
}

/* Makes room for at least `room` bytes, growing by half; only while the caller holds the only
 * reference. Returns 0, or -ENOMEM or another error of the system, after which the blob is
 * unchanged. */
int blob_grow(struct blob *blob, size_t room);

/* Appends a copy of `size` bytes. As blob_grow. */
int blob_append(struct blob *blob, const void *data, size_t size);

/* The payload: the bytes behind those that `skip` passes over. */
static inline const uint8_t *blob_payload(const struct blob *blob)
{
    return blob->data + blob->skip;
}

static inline size_t blob_payload_size(const struct blob *blob)
{
    return blob->size - blob->skip;
}

/* Adds a reference; returns `blob`. */
struct blob *blob_ref(struct blob *blob);

/* Drops a reference; frees the blob with the last one. NULL is allowed. */
void blob_unref(struct blob *blob);

#endif

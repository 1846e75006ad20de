/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_BLOB_H
#define CADCAST_BASE_BLOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spares.h"

/* Bytes kept free before the payload, enough for the longest unmasked frame header of RFC 6455
 * section 5.2 (10 bytes) before the first or the third byte of the payload. */
#define BLOB_ROOM 16

/*
 * A payload: bytes that are written once, by whoever made the blob, and then shared and never
 * changed. The count is atomic, so the worker pool may hold references too. `data` has BLOB_ROOM
 * writable bytes before it, for a frame header.
 */
struct blob {
    atomic_uint refs;
    size_t size; /* bytes of payload that are valid */
    size_t room; /* bytes of payload that are allocated; size <= room */
    uint8_t *data;
    size_t mapped;         /* bytes of its own mapping, 0: it has none */
    atomic_size_t ready;   /* of these, how many have memory behind them, or soon will */
    struct spares *spares; /* where that goes in the end, NULL: to the system */
};

/* A blob of `size` bytes of room, its size 0, with one reference that the caller owns.
 * NULL when there is no memory (or `size` overflows). */
struct blob *blob_new(size_t size);

/* The same, with its memory from `spares` and back to there if it is large (base/spares.h). */
struct blob *blob_new_from(struct spares *spares, size_t size);

/* A blob that holds a copy of `size` bytes at `data`. NULL when there is no memory. */
struct blob *blob_copy(const void *data, size_t size);

/* Whether the system has yet to find memory for some of the first `size` bytes of room: a large
 * blob's is fresh unless it comes from spares. The functions below have that done; they are hints.
 */
bool blob_is_fresh(const struct blob *blob, size_t size);

/* For whoever writes the blob: the next `size` bytes of room will be written now. */
void blob_expect(struct blob *blob, size_t size);

/* For the worker pool, with a reference: the room up to `size` bytes will be written soon. It may
 * be written meanwhile; but only one call at a time. */
void blob_prepare(struct blob *blob, size_t size);

/* For the worker pool: all room will be written soon, by the caller, and none was so far. */
void blob_prepare_all(struct blob *blob);

/* Makes room for at least `room` bytes, growing by half; only while the caller holds the only
 * reference. Returns 0 or -ENOMEM, the blob then being as it was. */
int blob_grow(struct blob *blob, size_t room);

/* Appends a copy of `size` bytes. As blob_grow. */
int blob_append(struct blob *blob, const void *data, size_t size);

/* One reference more; returns `blob`. */
struct blob *blob_ref(struct blob *blob);

/* One reference less; frees the blob with the last one. NULL is fine. */
void blob_unref(struct blob *blob);

#endif

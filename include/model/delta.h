/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_DELTA_H
#define CADCAST_MODEL_DELTA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"

/*
 * A model file without what another one, its base, has too: arrays that are equal are held once. Or
 * a message with exact geometry, in which texts that are equal are. Both needed for the file: the
 * delta, and the base, which may be held as a delta itself. Made for the worker pool; immutable,
 * with an atomic count of references.
 */
struct delta_run {
    size_t at;   /* where it begins in the file: where the one before ends */
    size_t from; /* where it begins in the base, or in `own` */
    size_t size;
    bool shared; /* it is in the base */
};

struct delta {
    atomic_uint refs;
    size_t size;      /* bytes of the file */
    size_t skip;      /* of its blob */
    struct blob *own; /* what the base does not have */
    size_t count;
    struct delta_run runs[]; /* the file, from its beginning to its end */
};

/*
 * What `file` does not share with `base`: two model files, or two messages. 0: the caller owns
 * `*delta`; it may share nothing. -EBADMSG: one is neither; -ENOMEM.
 */
int delta_make(const struct blob *file, const struct blob *base, struct delta **delta);

struct delta *delta_ref(struct delta *delta);

/* NULL is allowed. */
void delta_unref(struct delta *delta);

/* Bytes of memory. */
size_t delta_bytes(const struct delta *delta);

/*
 * The file of the first of `count` deltas; each one's base is the file of the next, and `base` that
 * of the last. `blocks`: to allocate from; may be NULL. NULL: no memory.
 */
struct blob *delta_file(struct delta *const *deltas, size_t count, const struct blob *base,
                        struct block_cache *blocks);

#endif

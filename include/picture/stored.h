/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PICTURE_STORED_H
#define CADCAST_PICTURE_STORED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"
#include "model/delta.h"
#include "picture/retained.h"

/*
 * A model file that is kept: whole, or as what it does not share with another one that is kept (its
 * base). What it stands for never changes, how it is held may. For the loop's thread; the pool gets
 * a copy of what the file is made of (stored_take).
 */
struct stored {
    unsigned refs;
    struct blob *whole; /* the file; NULL: it is made of `delta` and the file of `base` */
    struct delta *delta;
    struct stored *base;
};

/* What a file is made of. Zeroed: nothing. */
struct stored_file {
    struct delta **deltas; /* each one's base is the file of the next; of the last, `base` */
    size_t count;
    struct blob *base;
};

/* Takes over the reference of `whole`. NULL: no memory, and `whole` is still the caller's. */
struct stored *stored_new(struct blob *whole);

struct stored *stored_ref(struct stored *stored);

/* Drops a reference; blobs of the last one that are still being sent are retained. NULL is allowed.
 */
void stored_unref(struct stored *stored, struct retained *retained);

/* Holds the file as that delta of `base` from now on; takes over both references. */
void stored_share(struct stored *stored, struct delta *delta, struct stored *base,
                  struct retained *retained);

/* Holds the file whole from now on, in a blob that has the same bytes; takes a reference. */
void stored_replace(struct stored *stored, struct blob *whole, struct retained *retained);

/* Bytes of the file. */
size_t stored_size(const struct stored *stored);

/* Bytes of memory, without those of its base. */
size_t stored_bytes(const struct stored *stored);

/* Fills `file`, for another thread. 0; -ENOMEM, and it is empty. */
int stored_take(const struct stored *stored, struct stored_file *file);

/* The file: the caller owns a reference. NULL: no memory. May be called on the pool. */
struct blob *stored_make(const struct stored_file *file, struct block_cache *blocks);

void stored_drop(struct stored_file *file);

#endif

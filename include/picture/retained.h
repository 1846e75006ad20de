/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PICTURE_RETAINED_H
#define CADCAST_PICTURE_RETAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/list.h"

/*
 * Blobs that no session needs any more, but that a connection or a job still holds. They count
 * against --max-memory until the last reference is gone: a browser that does not read its socket
 * must not hold memory that is not accounted for.
 */
struct retained {
    struct list blobs;
    uint64_t released; /* total bytes released by sessions so far */
};

void retained_init(struct retained *retained);

/* Drops a reference to `blob` (may be NULL), and counts the blob while others hold references. */
void retained_release(struct retained *retained, struct blob *blob);

/* Whether `blob` is retained. Only the pointer is compared: it may have been freed. */
bool retained_holds(const struct retained *retained, const struct blob *blob);

/* Bytes that others still hold; removes blobs whose last reference is gone. */
size_t retained_bytes(struct retained *retained);

void retained_free(struct retained *retained);

#endif

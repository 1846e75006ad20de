/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_OUT_H
#define CADCAST_EXPORT_EXPORT_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"

/*
 * The file while it is written: bytes in memory, up to a limit. After the first error nothing is
 * added any more, so that a writer checks once in a while.
 */
struct export_out {
    struct blob *blob;
    size_t limit;
    int error; /* 0; -EFBIG: the limit; -ENOMEM */
};

/* Begins a file of about that many bytes. */
void export_out_begin(struct export_out *out, size_t expected, size_t limit);

void export_out_bytes(struct export_out *out, const void *data, size_t size);

/* A number of 1 to 8 bytes, the least first. */
void export_out_number(struct export_out *out, uint64_t value, unsigned bytes);

/* Replaces bytes that were written. */
void export_out_patch(struct export_out *out, size_t at, uint64_t value, unsigned bytes);

void export_out_free(struct export_out *out);

#endif

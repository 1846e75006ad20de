/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_COMPRESS_H
#define CADCAST_BASE_COMPRESS_H

#include <stdatomic.h>

#include "base/blob.h"

/* The codings "gzip" (RFC 1952) and "zstd" (RFC 8878) of HTTP. */
enum compress_kind { COMPRESS_GZIP, COMPRESS_ZSTD };

/* The levels that docs/model-format.md recommends for a model that a browser waits for. */
enum { COMPRESS_GZIP_LEVEL = 1, COMPRESS_ZSTD_LEVEL = 3 };

/*
 * Compresses all of `in` into a new blob `*out`, which the caller owns, its room cut to its size.
 * Takes long: for the worker pool. `cancel`, which may be NULL, is read every MiB.
 *
 *   0           done
 *   1           the result would not be smaller; `*out` is NULL
 *   -ECANCELED  `cancel` became true
 *   -ENOMEM
 *   -EINVAL     there is no such level
 */
int compress_blob(enum compress_kind kind, int level, const struct blob *in,
                  const atomic_bool *cancel, struct blob **out);

/* The name for Content-Encoding: "gzip" or "zstd". */
const char *compress_name(enum compress_kind kind);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MODEL_HASH_H
#define CADCAST_VIEW_MODEL_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "view/model.h"

/*
 * The name of a model file in URLs that never change: 128 bits such that two files have the same
 * with a probability below 2^-75 even at 4 GiB, unless whoever made them knows the key. SHA-256
 * alone would say the same without a key, but at 1.8 GB/s it would take three quarters of all the
 * time a conversion takes; Poly1305 (RFC 8439 section 2.5) reads 11 GB/s. Its result must not be
 * seen, or the key could be worked out, so SHA-256 of key, result and size is what is shown.
 */
struct model_hash;

/* 0: `*hash` is the caller's, to be freed. -ENOMEM, also where the library has no Poly1305; `*hash`
 * is then NULL. */
int model_hash_begin(struct model_hash **hash, const uint8_t key[MODEL_KEY]);

/* Takes the file's next bytes. 0 or -ENOMEM. */
int model_hash_add(struct model_hash *hash, const void *data, size_t size);

/* Writes 32 hexadecimal digits and a zero byte. 0 or -ENOMEM. */
int model_hash_end(struct model_hash *hash, char out[33]);

/* NULL is fine. */
void model_hash_free(struct model_hash *hash);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_HASH_H
#define CADCAST_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    HASH_KEY = 32,    /* bytes of a key */
    HASH_TEXT = 33,   /* 32 hexadecimal digits and a zero byte */
    HASH_SHA256 = 32, /* bytes of a SHA-256 */
};

/*
 * A fast content hash of 128 bits: two contents have the same one with a probability below 2^-75
 * even at 4 GiB, unless they were made with knowledge of the key. SHA-256 needs no key, but at 1.8
 * GB/s it would take three quarters of the time that making a model file takes; Poly1305 (RFC 8439
 * section 2.5) reads 11 GB/s. Its result must not be published, or the key could be computed from
 * it, so the published hash is SHA-256 of key, result and size.
 */
struct hash;

/* SHA-256 of `size` bytes: 1.8 GB/s. 0 or -ENOMEM. */
int hash_sha256(uint8_t out[HASH_SHA256], const void *data, size_t size);

/* 0: the caller owns `*hash` and frees it. -ENOMEM, also if the library has no Poly1305; `*hash` is
 * then NULL. */
int hash_begin(struct hash **hash, const uint8_t key[HASH_KEY]);

/* Takes the content's next bytes. 0 or -ENOMEM. */
int hash_add(struct hash *hash, const void *data, size_t size);

/* Writes the hash; after it the struct can only be freed. 0 or -ENOMEM. */
int hash_end(struct hash *hash, char out[HASH_TEXT]);

/* NULL is allowed. */
void hash_free(struct hash *hash);

#endif

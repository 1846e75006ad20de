/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_HASH_H
#define CADCAST_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    HASH_KEY = 32,  /* bytes of a key */
    HASH_TEXT = 33, /* 32 hexadecimal digits and a zero byte */
};

/*
 * A fast name for content: 128 bits such that two contents have the same with a probability below
 * 2^-75 even at 4 GiB, unless whoever made them knows the key. SHA-256 would say the same without
 * a key, but at 1.8 GB/s it would take three quarters of the time that making a model file takes;
 * Poly1305 (RFC 8439 section 2.5) reads 11 GB/s. Its result must not be seen, or the key could be
 * worked out, so SHA-256 of key, result and size is what is shown.
 */
struct hash;

/* 0: `*hash` is the caller's, to be freed. -ENOMEM, also where the library has no Poly1305; `*hash`
 * is then NULL. */
int hash_begin(struct hash **hash, const uint8_t key[HASH_KEY]);

/* Takes the content's next bytes. 0 or -ENOMEM. */
int hash_add(struct hash *hash, const void *data, size_t size);

/* Writes the name; after it the hash can only be freed. 0 or -ENOMEM. */
int hash_end(struct hash *hash, char out[HASH_TEXT]);

/* NULL is fine. */
void hash_free(struct hash *hash);

#endif

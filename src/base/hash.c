/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { TAG = 16, POLY_KEY = 32 };

struct hash {
    EVP_MAC *kind;
    EVP_MAC_CTX *mac;
    uint64_t size;
    uint8_t key[HASH_KEY];
};

int hash_sha256(uint8_t out[HASH_SHA256], const void *data, size_t size)
{
    return EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

/* SHA-256 of a purpose's letter, the key and `size` more bytes. */
static int digest(uint8_t out[32], char purpose, const uint8_t key[HASH_KEY], const void *data,
                  size_t size)
{
    uint8_t block[1 + HASH_KEY + TAG + 8];
    if (size > TAG + 8)
        return -EINVAL;
    block[0] = (uint8_t)purpose;
    memcpy(block + 1, key, HASH_KEY);
    if (size > 0)
        memcpy(block + 1 + HASH_KEY, data, size);
    return EVP_Digest(block, 1 + HASH_KEY + size, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

int hash_begin(struct hash **hash, const uint8_t key[HASH_KEY])
{
    uint8_t poly_key[POLY_KEY];
    *hash = NULL;
    struct hash *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return -ENOMEM;
    memcpy(made->key, key, HASH_KEY);
    made->kind = EVP_MAC_fetch(NULL, "POLY1305", NULL);
    made->mac = made->kind == NULL ? NULL : EVP_MAC_CTX_new(made->kind);
    /* Poly1305 with a key of zeros is useless: so it gets a digest of our key, never the key
     * itself. */
    if (made->mac == NULL || digest(poly_key, 'p', key, NULL, 0) < 0 ||
        EVP_MAC_init(made->mac, poly_key, sizeof(poly_key), NULL) != 1) {
        hash_free(made);
        return -ENOMEM;
    }
    *hash = made;
    return 0;
}

int hash_add(struct hash *hash, const void *data, size_t size)
{
    hash->size += size;
    return EVP_MAC_update(hash->mac, data, size) == 1 ? 0 : -ENOMEM;
}

int hash_end(struct hash *hash, char out[HASH_TEXT])
{
    uint8_t inner[TAG + 8];
    uint8_t outer[32];
    size_t n;
    if (EVP_MAC_final(hash->mac, inner, &n, TAG) != 1 || n != TAG)
        return -ENOMEM;
    for (int i = 0; i < 8; i++)
        inner[TAG + i] = (uint8_t)(hash->size >> i * 8);
    int error = digest(outer, 'n', hash->key, inner, sizeof(inner));
    for (int i = 0; error == 0 && i < 16; i++)
        snprintf(out + (ptrdiff_t)2 * i, 3, "%02x", outer[i]);
    return error;
}

void hash_free(struct hash *hash)
{
    if (hash == NULL)
        return;
    EVP_MAC_CTX_free(hash->mac);
    EVP_MAC_free(hash->kind);
    free(hash);
}

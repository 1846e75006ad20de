/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What the engine keeps of a content: its name, and the value of a piece. */
#include "engine/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/compress.h"
#include "base/hash.h"

int pieces_hash(const struct blob *content, char hash[PIECES_HASH])
{
    uint8_t bytes[HASH_SHA256];
    int error = hash_sha256(bytes, blob_payload(content), blob_payload_size(content));
    for (size_t i = 0; error == 0 && i < sizeof(bytes); i++)
        snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
    return error;
}

int pieces_pack(struct resp *value, const uint8_t *from, size_t length)
{
    size_t size = ZSTD_compressBound(length) + 1;
    char *room = malloc(size);
    if (room == NULL)
        return -ENOMEM;
    size_t n = ZSTD_compress(room + 1, size - 1, from, length, COMPRESS_ZSTD_LEVEL);
    room[0] = 'z';
    if (ZSTD_isError(n) || n >= length) {
        room[0] = 'r';
        memcpy(room + 1, from, length);
        n = length;
    }
    /* What it does not need is given back. */
    char *data = realloc(room, n + 1);
    value->data = data == NULL ? room : data;
    value->size = n + 1;
    return 0;
}

int pieces_unpack(const struct resp *value, uint8_t *to, size_t length)
{
    if (value->size == 0)
        return -EBADMSG;
    if (value->data[0] == 'r' && value->size - 1 == length)
        memcpy(to, value->data + 1, length);
    else if (value->data[0] != 'z' ||
             ZSTD_decompress(to, length, value->data + 1, value->size - 1) != length)
        return -EBADMSG;
    return 0;
}

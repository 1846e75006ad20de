/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_BASE64_H
#define CADCAST_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of bytes that `size` characters at `data` decode to, if they are base64; -EINVAL if no
 * base64 text has that length. Reads the padding only. */
long base64_size(const char *data, size_t size);

/* Decodes standard base64 (RFC 4648 section 4, padding optional, no white space) of `size`
 * characters to `out`, which has room for base64_size() bytes and may not overlap. Returns the
 * number of bytes, or -EINVAL if a character is not in the alphabet; the bytes in `out` are then
 * undefined. Decodes 64 or 32 characters at a time if the processor can. */
long base64_decode(uint8_t *out, const char *data, size_t size);

/* Characters that `size` bytes are encoded to, with padding. */
static inline size_t base64_encoded_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Encodes `size` bytes to `out`, which has room for base64_encoded_size() characters: standard
 * base64 with padding, no zero byte at the end. */
void base64_encode(char *out, const uint8_t *data, size_t size);

/* The implementations, slowest first, so that a test can compare them. */
enum base64_way { BASE64_TABLE, BASE64_AVX2, BASE64_AVX512, BASE64_WAYS };

/* base64_decode with one implementation; -ENOTSUP if this processor lacks it. */
long base64_decode_by(enum base64_way way, uint8_t *out, const char *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_SCAN_H
#define CADCAST_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The small parts of JSON text (RFC 8259), for readers that build nothing. No function allocates;
 * all stay within [p, end).
 */

/* The first byte that ends or interrupts a string: `"`, `\` or a control character; `end` if there
 * is none. Scans 128 bytes at a time if the processor can. */
const uint8_t *scan_string(const uint8_t *p, const uint8_t *end);

/* The place behind the closing quote of the string whose opening quote is before `p`, its escapes
 * checked; NULL if the string is not complete. `escaped`, if not NULL, is set when there was an
 * escape. */
const uint8_t *scan_string_end(const uint8_t *p, const uint8_t *end, bool *escaped);

/* The place behind the number or the `true`, `false`, `null` that begins at `p`; NULL if none
 * does. */
const uint8_t *scan_scalar(const uint8_t *p, const uint8_t *end);

/* Decodes `size` bytes between the quotes of a string, as UTF-8 with a zero byte, into `out` of
 * `room` bytes, which must not be 0. Half a surrogate pair becomes U+FFFD. The number of bytes
 * without the zero, or -ENAMETOOLONG, with as many whole characters as fit. */
long scan_unescape(char *out, size_t room, const uint8_t *data, size_t size);

/* The first byte that is no white space. */
static inline const uint8_t *scan_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

#endif

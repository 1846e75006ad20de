/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_SCAN_H
#define CADCAST_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The small parts of JSON text (RFC 8259), for whoever reads it without building anything. None
 * allocates; all stay within [p, end).
 */

/* The first byte that ends or interrupts a string: `"`, `\` or a control character; `end` where
 * there is none. Goes 128 bytes at a time where the processor can. */
const uint8_t *scan_string(const uint8_t *p, const uint8_t *end);

/* Behind the closing quote of the string whose opening quote is before `p`, its escapes checked;
 * NULL where it is no whole string. `escaped`, where given, is set when there was an escape. */
const uint8_t *scan_string_end(const uint8_t *p, const uint8_t *end, bool *escaped);

/* Behind the number or the `true`, `false`, `null` that begins at `p`; NULL where none does. */
const uint8_t *scan_scalar(const uint8_t *p, const uint8_t *end);

/* Writes what `size` bytes between the quotes of a string mean, as UTF-8 with a zero byte, to
 * `out` of `room` bytes, which must not be 0. Half a surrogate pair becomes U+FFFD. The number of
 * bytes without the zero, or -ENAMETOOLONG: as many whole characters as fit are there. */
long scan_unescape(char *out, size_t room, const uint8_t *data, size_t size);

/* The first byte that is no white space. */
static inline const uint8_t *scan_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

#endif

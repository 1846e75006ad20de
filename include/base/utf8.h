/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_UTF8_H
#define CADCAST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of a UTF-8 decoder between two pieces of one string (RFC 3629). Zero-initialise. */
struct utf8 {
    uint8_t need;  /* continuation bytes still to come */
    uint8_t lower; /* least and greatest value of the next one */
    uint8_t upper;
};

/* Decodes `size` bytes more. False: they cannot be part of a UTF-8 string. ASCII is checked 32
 * bytes at a time. */
bool utf8_feed(struct utf8 *utf8, const uint8_t *data, size_t size);

/* Whether the string may end here. */
bool utf8_done(const struct utf8 *utf8);

/* Whether `size` bytes are a whole, valid UTF-8 string. */
bool utf8_valid(const uint8_t *data, size_t size);

#endif

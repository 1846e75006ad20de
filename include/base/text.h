/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_TEXT_H
#define CADCAST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A string that grows. After the first failed allocation it stays as it is and `failed` is set, so
 * that a writer checks once, at the end. Zero-initialise; text_free when done.
 */
struct text {
    char *data; /* always zero-terminated once anything was added; NULL before */
    size_t size;
    size_t room;
    bool failed;
};

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *data, size_t size);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds `size` bytes as a JSON string with its quotes (RFC 8259 section 7). `<` becomes \u003c, so
 * that the result may stand inside an HTML script element; bytes that are not UTF-8 become
 * U+FFFD. */
void text_add_json(struct text *text, const char *data, size_t size);

/* Zero-terminated contents, "" where nothing was added. Valid until the next change. */
const char *text_string(const struct text *text);

/* 0, or -ENOMEM where any addition failed. */
int text_error(const struct text *text);

void text_free(struct text *text);

/* Where a UTF-8 decoder stands between two pieces of one string (RFC 3629). Zero-initialise. */
struct utf8 {
    uint8_t need;  /* continuation bytes still to come */
    uint8_t lower; /* least and greatest value of the next one */
    uint8_t upper;
};

/* Takes `size` bytes more. False: they cannot be part of a UTF-8 string. ASCII goes 32 bytes at a
 * time. */
bool utf8_feed(struct utf8 *utf8, const uint8_t *data, size_t size);

/* Whether the string may end here. */
bool utf8_done(const struct utf8 *utf8);

/* Whether `size` bytes are a whole, valid UTF-8 string. */
bool utf8_valid(const uint8_t *data, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_TEXT_H
#define CADCAST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing string. After the first failed allocation it is unchanged and `failed` is set, so that
 * a writer checks once, at the end. Zero-initialise; text_free when done.
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

/* Zero-terminated contents, "" if nothing was added. Valid until the next change. */
const char *text_string(const struct text *text);

/* 0, or -ENOMEM if any addition failed. */
int text_error(const struct text *text);

void text_free(struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool text_reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    if (text->room - text->size > more)
        return true;
    size_t room = text->size + more + 1;
    room = room < 64 ? 64 : room + room / 2;
    char *data = realloc(text->data, room);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

void text_add_bytes(struct text *text, const void *data, size_t size)
{
    if (!text_reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !text_reserve(text, (size_t)n)) {
        text->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text->data + text->size, (size_t)n + 1, format, args);
    va_end(args);
    text->size += (size_t)n;
}

/* Adds one character of a JSON string, or one whole UTF-8 sequence; returns its length. */
static size_t add_json_char(struct text *text, const uint8_t *s, size_t left)
{
    if (s[0] == '"' || s[0] == '\\') {
        text_format(text, "\\%c", s[0]);
        return 1;
    }
    if (s[0] < 0x20 || s[0] == '<' || s[0] == 0x7f) {
        text_format(text, "\\u%04x", s[0]);
        return 1;
    }
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        if (utf8_valid(s, n)) {
            text_add_bytes(text, s, n);
            return n;
        }
    }
    text_add(text, "\\ufffd");
    return 1;
}

void text_add_json(struct text *text, const char *data, size_t size)
{
    text_add(text, "\"");
    size_t plain = 0;
    while (size > 0) {
        uint8_t c = (uint8_t)data[plain];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && plain < size - 1) {
            plain++;
            continue;
        }
        text_add_bytes(text, data, plain);
        size_t n = add_json_char(text, (const uint8_t *)data + plain, size - plain);
        data += plain + n;
        size -= plain + n;
        plain = 0;
    }
    text_add(text, "\"");
}

const char *text_string(const struct text *text)
{
    return text->data == NULL ? "" : text->data;
}

int text_error(const struct text *text)
{
    return text->failed ? -ENOMEM : 0;
}

void text_free(struct text *text)
{
    free(text->data);
    memset(text, 0, sizeof(*text));
}

/* RFC 3629 section 4: what may follow each first byte. */
static bool utf8_lead(struct utf8 *utf8, uint8_t c)
{
    utf8->lower = 0x80;
    utf8->upper = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        utf8->need = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        utf8->need = 2;
        if (c == 0xe0)
            utf8->lower = 0xa0;
        if (c == 0xed)
            utf8->upper = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
        utf8->need = 3;
        if (c == 0xf0)
            utf8->lower = 0x90;
        if (c == 0xf4)
            utf8->upper = 0x8f;
    } else {
        return false;
    }
    return true;
}

/* The number of bytes up to the first 32-byte group that holds anything but ASCII. */
static size_t ascii_prefix(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (size - i >= 32) {
        uint64_t w[4];
        memcpy(w, data + i, 32);
        if (((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u) != 0)
            break;
        i += 32;
    }
    return i;
}

bool utf8_feed(struct utf8 *utf8, const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        if (utf8->need == 0) {
            i += ascii_prefix(data + i, size - i);
            size_t stop = size - i > 32 ? i + 32 : size;
            while (i < stop && data[i] < 0x80)
                i++;
            if (i == stop)
                continue;
            if (!utf8_lead(utf8, data[i++]))
                return false;
            continue;
        }
        if (data[i] < utf8->lower || data[i] > utf8->upper)
            return false;
        utf8->lower = 0x80;
        utf8->upper = 0xbf;
        utf8->need--;
        i++;
    }
    return true;
}

bool utf8_done(const struct utf8 *utf8)
{
    return utf8->need == 0;
}

bool utf8_valid(const uint8_t *data, size_t size)
{
    struct utf8 utf8 = { 0 };
    return utf8_feed(&utf8, data, size) && utf8_done(&utf8);
}

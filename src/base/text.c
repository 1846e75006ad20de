/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/text.h"
#include "base/utf8.h"

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

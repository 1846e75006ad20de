/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/utf8.h"

#include <string.h>

/* RFC 3629 section 4: the bytes allowed after each first byte. */
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

/* The number of bytes before the first 32-byte group with a byte that is not ASCII. */
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

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_HEX_H
#define CADCAST_BASE_HEX_H

#include <stddef.h>

/* Hexadecimal digits, of either case. */

/* The value of a digit; -1: it is none. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that the `size` bytes at `text` begin with as "%XX" (RFC 3986 section 2.1); -1: they do
 * not. */
static inline int hex_percent(const char *text, size_t size)
{
    int high = size < 3 || text[0] != '%' ? -1 : hex_digit(text[1]);
    int low = high < 0 ? -1 : hex_digit(text[2]);
    return low < 0 ? -1 : high << 4 | low;
}

#endif

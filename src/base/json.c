/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "base/text.h"

/* Adds a number in a form that jansson accepts. */
static void add_number(struct text *out, const uint8_t *p, size_t size)
{
    struct text number = { 0 };
    text_add_bytes(&number, p, size);
    const char *digits = text_string(&number);
    double value = strtod(digits, NULL);
    errno = 0;
    bool too_long =
        strpbrk(digits, ".eE") == NULL && strtoll(digits, NULL, 10) != 0 && errno == ERANGE;
    if (isinf(value))
        text_add(out, value < 0 ? "-1.7976931348623157e308" : "1.7976931348623157e308");
    else
        text_add_bytes(out, p, size);
    if (!isinf(value) && too_long)
        text_add(out, ".0");
    text_free(&number);
}

/* The place behind the token at `p`: a string, a number, or one byte of anything else. */
static const uint8_t *token_end(const uint8_t *p, const uint8_t *end, bool number)
{
    const uint8_t *stop = NULL;
    if (*p == '"')
        stop = scan_string_end(p + 1, end, NULL);
    else if (number)
        stop = scan_scalar(p, end);
    return stop == NULL ? p + 1 : stop;
}

/* Copies the text with numbers that jansson accepts. */
static void rewrite(struct text *out, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        bool number = *p == '-' || (*p >= '0' && *p <= '9');
        const uint8_t *stop = token_end(p, end, number);
        if (number)
            add_number(out, p, (size_t)(stop - p));
        else
            text_add_bytes(out, p, (size_t)(stop - p));
        p = stop;
    }
}

json_t *json_read(const void *data, size_t size, size_t flags, json_error_t *error)
{
    json_error_t ignored;
    if (error == NULL)
        error = &ignored;
    json_t *json = json_loadb(data, size, flags, error);
    if (json != NULL || json_error_code(error) != json_error_numeric_overflow)
        return json;
    struct text text = { 0 };
    rewrite(&text, data, (const uint8_t *)data + size);
    if (text_error(&text) == 0)
        json = json_loadb(text.data, text.size, flags, error);
    text_free(&text);
    return json;
}

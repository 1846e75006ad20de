/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/resp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void free_value(struct resp *value)
{
    for (size_t i = 0; i < value->count; i++)
        free_value(&value->items[i]);
    free(value->items);
    free(value->data);
}

void resp_next(struct resp_parser *parser)
{
    free_value(&parser->root);
    memset(parser, 0, offsetof(struct resp_parser, line));
}

/* Counts memory of the reply. */
static int count_memory(struct resp_parser *parser, size_t more)
{
    parser->memory += more;
    return parser->memory > RESP_REPLY ? -EMSGSIZE : 0;
}

/* A decimal number of the whole line, with an optional minus sign. */
static int read_number(const char *text, size_t size, int64_t *number)
{
    bool minus = size > 0 && text[0] == '-';
    int64_t value = 0;
    if (size == minus || size > 18)
        return -EPROTO;
    for (size_t i = minus; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EPROTO;
        value = value * 10 + (text[i] - '0');
    }
    *number = minus ? -value : value;
    return 0;
}

static int make_text(struct resp_parser *parser, struct resp *value, enum resp_kind kind)
{
    size_t size = parser->line_size - 1;
    value->kind = kind;
    value->data = malloc(size + 1);
    if (value->data == NULL)
        return -ENOMEM;
    memcpy(value->data, parser->line + 1, size);
    value->data[size] = '\0';
    value->size = size;
    return count_memory(parser, size);
}

static int begin_string(struct resp_parser *parser, struct resp *value, int64_t size)
{
    if (size == -1)
        return 0;
    if (size < 0 || size > RESP_STRING)
        return size < 0 ? -EPROTO : -EMSGSIZE;
    int error = count_memory(parser, (size_t)size);
    if (error < 0)
        return error;
    value->kind = RESP_STRING_VALUE;
    value->data = malloc((size_t)size + 2);
    if (value->data == NULL)
        return -ENOMEM;
    value->size = (size_t)size;
    parser->string = value;
    parser->got = 0;
    return 0;
}

static int begin_array(struct resp_parser *parser, struct resp *value, int64_t count)
{
    if (count == -1)
        return 0;
    if (count < 0)
        return -EPROTO;
    if (count > RESP_ITEMS || parser->depth == RESP_DEPTH)
        return -EMSGSIZE;
    int error = count_memory(parser, (size_t)count * sizeof(*value));
    if (error < 0)
        return error;
    value->kind = RESP_ARRAY;
    if (count == 0)
        return 0;
    value->items = calloc((size_t)count, sizeof(*value));
    if (value->items == NULL)
        return -ENOMEM;
    value->count = (size_t)count;
    parser->stack[parser->depth].array = value;
    parser->stack[parser->depth++].filled = 0;
    return 0;
}

/* The value that the next line begins. */
static struct resp *next_value(struct resp_parser *parser)
{
    if (parser->depth == 0)
        return &parser->root;
    size_t top = parser->depth - 1;
    return &parser->stack[top].array->items[parser->stack[top].filled];
}

/* A value is whole: so may be the arrays that it ends. True: so is the reply. */
static bool end_value(struct resp_parser *parser)
{
    while (parser->depth > 0) {
        size_t top = parser->depth - 1;
        if (++parser->stack[top].filled < parser->stack[top].array->count)
            return false;
        parser->depth--;
    }
    return true;
}

/* Takes a whole line. 1: the reply is whole. */
static int take_line(struct resp_parser *parser)
{
    struct resp *value = next_value(parser);
    int64_t number = 0;
    unsigned depth = parser->depth;
    int error = 0;
    char kind = parser->line_size == 0 ? '\0' : parser->line[0];
    if (kind == ':' || kind == '$' || kind == '*')
        error = read_number(parser->line + 1, parser->line_size - 1, &number);
    if (error < 0)
        return error;
    if (kind == '+' || kind == '-') {
        error = make_text(parser, value, kind == '+' ? RESP_STATUS : RESP_ERROR);
    } else if (kind == ':') {
        value->kind = RESP_INTEGER;
        value->integer = number;
    } else if (kind == '$') {
        error = begin_string(parser, value, number);
    } else if (kind == '*') {
        error = begin_array(parser, value, number);
    } else {
        error = -EPROTO;
    }
    parser->line_size = 0;
    if (error < 0 || parser->string != NULL || parser->depth > depth)
        return error;
    return end_value(parser);
}

/* Takes bytes of a line, which ends with CR LF. */
static int feed_line(struct resp_parser *parser, const uint8_t *data, size_t size, size_t *taken)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t n = end == NULL ? size : (size_t)(end - data) + 1;
    if (parser->line_size + n > RESP_LINE)
        return -EMSGSIZE;
    memcpy(parser->line + parser->line_size, data, n);
    parser->line_size += n;
    *taken = n;
    if (end == NULL)
        return 0;
    if (parser->line_size < 2 || parser->line[parser->line_size - 2] != '\r')
        return -EPROTO;
    parser->line_size -= 2;
    return take_line(parser);
}

/* Takes bytes of a string and the CR LF behind it, which its zero byte then replaces. */
static int feed_string(struct resp_parser *parser, const uint8_t *data, size_t size, size_t *taken)
{
    struct resp *value = parser->string;
    size_t left = value->size + 2 - parser->got;
    size_t n = size < left ? size : left;
    if (data != (const uint8_t *)value->data + parser->got)
        memcpy(value->data + parser->got, data, n);
    parser->got += n;
    *taken = n;
    if (n < left)
        return 0;
    if (value->data[value->size] != '\r' || value->data[value->size + 1] != '\n')
        return -EPROTO;
    value->data[value->size] = '\0';
    parser->string = NULL;
    return end_value(parser);
}

int resp_feed(struct resp_parser *parser, const uint8_t *data, size_t size, size_t *taken)
{
    int result = 0;
    *taken = 0;
    while (*taken < size && result == 0) {
        size_t n = 0;
        if (parser->string != NULL)
            result = feed_string(parser, data + *taken, size - *taken, &n);
        else
            result = feed_line(parser, data + *taken, size - *taken, &n);
        *taken += n;
    }
    return result;
}

uint8_t *resp_room(const struct resp_parser *parser, size_t *size)
{
    if (parser->string == NULL)
        return NULL;
    *size = parser->string->size + 2 - parser->got;
    return (uint8_t *)parser->string->data + parser->got;
}

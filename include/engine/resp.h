/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_ENGINE_RESP_H
#define CADCAST_ENGINE_RESP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Replies of the Redis protocol, version 2 (RESP2). The bytes may come from a hostile peer: depth,
 * counts and sizes have limits, and nothing is allocated that the peer merely announces but for one
 * string of at most RESP_STRING bytes.
 */
enum {
    RESP_DEPTH = 4,               /* arrays in arrays */
    RESP_LINE = 1024,             /* longest line; the text of an error may be long */
    RESP_STRING = 1 << 20,        /* longest string */
    RESP_ITEMS = 8192,            /* most values of one array */
    RESP_REPLY = 8 * 1024 * 1024, /* most memory of one reply */
};

enum resp_kind { RESP_NULL, RESP_STATUS, RESP_ERROR, RESP_INTEGER, RESP_STRING_VALUE, RESP_ARRAY };

/* A value. The receiver of a reply may take `data` out, and frees it then. */
struct resp {
    enum resp_kind kind;
    int64_t integer;
    char *data; /* of a status, an error or a string: with a zero byte behind it */
    size_t size;
    struct resp *items; /* of an array */
    size_t count;
};

struct resp_parser {
    struct resp root;
    struct {
        struct resp *array;
        size_t filled;
    } stack[RESP_DEPTH];
    unsigned depth;
    struct resp *string; /* whose bytes are being received; NULL: a line is */
    size_t got;          /* bytes of it, or of the two that end it */
    size_t memory;       /* of this reply */
    size_t line_size;
    char line[RESP_LINE];
};

/* Zero-initialised, a parser expects a reply. Takes bytes, up to the end of the reply: *taken of
 * them. 0: more are needed; 1: `parser->root` is whole, call resp_next before the next bytes;
 * -EPROTO: that is not the protocol; -EMSGSIZE: over a limit; -ENOMEM. */
int resp_feed(struct resp_parser *parser, const uint8_t *data, size_t size, size_t *taken);

/* Where the rest of a long string belongs: bytes that are received there are fed without a copy.
 * NULL if no string is being received. */
uint8_t *resp_room(const struct resp_parser *parser, size_t *size);

/* Frees the reply, and expects the next. Also for the end. */
void resp_next(struct resp_parser *parser);

#endif

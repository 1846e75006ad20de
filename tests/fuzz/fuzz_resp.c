/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Feeds the bytes to two parsers of the engine's replies: to one as a whole; to the other in
 * pieces, as the first byte says, long strings straight into their place. They must read the same
 * replies.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/resp.h"

struct side {
    struct resp_parser parser;
    struct text replies;
    int end; /* the error that ended it */
};

static void need(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "resp failed: %s\n", what);
    abort();
}

static void write_value(struct text *out, const struct resp *value, unsigned depth)
{
    need(depth <= RESP_DEPTH, "arrays that are too deep");
    text_format(out, "%d %lld %zu\n", value->kind, (long long)value->integer, value->count);
    if (value->data != NULL) {
        need(value->data[value->size] == '\0', "a text without an end");
        text_add_bytes(out, value->data, value->size);
    }
    for (size_t i = 0; i < value->count; i++)
        write_value(out, &value->items[i], depth + 1);
}

static void feed(struct side *side, const uint8_t *data, size_t size)
{
    while (size > 0 && side->end == 0) {
        size_t taken = 0;
        int result = resp_feed(&side->parser, data, size, &taken);
        need(taken <= size && (result != 0 || taken == size), "bytes that were not taken");
        if (result > 0) {
            write_value(&side->replies, &side->parser.root, 0);
            resp_next(&side->parser);
        }
        side->end = result < 0 ? result : 0;
        data += taken;
        size -= taken;
    }
}

static void feed_pieces(struct side *side, const uint8_t *data, size_t size, size_t piece)
{
    while (size > 0 && side->end == 0) {
        size_t room = 0;
        size_t n = size < piece ? size : piece;
        uint8_t *place = resp_room(&side->parser, &room);
        n = place != NULL && n > room ? room : n;
        uint8_t *copy = place != NULL ? NULL : malloc(n);
        memcpy(place != NULL ? place : copy, data, n);
        feed(side, place != NULL ? place : copy, n);
        free(copy);
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct side whole = { .end = 0 };
    struct side pieces = { .end = 0 };
    if (size == 0)
        return 0;
    feed(&whole, data + 1, size - 1);
    feed_pieces(&pieces, data + 1, size - 1, 1 + (data[0] & 15));
    need(strcmp(text_string(&whole.replies), text_string(&pieces.replies)) == 0 &&
             whole.replies.size == pieces.replies.size,
         "pieces make other replies");
    need((whole.end == 0) == (pieces.end == 0), "pieces make another end");
    resp_next(&whole.parser);
    resp_next(&pieces.parser);
    text_free(&whole.replies);
    text_free(&pieces.replies);
    return 0;
}

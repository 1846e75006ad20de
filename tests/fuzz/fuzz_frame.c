/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The frame reader: the first byte says in what pieces the rest comes. However it is cut, the same
 * frames must come out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/frame.h"

#define LIMIT ((size_t)1 << 16)

struct digest {
    uint64_t sum;
    unsigned frames;
    int result;
};

static void add(struct digest *digest, const struct frame_reader *reader)
{
    const struct frame *frame = &reader->frame;
    uint64_t sum = digest->sum * 31 + frame->kind + frame->serial * 7ull + frame->session * 13ull;
    for (uint64_t i = 0; i < frame->length; i++)
        sum = sum * 131 + (unsigned char)reader->payload[i];
    if (frame->length > LIMIT || reader->payload[frame->length] != '\0')
        abort();
    digest->sum = sum;
    digest->frames++;
}

static struct digest read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct frame_reader reader = { .limit = LIMIT };
    struct digest digest = { 0 };
    for (size_t at = 0; at < size && digest.result >= 0;) {
        size_t count = size - at < piece ? size - at : piece;
        size_t used;
        digest.result = frame_feed(&reader, data + at, count, &used);
        if (used > count || (digest.result == 0 && used != count))
            abort();
        at += used;
        if (digest.result == FRAME_WHOLE)
            add(&digest, &reader);
    }
    frame_reader_free(&reader);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct digest whole = read_all(data + 1, size - 1, SIZE_MAX);
    struct digest pieces = read_all(data + 1, size - 1, 1 + data[0] % 40);
    if (whole.sum != pieces.sum || whole.frames != pieces.frames)
        abort();
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/png.h"

/* Fast, and within a tenth of the size that the slowest level reaches on drawings. */
#define LEVEL 4

/* How a row differs from its neighbours (PNG specification, section 9.2). */
enum filter { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTERS };

/* A picture while it is encoded. */
struct encoder {
    const uint8_t *pixels;
    uint32_t width;
    unsigned channels;
    uint8_t *rows[FILTERS]; /* the current row by each filter, the filter's number first */
    uint8_t *last;          /* the row before it */
    size_t size;            /* of a row in bytes, without the number */
};

static void put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int add_chunk(struct blob *png, const char *type, const uint8_t *data, size_t size)
{
    uint8_t head[8];
    uint8_t tail[4];
    put_u32(head, (uint32_t)size);
    memcpy(head + 4, type, 4);
    uLong sum = crc32(0, head + 4, 4);
    /* crc32 of nothing, a null pointer, is its initial value. */
    if (size > 0)
        sum = crc32(sum, data, (unsigned)size);
    put_u32(tail, (uint32_t)sum);
    if (blob_append(png, head, sizeof(head)) < 0 || blob_append(png, data, size) < 0 ||
        blob_append(png, tail, sizeof(tail)) < 0)
        return -ENOMEM;
    return 0;
}

/* False: the row is as the one before it, which is FILTER_UP's row of zeros. */
static bool filter_row(struct encoder *encoder, uint32_t y)
{
    const uint8_t *in = encoder->pixels + (size_t)4 * y * encoder->width;
    uint8_t *plain = encoder->rows[FILTER_NONE] + 1;
    for (size_t x = 0; x < encoder->width; x++)
        memcpy(plain + x * encoder->channels, in + 4 * x, encoder->channels);
    if (memcmp(plain, encoder->last, encoder->size) == 0) {
        memset(encoder->rows[FILTER_UP] + 1, 0, encoder->size);
        return false;
    }
    for (size_t i = 0; i < encoder->size; i++) {
        uint8_t left = i < encoder->channels ? 0 : plain[i - encoder->channels];
        encoder->rows[FILTER_SUB][1 + i] = (uint8_t)(plain[i] - left);
        encoder->rows[FILTER_UP][1 + i] = (uint8_t)(plain[i] - encoder->last[i]);
    }
    memcpy(encoder->last, plain, encoder->size);
    return true;
}

/* The filter whose row is nearest to zero: it compresses best. */
static const uint8_t *best_row(const struct encoder *encoder)
{
    const uint8_t *best = NULL;
    uint64_t least = UINT64_MAX;
    for (int f = 0; f < FILTERS; f++) {
        const uint8_t *row = encoder->rows[f];
        uint64_t sum = 0;
        for (size_t i = 1; i <= encoder->size; i++)
            sum += row[i] < 128 ? row[i] : 256U - row[i];
        if (sum < least) {
            least = sum;
            best = row;
        }
    }
    return best;
}

/* Compresses all rows into `out`, which has room for the worst case. */
static int compress_rows(struct encoder *encoder, uint32_t height, z_stream *stream)
{
    for (uint32_t y = 0; y < height; y++) {
        bool changed = filter_row(encoder, y);
        stream->next_in = changed ? (uint8_t *)best_row(encoder) : encoder->rows[FILTER_UP];
        stream->avail_in = (unsigned)encoder->size + 1;
        int state = deflate(stream, y + 1 == height ? Z_FINISH : Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END)
            return -ENOMEM;
    }
    return 0;
}

static int encode_rows(struct encoder *encoder, uint32_t height, struct blob *png)
{
    z_stream stream = { 0 };
    if (deflateInit(&stream, LEVEL) != Z_OK)
        return -ENOMEM;
    size_t room = deflateBound(&stream, (unsigned long)((encoder->size + 1) * height));
    uint8_t *out = room > UINT32_MAX / 2 ? NULL : malloc(room);
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    int error = out == NULL ? -ENOMEM : compress_rows(encoder, height, &stream);
    if (error == 0)
        error = add_chunk(png, "IDAT", out, stream.total_out);
    deflateEnd(&stream);
    free(out);
    return error;
}

static int encode(struct encoder *encoder, uint32_t height, struct blob *png)
{
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    static const uint8_t perceptual = 0;
    uint8_t header[13] = { [8] = 8, [9] = encoder->channels == 3 ? 2 : 6 };
    put_u32(header, encoder->width);
    put_u32(header + 4, height);
    int error = blob_append(png, signature, sizeof(signature));
    if (error == 0)
        error = add_chunk(png, "IHDR", header, sizeof(header));
    if (error == 0)
        error = add_chunk(png, "sRGB", &perceptual, 1);
    if (error == 0)
        error = encode_rows(encoder, height, png);
    if (error == 0)
        error = add_chunk(png, "IEND", NULL, 0);
    return error;
}

int png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, bool opaque,
               struct blob **png)
{
    struct encoder encoder = { .pixels = pixels, .width = width, .channels = opaque ? 3 : 4 };
    encoder.size = (size_t)width * encoder.channels;
    uint8_t *memory = calloc(FILTERS + 1, encoder.size + 1);
    for (int f = 0; f < FILTERS && memory != NULL; f++) {
        encoder.rows[f] = memory + (size_t)f * (encoder.size + 1);
        encoder.rows[f][0] = (uint8_t)f;
    }
    encoder.last = memory == NULL ? NULL : memory + FILTERS * (encoder.size + 1);
    *png = blob_new(4096);
    int error = memory == NULL || *png == NULL ? -ENOMEM : encode(&encoder, height, *png);
    free(memory);
    if (error < 0) {
        blob_unref(*png);
        *png = NULL;
    }
    return error;
}

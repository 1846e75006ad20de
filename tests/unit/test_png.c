/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/png.h"

#define HEAD "data:image/png;base64,"
/* One grey pixel. */
#define PIXEL                                                                                      \
    HEAD "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5E"    \
         "rkJggg=="

static const char *decode(const char *url, size_t *size)
{
    /* As large as promised and no larger, so that a sanitizer sees the first byte too many. */
    uint8_t *out = malloc(PNG_ROOM(strlen(url)));
    const char *fault = png_from_url(url, strlen(url), out, size);
    free(out);
    return fault;
}

static void test_a_whole_picture_is_taken(void **state)
{
    size_t size = 0;
    assert_null(decode(PIXEL, &size));
    assert_int_equal(size, 67);
}

static void test_what_is_no_whole_picture_is_named(void **state)
{
    static const struct {
        const char *url;
        const char *fault;
    } cases[] = {
        { "", "is not a PNG in a data URL" },
        { "data:image/jpeg;base64,AAAA", "is not a PNG in a data URL" },
        { HEAD "iVBO!w0K", "is not base64" },
        { HEAD, "is not a PNG" },
        { HEAD "iVBORw0KGgo=", "is not a PNG" }, /* the signature alone */
        { HEAD "iVBORw0KGgoAAAANSUhEUgAAAAEAAAACCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJ"
               "RU5ErkJggg==",
          "has a damaged header" },
        { HEAD "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAA",
          "is cut short" },
    };
    size_t size;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(decode(cases[i].url, &size), cases[i].fault);
}

/* ---- encoding ---- */

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Undoes the filters of the specification's section 9.2 that the encoder uses. */
static void unfilter(uint8_t *rows, unsigned width, unsigned height, unsigned channels)
{
    size_t size = (size_t)width * channels;
    for (unsigned y = 0; y < height; y++) {
        uint8_t *row = rows + y * (size + 1) + 1;
        assert_in_range(row[-1], 0, 2);
        for (size_t i = 0; i < size; i++) {
            uint8_t left = i < channels ? 0 : row[i - channels];
            uint8_t up = y == 0 ? 0 : row[i - (size + 1)];
            row[i] = (uint8_t)(row[i] + (row[-1] == 1 ? left : row[-1] == 2 ? up : 0));
        }
    }
}

/* Checks each chunk's checksum, and the pixels. */
static void assert_encodes(const uint8_t *pixels, unsigned width, unsigned height, bool opaque)
{
    unsigned channels = opaque ? 3 : 4;
    struct blob *png;
    assert_int_equal(png_encode(pixels, width, height, opaque, &png), 0);
    uLongf size = (uLongf)height * (width * channels + 1);
    uint8_t *rows = malloc(size);
    bool data = false;
    for (size_t at = 8; at < png->size; at += 12 + read_u32(png->data + at)) {
        const uint8_t *chunk = png->data + at;
        uint32_t n = read_u32(chunk);
        assert_int_equal(crc32(0, chunk + 4, n + 4), read_u32(chunk + 8 + n));
        if (memcmp(chunk + 4, "IDAT", 4) != 0)
            continue;
        assert_int_equal(uncompress(rows, &size, chunk + 8, n), Z_OK);
        data = true;
    }
    assert_true(data);
    unfilter(rows, width, height, channels);
    for (unsigned i = 0; i < width * height; i++)
        assert_memory_equal(rows + (size_t)(i / width) * (width * channels + 1) + 1 +
                                (size_t)(i % width) * channels,
                            pixels + (size_t)4 * i, channels);
    free(rows);
    blob_unref(png);
}

static void test_what_is_encoded_is_what_was_given(void **state)
{
    enum { WIDTH = 37, HEIGHT = 23 };
    uint8_t pixels[4 * WIDTH * HEIGHT];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(pixels); i++) {
        random = random * 1664525 + 1013904223;
        pixels[i] = (uint8_t)(i < sizeof(pixels) / 2 ? i / 16 : random >> 24);
    }
    assert_encodes(pixels, WIDTH, HEIGHT, true);
    assert_encodes(pixels, WIDTH, HEIGHT, false);
    assert_encodes(pixels, 1, 1, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_picture_is_taken),
        cmocka_unit_test(test_what_is_encoded_is_what_was_given),
        cmocka_unit_test(test_what_is_no_whole_picture_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

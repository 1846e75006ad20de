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
#include <zstd.h>

#include "base/compress.h"
#include "base/error.h"

/* Bytes that compress, but not to nothing. */
static struct blob *make(size_t size)
{
    struct blob *blob = blob_new(size);
    unsigned value = 1;
    for (size_t i = 0; i < size; i++) {
        value = value * 1103515245u + 12345u;
        blob->data[i] = (uint8_t)(value >> 16 & 7);
    }
    blob->size = size;
    return blob;
}

static size_t expand(enum compress_kind kind, const struct blob *in, uint8_t *out, size_t room)
{
    if (kind == COMPRESS_ZSTD)
        return ZSTD_decompress(out, room, in->data, in->size);
    z_stream stream = { .next_in = in->data,
                        .avail_in = (unsigned)in->size,
                        .next_out = out,
                        .avail_out = (unsigned)room };
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    inflateEnd(&stream);
    return stream.total_out;
}

static void test_every_size_comes_back(void **state)
{
    static const size_t sizes[] = { 200, 4096, 1 << 20, (1 << 20) + 1, 3000000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct blob *in = make(sizes[i]);
        for (enum compress_kind kind = COMPRESS_GZIP; kind <= COMPRESS_ZSTD; kind++) {
            for (int level = 1; level <= 9; level += 4) {
                struct blob *out;
                assert_int_equal(compress_blob(kind, level, in, NULL, &out), 0);
                assert_true(out->size < in->size && out->room == out->size);
                uint8_t *back = malloc(in->size);
                assert_int_equal(expand(kind, out, back, in->size), in->size);
                assert_memory_equal(back, in->data, in->size);
                free(back);
                blob_unref(out);
            }
        }
        blob_unref(in);
    }
}

static void test_what_does_not_shrink_is_left(void **state)
{
    struct blob *noise = blob_new(3 << 20);
    unsigned value = 1;
    for (noise->size = 0; noise->size < noise->room; noise->size++) {
        value = value * 1664525u + 1013904223u;
        noise->data[noise->size] = (uint8_t)(value >> 24);
    }
    struct blob *none = blob_copy("", 0);
    struct blob *one = blob_copy("x", 1);
    struct blob *out;
    for (enum compress_kind kind = COMPRESS_GZIP; kind <= COMPRESS_ZSTD; kind++) {
        assert_int_equal(compress_blob(kind, 1, noise, NULL, &out), 1);
        assert_null(out);
        assert_int_equal(compress_blob(kind, 1, none, NULL, &out), 1);
        assert_int_equal(compress_blob(kind, 1, one, NULL, &out), 1);
    }
    blob_unref(noise);
    blob_unref(none);
    blob_unref(one);
}

static void test_cancel_and_bad_levels(void **state)
{
    struct blob *in = make(100000);
    struct blob *out;
    atomic_bool cancel = true;
    for (enum compress_kind kind = COMPRESS_GZIP; kind <= COMPRESS_ZSTD; kind++) {
        assert_int_equal(compress_blob(kind, 1, in, &cancel, &out), -ECANCELED);
        assert_null(out);
        assert_int_equal(compress_blob(kind, 99, in, NULL, &out), -EINVAL);
        assert_null(out);
    }
    assert_string_equal(compress_name(COMPRESS_GZIP), "gzip");
    assert_string_equal(compress_name(COMPRESS_ZSTD), "zstd");
    blob_unref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_comes_back),
        cmocka_unit_test(test_what_does_not_shrink_is_left),
        cmocka_unit_test(test_cancel_and_bad_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

#include "base/base64.h"
#include "base/error.h"

static void test_base64_decodes_rfc_4648_vectors(void **state)
{
    static const char *const vectors[][2] = {
        { "", "" },
        { "Zg==", "f" },
        { "Zm8=", "fo" },
        { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" },
        { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" },
        { "Zg", "f" },
    };
    uint8_t out[32];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        long n = base64_decode(out, vectors[i][0], strlen(vectors[i][0]));
        assert_int_equal(n, strlen(vectors[i][1]));
        assert_memory_equal(out, vectors[i][1], (size_t)n);
    }
    assert_int_equal(base64_decode(out, "Zm9v!", 5), -EINVAL);
    assert_int_equal(base64_decode(out, "Z", 1), -EINVAL);
    assert_int_equal(base64_decode(out, "Zm=v", 4), -EINVAL);
}

/* Encodes by the definition, to have something to compare with. */
static size_t encode(char *out, const uint8_t *data, size_t size, bool pad)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t bit = 0; bit < size * 8; bit += 6) {
        unsigned pair = (unsigned)data[bit / 8] << 8;
        if (bit / 8 + 1 < size)
            pair |= data[bit / 8 + 1];
        out[n++] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    while (pad && n % 4 != 0)
        out[n++] = '=';
    return n;
}

static void test_every_way_decodes_every_length(void **state)
{
    enum { MOST = 400 };
    srand(7);
    for (size_t size = 0; size < MOST; size++) {
        uint8_t data[MOST];
        char text[MOST * 2];
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)rand();
        for (int pad = 0; pad < 2; pad++) {
            size_t n = encode(text, data, size, pad);
            assert_int_equal(base64_size(text, n), size);
            for (enum base64_way way = 0; way < BASE64_WAYS; way++) {
                /* Blocks of the exact sizes, so that a sanitizer sees one byte too many. */
                char *in = malloc(n + 1);
                uint8_t *out = malloc(size + 1);
                memcpy(in + 1, text, n);
                out[size] = 0xa5;
                long result = base64_decode_by(way, out, in + 1, n);
                if (result != -ENOTSUP) {
                    assert_int_equal(result, size);
                    assert_memory_equal(out, data, size);
                    assert_int_equal(out[size], 0xa5);
                }
                free(in);
                free(out);
            }
        }
    }
}

static void test_every_way_refuses_every_other_character(void **state)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { LENGTH = 256 };
    char text[LENGTH];
    uint8_t out[LENGTH];
    for (size_t place = 0; place < LENGTH; place++) {
        for (unsigned c = 0; c < 256; c++) {
            memset(text, 'Q', sizeof(text));
            text[place] = (char)c;
            bool valid =
                (c != 0 && strchr(good, (int)c) != NULL) || (c == '=' && place == LENGTH - 1);
            for (enum base64_way way = 0; way < BASE64_WAYS; way++) {
                long result = base64_decode_by(way, out, text, sizeof(text));
                assert_true(result == -ENOTSUP || (result >= 0) == valid);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_decodes_rfc_4648_vectors),
        cmocka_unit_test(test_every_way_decodes_every_length),
        cmocka_unit_test(test_every_way_refuses_every_other_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

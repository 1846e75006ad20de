/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/error.h"
#include "base/scan.h"
#include "model/type_scanner.h"

/* Feeds `text` in two pieces, each in a block of its exact size. */
static struct type_scanner scan_cut(const char *text, size_t size, size_t cut)
{
    struct type_scanner scanner;
    type_scanner_init(&scanner);
    char *first = malloc(cut + 1);
    char *second = malloc(size - cut + 1);
    memcpy(first, text, cut);
    memcpy(second, text + cut, size - cut);
    type_scanner_feed(&scanner, first, cut);
    type_scanner_feed(&scanner, second, size - cut);
    free(first);
    free(second);
    return scanner;
}

static void test_type_is_found_at_every_cut(void **state)
{
    static const struct {
        const char *text;
        const char *type;
    } cases[] = {
        { "{\"type\":\"clear\"}", "clear" },
        { "{\"data\":{\"type\":\"no\"},\"type\":\"data\",\"count\":1}", "data" },
        { " { \"data\" : [ [ 1 ] , {} ] , \"type\" : \"animation\" } \n", "animation" },
        { "{\"data\":[{\"data\":1}],\"type\":\"a\",\"type\":\"b\"}", "b" },
        { "{\"type\":\"a\",\"type\":1}", NULL },
        { "{\"type\":{\"type\":\"a\"},\"data\":\"x\"}", NULL },
        { "{\"\\u0074yp\\u0065\":\"d\\u0061ta\",\"d\\u0061ta\":null}", "data" },
        { "{\"x\":\"\\\"type\\\":\\\"no\\\"\\\\\",\"type\":\"\\\\\\\"\"}", "\\\"" },
        { "[\"type\",\"data\",{\"type\":\"no\"}]", NULL },
        { "\"type\"", NULL },
        { "-1.5e+3", NULL },
        { "{}", NULL },
        { "[[],{},[{}]]", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size = strlen(cases[i].text);
        for (size_t cut = 0; cut <= size; cut++) {
            struct type_scanner scanner = scan_cut(cases[i].text, size, cut);
            assert_int_equal(scanner.error, 0);
            assert_true(type_scanner_done(&scanner));
            if (cases[i].type == NULL)
                assert_null(type_scanner_type(&scanner));
            else
                assert_string_equal(type_scanner_type(&scanner), cases[i].type);
        }
    }
}

static void test_what_is_no_json_is_refused(void **state)
{
    static const char *const cases[] = {
        "{]",        "[}",     "{\"a\"}",    "{\"a\":}",   "{\"a\" 1}",   "{,}",   "[,]",
        "[1,]",      "[1 2]",  "{\"a\":1,}", "{1:2}",      "{} {}",       "1 2",   "]",
        "\"\\x\"",   "\"\n\"", ":",          "[\"a\":1]",  "{\"a\":1:2}", "\x01",  "[\"a\" \"b\"]",
        "{\"a\",1}", "[1]]",   "{\"a\":1}}", "\"a\"\"b\"", "#",           "['a']",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size = strlen(cases[i]);
        for (size_t cut = 0; cut <= size; cut++) {
            struct type_scanner scanner = scan_cut(cases[i], size, cut);
            assert_int_equal(scanner.error, -EINVAL);
            assert_false(type_scanner_done(&scanner));
        }
    }
}

static void test_an_unfinished_text_is_not_done(void **state)
{
    const char *text = "{\"data\":[1,{\"b\":\"c\\\"\"}],\"type\":\"data\"}";
    for (size_t size = 0; size < strlen(text); size++) {
        struct type_scanner scanner = scan_cut(text, size, size / 2);
        assert_int_equal(scanner.error, 0);
        assert_false(type_scanner_done(&scanner));
    }
}

static void test_depth_has_a_limit(void **state)
{
    struct type_scanner scanner;
    for (unsigned depth = TYPE_SCANNER_DEPTH - 1; depth < TYPE_SCANNER_DEPTH + 3; depth++) {
        type_scanner_init(&scanner);
        for (unsigned i = 0; i < depth; i++)
            type_scanner_feed(&scanner, "[", 1);
        for (unsigned i = 0; i < depth; i++)
            type_scanner_feed(&scanner, "]", 1);
        assert_int_equal(scanner.error, depth > TYPE_SCANNER_DEPTH ? -E2BIG : 0);
        assert_int_equal(type_scanner_done(&scanner), depth <= TYPE_SCANNER_DEPTH);
    }
}

static void test_long_names_are_ignored(void **state)
{
    char text[400];
    for (int pad = 50; pad < 80; pad++) {
        snprintf(text, sizeof(text), "{\"type\":\"%0*d\",\"%0*ddata\":1}", pad, 0, pad, 0);
        struct type_scanner scanner = scan_cut(text, strlen(text), strlen(text) / 3);
        assert_true(type_scanner_done(&scanner));
        assert_int_equal(type_scanner_type(&scanner) != NULL, pad < TYPE_SCANNER_NAME);
    }
}

/* Whatever a real parser takes must be taken, with the same type. */
static void test_agrees_with_a_parser_on_changed_texts(void **state)
{
    static const char seed[] =
        "{\"data\":{\"a\":[1,2.5,-3e2,true,null]},\"type\":\"data\",\"\\u00e4\":\"\\n\"}";
    static const char marks[] = "{}[]\",:\\ 1ae";
    unsigned taken = 0;
    srand(11);
    for (int round = 0; round < 200000; round++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (int i = rand() % 3; i >= 0; i--)
            text[(size_t)rand() % (sizeof(seed) - 1)] = marks[(size_t)rand() % (sizeof(marks) - 1)];
        struct type_scanner scanner =
            scan_cut(text, sizeof(seed) - 1, (size_t)rand() % sizeof(seed));
        json_t *root = json_loadb(text, sizeof(seed) - 1, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (root == NULL)
            continue;
        taken++;
        assert_true(type_scanner_done(&scanner));
        const char *type = json_string_value(json_object_get(root, "type"));
        assert_int_equal(type == NULL, type_scanner_type(&scanner) == NULL);
        if (type != NULL)
            assert_string_equal(type, type_scanner_type(&scanner));
        json_decref(root);
    }
    assert_true(taken > 1000);
}

/* The wide ways and the narrow one must see the same byte, wherever it stands. */
static void test_scan_string_stops_at_the_first_special_byte(void **state)
{
    enum { SIZE = 700 };
    static const uint8_t special[] = { '"', '\\', 0, 0x1f, '\n' };
    static const uint8_t plain[] = { ' ', '!', '#', '[', ']', 0x7f, 0x80, 0xff, 'A', 0xa2, 0xdc };
    for (size_t place = 0; place < SIZE; place++) {
        uint8_t *block = malloc(SIZE);
        for (size_t i = 0; i < SIZE; i++)
            block[i] = plain[(i * 7 + place) % sizeof(plain)];
        assert_ptr_equal(scan_string(block, block + SIZE), block + SIZE);
        block[place] = special[place % sizeof(special)];
        assert_ptr_equal(scan_string(block, block + SIZE), block + place);
        assert_ptr_equal(scan_string(block, block + place), block + place);
        block[SIZE - 1] = '"';
        assert_ptr_equal(scan_string(block, block + SIZE), block + place);
        free(block);
    }
}

static void test_unescape_follows_rfc_8259(void **state)
{
    static const char *const cases[][2] = {
        { "a\\\"\\\\\\/\\b\\f\\n\\r\\t", "a\"\\/\b\f\n\r\t" },
        { "\\u00e4\\u20ac\\uD83D\\ude00", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "\\ud83d\\n\\ude00x", "\xef\xbf\xbd\n\xef\xbf\xbdx" },
        { "\\ud83d", "\xef\xbf\xbd" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
    };
    char out[40];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint8_t *text = (const uint8_t *)cases[i][0];
        assert_int_equal(scan_unescape(out, sizeof(out), text, strlen(cases[i][0])),
                         strlen(cases[i][1]));
        assert_string_equal(out, cases[i][1]);
    }
    assert_int_equal(scan_unescape(out, 4, (const uint8_t *)"ab\xf0\x9f\x98\x80", 6),
                     -ENAMETOOLONG);
    assert_string_equal(out, "ab");
}

static void test_scalars_follow_rfc_8259(void **state)
{
    static const char *const good[] = { "0",    "-0",   "10",    "1.5", "-1.5e-3",
                                        "2E+8", "true", "false", "null" };
    static const char *const bad[] = { "",   "-",   ".5",  "1.",       "1e", "1e+",
                                       "+1", "tru", "NaN", "Infinity", "-a", "nul" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const uint8_t *p = (const uint8_t *)good[i];
        assert_ptr_equal(scan_scalar(p, p + strlen(good[i])), p + strlen(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const uint8_t *p = (const uint8_t *)bad[i];
        assert_null(scan_scalar(p, p + strlen(bad[i])));
    }
    /* What follows a leading zero is not part of the number; the next read stops there. */
    const uint8_t *zero = (const uint8_t *)"01";
    assert_ptr_equal(scan_scalar(zero, zero + 2), zero + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_is_found_at_every_cut),
        cmocka_unit_test(test_what_is_no_json_is_refused),
        cmocka_unit_test(test_an_unfinished_text_is_not_done),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_long_names_are_ignored),
        cmocka_unit_test(test_agrees_with_a_parser_on_changed_texts),
        cmocka_unit_test(test_scan_string_stops_at_the_first_special_byte),
        cmocka_unit_test(test_unescape_follows_rfc_8259),
        cmocka_unit_test(test_scalars_follow_rfc_8259),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The address of the engine, and its replies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster/node.h"
#include "engine/engine.h"
#include "engine/resp.h"

static void test_addresses_are_read(void **state)
{
    struct engine engine;
    assert_null(engine_parse(&engine, "redis://example.org"));
    assert_string_equal(engine.place, "example.org:6379");
    assert_string_equal(engine.password, "");
    assert_false(engine.tls);
    assert_null(engine_parse(&engine, "rediss://me:p%40ss%2F:word@[::1]:7000/12"));
    assert_string_equal(engine.host, "::1");
    assert_string_equal(engine.place, "[::1]:7000");
    assert_string_equal(engine.user, "me");
    assert_string_equal(engine.password, "p@ss/:word");
    assert_int_equal(engine.database, 12);
    assert_true(engine.tls);
    assert_null(engine_parse(&engine, "redis://:a@b@c/"));
    assert_string_equal(engine.password, "a@b");
}

static void test_sentinels_are_read(void **state)
{
    struct engine engine;
    assert_null(engine_parse(&engine, "sentinel://a,[::1]:5000/main"));
    assert_int_equal(engine.sentinel_count, 2);
    assert_string_equal(engine.sentinels[0].host, "a");
    assert_int_equal(engine.sentinels[0].port, 26379);
    assert_string_equal(engine.sentinels[1].host, "::1");
    assert_int_equal(engine.sentinels[1].port, 5000);
    assert_string_equal(engine.master, "main");
    assert_int_equal(engine.port, 0);
    assert_null(engine_parse(&engine, "sentinel://u:p@a:1/main/3?sentinel=guard:x%2Fy"));
    assert_string_equal(engine.user, "u");
    assert_string_equal(engine.password, "p");
    assert_int_equal(engine.database, 3);
    assert_string_equal(engine.sentinel_user, "guard");
    assert_string_equal(engine.sentinel_password, "x/y");
    engine_move(&engine, "::2", 7);
    assert_string_equal(engine.place, "[::2]:7");
}

static void test_faults_of_addresses_are_named(void **state)
{
    struct engine engine;
    const char *bad[] = { "",
                          "http://a",
                          "redis://",
                          "redis://@",
                          "redis://a:",
                          "redis://a:x",
                          "redis://a:65536",
                          "redis://[::1",
                          "redis://[::1]x",
                          "redis://a/x",
                          "redis://u:%0@a",
                          "redis://u:%00@a",
                          "redis://u:%4",
                          "sentinel://a",
                          "sentinel://a/",
                          "sentinel://a,/main",
                          "sentinel://,a/main",
                          "sentinel://a/main/x",
                          "sentinel://a/ma in",
                          "sentinel://a/main?other=1",
                          "sentinel://a/main?sentinel=:%4",
                          "sentinel://a,a,a,a,a,a,a,a,a/main" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(engine_parse(&engine, bad[i]));
}

static void test_names_are_checked(void **state)
{
    struct node_options options;
    const char *url = "redis://a";
    assert_null(node_options(&options, url, "cad1:", NULL, 3939));
    assert_non_null(strstr(options.name, "-3939"));
    assert_null(node_options(&options, url, "team/a:", "node-1", 1));
    assert_string_equal(options.name, "node-1");
    assert_non_null(node_options(&options, url, "a{b}", NULL, 1));
    assert_non_null(node_options(&options, url, "", "two words", 1));
    assert_non_null(node_options(&options, url, "", "", 1));
}

/* Reads one reply; the result of the parser. */
static int read_reply(struct resp_parser *parser, const char *text)
{
    size_t taken;
    memset(parser, 0, sizeof(*parser));
    int result = resp_feed(parser, (const uint8_t *)text, strlen(text), &taken);
    assert_true(result <= 0 || taken == strlen(text));
    return result;
}

static void test_replies_are_read(void **state)
{
    struct resp_parser parser;
    assert_int_equal(read_reply(&parser, "*4\r\n+OK\r\n:-12\r\n$3\r\na\r\n\r\n*2\r\n$-1\r\n*0\r\n"),
                     1);
    const struct resp *items = parser.root.items;
    assert_int_equal(parser.root.count, 4);
    assert_string_equal(items[0].data, "OK");
    assert_int_equal(items[1].integer, -12);
    assert_string_equal(items[2].data, "a\r\n");
    assert_int_equal(items[3].items[0].kind, RESP_NULL);
    assert_int_equal(items[3].items[1].kind, RESP_ARRAY);
    resp_next(&parser);
    assert_int_equal(read_reply(&parser, "-ERR no\r\n"), 1);
    assert_int_equal(parser.root.kind, RESP_ERROR);
    resp_next(&parser);
}

static void test_replies_over_a_limit_are_refused(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = { { "?\r\n", -EPROTO },       { "\r\n", -EPROTO },
                  { ":\r\n", -EPROTO },       { ":1x\r\n", -EPROTO },
                  { "+OK\n", -EPROTO },       { "$2\r\nabcd", -EPROTO },
                  { "$-2\r\n", -EPROTO },     { "$1048577\r\n", -EMSGSIZE },
                  { "*8193\r\n", -EMSGSIZE }, { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", -EMSGSIZE } };
    struct resp_parser parser;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_reply(&parser, cases[i].text), cases[i].error);
        resp_next(&parser);
    }
}

/* Strings that are announced one after the other may not fill the memory. */
static void test_the_memory_of_a_reply_has_a_limit(void **state)
{
    struct resp_parser parser = { 0 };
    static uint8_t text[RESP_STRING + 2];
    size_t taken;
    int result = resp_feed(&parser, (const uint8_t *)"*9\r\n", 4, &taken);
    memset(text, 'x', RESP_STRING);
    memcpy(text + RESP_STRING, "\r\n", 2);
    for (int i = 0; i < 9 && result == 0; i++) {
        result = resp_feed(&parser, (const uint8_t *)"$1048576\r\n", 10, &taken);
        if (result == 0)
            result = resp_feed(&parser, text, sizeof(text), &taken);
    }
    assert_int_equal(result, -EMSGSIZE);
    resp_next(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read),
        cmocka_unit_test(test_sentinels_are_read),
        cmocka_unit_test(test_faults_of_addresses_are_named),
        cmocka_unit_test(test_names_are_checked),
        cmocka_unit_test(test_replies_are_read),
        cmocka_unit_test(test_replies_over_a_limit_are_refused),
        cmocka_unit_test(test_the_memory_of_a_reply_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

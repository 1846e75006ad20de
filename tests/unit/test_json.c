/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* Reads `text` in a block of its exact size and writes it again; NULL: refused. */
static char *again(const char *text)
{
    json_error_t error;
    size_t size = strlen(text);
    char *block = malloc(size + 1);
    memcpy(block, text, size);
    json_t *json = json_read(block, size, JSON_DECODE_ANY, &error);
    free(block);
    if (json == NULL && error.text[0] == '\0')
        fail_msg("no reason: %s", text);
    char *out = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    return out;
}

static void test_every_number_is_taken(void **state)
{
    static const char *const cases[][2] = {
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "9223372036854775808", "9.2233720368547758e18" },
        { "{\"a\":[123456789012345680000,1,-123456789012345680000]}",
          "{\"a\":[1.2345678901234568e20,1,-1.2345678901234568e20]}" },
        { "[1e400,-1e400,1e-400,0]", "[1.7976931348623157e308,-1.7976931348623157e308,0.0,0]" },
        /* Only numbers are touched. */
        { "{\"123456789012345680000\":\"\\\"123456789012345680000\",\"b\":-123456789012345680000}",
          "{\"123456789012345680000\":\"\\\"123456789012345680000\",\"b\":-1."
          "2345678901234568e20}" },
        { "[1234567890123456789,123456789012345680000.5,1e5,123456789012345680000]",
          "[1234567890123456789,1.2345678901234568e20,100000.0,1.2345678901234568e20]" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *out = again(cases[i][0]);
        if (out == NULL)
            fail_msg("refused: %s", cases[i][0]);
        assert_string_equal(out, cases[i][1]);
        free(out);
    }
}

static void test_a_long_number(void **state)
{
    char text[3000];
    memset(text, '7', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    json_t *json = json_read(text, sizeof(text) - 1, JSON_DECODE_ANY, NULL);
    assert_true(json_real_value(json) == DBL_MAX);
    json_decref(json);
    text[300] = '\0';
    json = json_read(text, 300, JSON_DECODE_ANY, NULL);
    assert_true(json_real_value(json) > 1e299 && json_real_value(json) < 1e300);
    json_decref(json);
}

static void test_what_is_no_json_stays_none(void **state)
{
    static const char *const bad[] = { "",
                                       "[123456789012345680000",
                                       "[123456789012345680000,]",
                                       "123456789012345680000.",
                                       "-",
                                       "[123456789012345680000,-]",
                                       "[123456789012345680000,\"",
                                       "[123456789012345680000,\"\\",
                                       "0123456789012345680000",
                                       "123456789012345680000 1e400",
                                       "1e400x",
                                       "Infinity" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *out = again(bad[i]);
        if (out != NULL)
            fail_msg("taken: %s as %s", bad[i], out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_is_taken),
        cmocka_unit_test(test_a_long_number),
        cmocka_unit_test(test_what_is_no_json_stays_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view/message.h"

static struct blob *make(const char *text)
{
    struct blob *blob = blob_new(strlen(text));
    memcpy(blob->data, text, strlen(text));
    blob->size = strlen(text);
    return blob;
}

static char kind_of(const char *text)
{
    struct blob *blob = make(text);
    char kind = message_kind(blob);
    blob_unref(blob);
    return kind;
}

static enum message_data data_of(const char *text)
{
    struct blob *blob = make(text);
    enum message_data data = message_data(blob, NULL, 0);
    blob_unref(blob);
    return data;
}

static void test_kinds(void **state)
{
    assert_int_equal(kind_of("D:"), 'D');
    assert_int_equal(kind_of("Z:{}"), 'Z');
    assert_int_equal(kind_of("A:"), 'A');
    const char *const none[] = { "",    "D",   ":",  "D;", "d:{}",     "::",
                                 " D:", "DD:", "@:", "[:", "\xc3\xa4:" };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(kind_of(none[i]), 0);
}

static void test_what_data_is(void **state)
{
    assert_int_equal(data_of("D:{\"data\":{\"instances\":[]},\"type\":\"data\"}"),
                     MESSAGE_DATA_MODEL);
    assert_int_equal(data_of("D:{\"data\":[[1]],\"type\":\"animation\"}"), MESSAGE_DATA_ANIMATION);
    assert_int_equal(data_of("D:{\"type\":\"data\"}"), MESSAGE_DATA_MODEL);
    assert_int_equal(data_of("D: { \"x\" : [ {\"type\":\"clear\"} ] , \"type\" : \"animation\" } "),
                     MESSAGE_DATA_ANIMATION);
    assert_int_equal(data_of("D:{\"type\":\"clear\"}"), MESSAGE_DATA_CLEAR);
    assert_int_equal(data_of("D:{\"type\":\"data\",\"type\":\"clear\"}"), MESSAGE_DATA_CLEAR);
    const char *const bad[] = { "D:",
                                "D:{",
                                "D:7",
                                "D:[]",
                                "D:{}",
                                "D:null",
                                "D:{\"type\":\"CLEAR\"}",
                                "D:{\"type\":[\"clear\"]}",
                                "D:{\"type\":\"clear\"",
                                "D:{\"type\":\"clear\"} x",
                                "D:{\"type\":\"clear\",}",
                                "D:{\"a\":{\"type\":\"clear\"}}",
                                "D:{\"data\":{\"instances\":[]}",
                                "D:{\"data\":{\"instances\":[]},\"type\":\"x\"}",
                                "D:{\"data\":[[1]],\"type\":\"x\"}",
                                "D:{\"type\":\"clear\",\"a\":nul}",
                                "D:{\"type\":\"clear\",\"a\":01}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (data_of(bad[i]) != MESSAGE_DATA_UNKNOWN)
            fail_msg("taken: %s", bad[i]);
    }
}

static bool is_empty(const char *text)
{
    struct blob *blob = make(text);
    bool empty = message_is_empty_model(blob);
    blob_unref(blob);
    return empty;
}

static void test_models_with_nothing_to_draw(void **state)
{
    assert_true(is_empty("D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":[]}},"
                         "\"type\":\"data\",\"count\":0}"));
    const char *const not_empty[] = {
        "D:",
        "D:{\"data\":{\"instances\":[],",
        "D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":[]}},\"type\":\"data\"}",
        "D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":[1]}},\"count\":0}",
        "D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":{}}},\"count\":0}",
        "D:{\"data\":{\"instances\":[],\"shapes\":{}},\"count\":0}",
        "D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":[]}},\"count\":1}",
        "D:{\"data\":{\"instances\":[{}],\"shapes\":{\"parts\":[]}},\"count\":0}",
    };
    for (size_t i = 0; i < sizeof(not_empty) / sizeof(not_empty[0]); i++) {
        if (is_empty(not_empty[i]))
            fail_msg("taken for empty: %s", not_empty[i]);
    }
}

static void test_json(void **state)
{
    json_error_t error;
    struct blob *blob = make("C:\"status\"");
    json_t *json = message_json(blob, &error);
    assert_string_equal(json_string_value(json), "status");
    json_decref(json);
    blob_unref(blob);
    const char *const bad[] = { "C:", "C:{", "C:status", "C:{} {}", "C:\"\xff\"", "C:{\"a\":1e}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        blob = make(bad[i]);
        json = message_json(blob, &error);
        if (json != NULL)
            fail_msg("taken: %s", bad[i]);
        assert_true(error.text[0] != '\0');
        blob_unref(blob);
    }
    char deep[5000] = "C:";
    memset(deep + 2, '[', 4000);
    blob = make(deep);
    assert_null(message_json(blob, &error));
    blob_unref(blob);
}

static void read_fixture(const char *name, enum message_data want)
{
    char path[4096];
    const char *folder = getenv("TEST_DATA");
    assert_non_null(folder);
    snprintf(path, sizeof(path), "%s/messages/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s is missing", path);
    struct blob *blob = blob_new(64 * 1024 * 1024);
    blob->size = fread(blob->data, 1, blob->room, file);
    fclose(file);
    assert_int_equal(message_kind(blob), 'D');
    assert_int_equal(message_data(blob, NULL, 0), want);
    assert_int_equal(message_is_model(blob),
                     want == MESSAGE_DATA_MODEL && strstr(name, "legacy") == NULL);
    blob_unref(blob);
}

/* As the Python clients wrote them. */
static void test_recorded_messages(void **state)
{
    read_fixture("box-model.msg", MESSAGE_DATA_MODEL);
    read_fixture("assembly-model.msg", MESSAGE_DATA_MODEL);
    read_fixture("assembly-animation.msg", MESSAGE_DATA_ANIMATION);
    read_fixture("clear.msg", MESSAGE_DATA_CLEAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_data_is),
        cmocka_unit_test(test_models_with_nothing_to_draw),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_recorded_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

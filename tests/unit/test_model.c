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

#include "base/error.h"
#include "base/text.h"
#include "model/model.h"

static const struct model_options plain = { .key = { 1 } };

/* Converts `text` behind two bytes of kind, the blob being as long as it must be. */
static int convert(const char *text, const struct model_options *options, struct model_file *file)
{
    struct blob *blob = blob_new(2 + strlen(text));
    memcpy(blob->data, "D:", 2);
    memcpy(blob->data + 2, text, strlen(text));
    blob->size = 2 + strlen(text);
    blob->skip = 2;
    int error = model_convert(blob, options, file);
    blob_unref(blob);
    return error;
}

/* The file's JSON must be `json`, and it must say so much of itself. */
static void assert_json(const struct model_file *file, const char *json)
{
    assert_int_equal(file->json, strlen(json));
    assert_memory_equal(file->bytes->data + MODEL_HEAD, json, strlen(json));
}

static void test_the_format_byte_for_byte(void **state)
{
    static const char text[] = "{\"a\":{\"shape\":[3],\"dtype\":\"uint8\",\"buffer\":\"AQID\","
                               "\"codec\":\"b64\"},\"b\":{\"shape\":[1,2],\"dtype\":\"uint16\","
                               "\"buffer\":\"BAUGBw==\",\"codec\":\"b64\"}}";
    static const char wanted[] =
        "CADCAST1\x01\0\0\0\x73\0\0\0"
        "{\"a\":{\"shape\":[3],\"dtype\":\"uint8\",\"offset\":0,\"bytes\":3},"
        "\"b\":{\"shape\":[1,2],\"dtype\":\"uint16\",\"offset\":16,\"bytes\":4}}"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x04\x05\x06\x07\0\0\0\0\0\0\0\0\0\0\0\0";
    struct model_file file;
    assert_int_equal(convert(text, &plain, &file), 0);
    assert_int_equal(file.bytes->size, sizeof(wanted) - 1);
    assert_memory_equal(file.bytes->data, wanted, sizeof(wanted) - 1);
    assert_int_equal(file.arrays, 2);
    assert_int_equal(file.left, 0);
    model_file_free(&file);
    model_file_free(&file);
}

static void test_members_keep_their_order_and_neighbours(void **state)
{
    static const char *const cases[][2] = {
        { "[{\"buffer\":\"AQ==\",\"codec\":\"b64\",\"dtype\":\"int8\",\"shape\":[]}]",
          "[{\"offset\":0,\"bytes\":1,\"dtype\":\"int8\",\"shape\":[]}]" },
        { " {\"codec\" : \"b64\" ,\n\"x\":[1,{\"y\":null}],\"shape\":[ 1 ],\"buffer\" :\"AQ\","
          "\"dtype\":\"int8\"} ",
          " {\"bytes\":1 ,\n\"x\":[1,{\"y\":null}],\"shape\":[ 1 ],\"offset\":0,"
          "\"dtype\":\"int8\"} " },
        /* An array inside an array's own member: the outer buffer comes first. */
        { "{\"buffer\":\"AQ==\",\"in\":{\"shape\":[1],\"dtype\":\"int8\",\"buffer\":\"Ag==\","
          "\"codec\":\"b64\"},\"codec\":\"b64\",\"dtype\":\"int8\",\"shape\":[1]}",
          "{\"offset\":0,\"in\":{\"shape\":[1],\"dtype\":\"int8\",\"offset\":16,\"bytes\":1},"
          "\"bytes\":1,\"dtype\":\"int8\",\"shape\":[1]}" },
        /* A name written with an escape is the same name. */
        { "{\"sh\\u0061pe\":[0],\"dtype\":\"int8\",\"b\\u0075ffer\":\"\",\"codec\":\"b64\"}",
          "{\"sh\\u0061pe\":[0],\"dtype\":\"int8\",\"offset\":0,\"bytes\":0}" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model_file file;
        assert_int_equal(convert(cases[i][0], &plain, &file), 0);
        assert_json(&file, cases[i][1]);
        assert_int_equal(file.left, 0);
        model_file_free(&file);
    }
}

static void test_what_is_not_understood_stays_text(void **state)
{
    static const char *const members[] = {
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b85\"",
        "\"shape\":[3],\"dtype\":\"bool\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[4],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int16\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[3.0],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[[3]],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":3,\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQ-_\",\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQ\\/D\",\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"A\\\"D\",\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":null,\"codec\":\"b64\"",
        "\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"buffer\":\"AQID\",\"codec\":"
        "\"b64\"",
        "\"shape\":[3],\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"shape\":[6148914691236517206,3],\"dtype\":\"int8\",\"buffer\":\"AQI=\",\"codec\":"
        "\"b64\"",
        "\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"",
        "\"buffer\":\"A[==\",\"codec\":\"b64\",\"shape\":[1],\"dtype\":\"int8\"",
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char text[300], wanted[300];
        const char *good =
            "{\"shape\":[1],\"dtype\":\"int8\",\"buffer\":\"BQ==\",\"codec\":\"b64\"}";
        const char *moved = "{\"shape\":[1],\"dtype\":\"int8\",\"offset\":%d,\"bytes\":1}";
        snprintf(text, sizeof(text), "[%s,{%s},%s]", good, members[i], good);
        int n = snprintf(wanted, sizeof(wanted), "[");
        n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, moved, 0);
        n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, ",{%s},", members[i]);
        n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, moved, 16);
        snprintf(wanted + n, sizeof(wanted) - (size_t)n, "]");
        struct model_file file;
        assert_int_equal(convert(text, &plain, &file), 0);
        assert_json(&file, wanted);
        assert_int_equal(file.arrays, 2);
        assert_int_equal(file.left, 1);
        assert_int_equal(file.bytes->data[file.bytes->size - 16], 5);
        model_file_free(&file);
    }
}

/* A large buffer is decoded in blocks; a fault anywhere in it must be found, wherever it is. */
static void test_a_fault_deep_in_a_large_buffer_is_found(void **state)
{
    enum { CHARS = 1200 * 1024 };
    static const size_t places[] = { 0, 5000, 262143, 262144, 524287, 700001, CHARS - 3 };
    static const char faults[] = { '=', '"', '\\', ' ', '\0' };
    struct text text = { 0 };
    text_format(&text, "{\"shape\":[%d],\"dtype\":\"uint8\",\"buffer\":\"", CHARS / 4 * 3);
    size_t start = text.size;
    for (int i = 0; i < CHARS; i++)
        text_add(&text, "A");
    text_add(&text, "\",\"codec\":\"b64\"}");
    struct model_file file;
    assert_int_equal(convert(text.data, &plain, &file), 0);
    assert_int_equal(file.arrays, 1);
    model_file_free(&file);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (size_t k = 0; k + 1 < sizeof(faults); k++) {
            text.data[start + places[i]] = faults[k];
            int error = convert(text.data, &plain, &file);
            if (faults[k] == '=' || faults[k] == ' ') {
                assert_int_equal(error, 0);
                assert_int_equal(file.left, 1);
                assert_int_equal(file.json, text.size);
                assert_memory_equal(file.bytes->data + MODEL_HEAD, text.data, text.size);
                model_file_free(&file);
            } else {
                assert_int_equal(error, -EINVAL);
            }
            text.data[start + places[i]] = 'A';
        }
    }
    text_free(&text);
}

static void test_what_the_message_says_of_itself(void **state)
{
    static const char text[] =
        "{\"data\":{\"instances\":[{\"name\":\"no\",\"parts\":[{}]}],\"shapes\":{\"name\":"
        "\"G\\u00e4\","
        "\"parts\":[{\"name\":\"a\",\"shape\":{\"ref\":0,\"name\":\"no\"}},"
        "{\"parts\":[{\"name\":\"deep\"},{\"parts\":[]}],\"name\":\"b\"},{\"id\":\"/G/c\"},"
        "{\"name\":\"d\"},{\"name\":\"e\"},{\"name\":\"f\"},{\"name\":\"g\"},{\"name\":\"h\"},"
        "{\"name\":\"i\"}]}},\"config\":{\"_splash\":true,\"type\":\"no\"},\"count\":12,"
        "\"type\":\"data\"}";
    struct model_file file;
    assert_int_equal(convert(text, &plain, &file), 0);
    assert_string_equal(file.name, "G\xc3\xa4");
    assert_string_equal(file.type, "data");
    assert_int_equal(file.parts, 9);
    assert_int_equal(file.leaves, 9);
    assert_int_equal(file.count, 12);
    assert_true(file.splash);
    static const char *const names[MODEL_NAMES] = { "a", "b", "", "d", "e", "f", "g", "h" };
    for (int i = 0; i < MODEL_NAMES; i++)
        assert_string_equal(file.part_names[i], names[i]);
    model_file_free(&file);
    assert_int_equal(convert("{\"config\":{\"_splash\":false},\"count\":-1.5}", &plain, &file), 0);
    assert_false(file.splash);
    assert_int_equal(file.count, -1);
    assert_string_equal(file.type, "");
    model_file_free(&file);
}

static void test_errors_leave_nothing(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        { "", -EINVAL },
        { "{", -EINVAL },
        { "{}x", -EINVAL },
        { "{\"a\":NaN}", -EINVAL },
        { "{\"a\":01}", -EINVAL },
        { "[1,]", -EINVAL },
        { "{\"a\":1,}", -EINVAL },
        { "{\"a\" 1}", -EINVAL },
        { "[}", -EINVAL },
        { "]", -EINVAL },
        { "[\"\\u12g4\"]", -EINVAL },
        { "[\"a\nb\"]", -EINVAL },
        { "{\"a\":[", -EINVAL },
        { "\"a", -EINVAL },
        { "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID", -EINVAL },
        { "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"A\"ID\",\"codec\":\"b64\"}", -EINVAL },
        { "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"A\"ID\",\"codec\":\"b85\"}", -EINVAL },
        { "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"A\"ID\"}", -EINVAL },
        { "{\"x\":{\"shape\":[1],\"dtype\":\"int8\",\"offset\":0,\"bytes\":1}}", -ENOTSUP },
        { "{\"x\":{\"shape\":[1],\"dtype\":\"int8\",\"offset\":0,\"bytes\":1,\"buffer\":\"AQ==\","
          "\"codec\":\"b64\"}}",
          -ENOTSUP },
    };
    static const struct model_file empty;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model_file file;
        assert_int_equal(convert(cases[i].text, &plain, &file), cases[i].error);
        assert_memory_equal(&file, &empty, sizeof(file));
    }
}

static void test_limits(void **state)
{
    static const char text[] =
        "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"}";
    struct model_file file;
    struct model_options options = plain;
    options.max_bytes = 50;
    assert_int_equal(convert(text, &options, &file), -EFBIG);
    options.max_bytes = 8192;
    assert_int_equal(convert(text, &options, &file), 0);
    model_file_free(&file);

    atomic_bool cancel = true;
    options.cancel = &cancel;
    assert_int_equal(convert(text, &options, &file), -ECANCELED);
    atomic_store(&cancel, false);
    assert_int_equal(convert(text, &options, &file), 0);
    model_file_free(&file);

    for (size_t depth = MODEL_DEPTH; depth <= MODEL_DEPTH + 1; depth++) {
        char deep[2 * MODEL_DEPTH + 3] = { 0 };
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        assert_int_equal(convert(deep, &plain, &file), depth > MODEL_DEPTH ? -E2BIG : 0);
        model_file_free(&file);
    }
}

/* Members that look like an array's, and are none, must not cost more memory than allowed. */
static void test_spans_are_within_the_limit(void **state)
{
    struct text text = { 0 };
    text_add(&text, "[");
    for (int i = 0; i < 500; i++)
        text_add(&text, "{\"buffer\":\"\",\"x\":");
    text_add(&text, "1");
    for (int i = 0; i < 500; i++)
        text_add(&text, "}");
    text_add(&text, "]");
    struct model_file file;
    struct model_options options = plain;
    options.max_bytes = 15000;
    assert_int_equal(convert(text.data, &options, &file), -EFBIG);
    assert_int_equal(convert(text.data, &plain, &file), 0);
    assert_json(&file, text.data);
    model_file_free(&file);
    text_free(&text);
}

static void test_hash_is_the_file_and_the_key(void **state)
{
    static const char one[] =
        "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQID\",\"codec\":\"b64\"}";
    static const char two[] =
        "{\"shape\":[3],\"dtype\":\"int8\",\"buffer\":\"AQIE\",\"codec\":\"b64\"}";
    static const struct model_options other = { .key = { 2 } };
    static const struct model_options zero = { 0 };
    struct model_file files[7];
    assert_int_equal(convert(one, &plain, &files[0]), 0);
    assert_int_equal(convert(one, &plain, &files[1]), 0);
    assert_string_equal(files[0].hash, files[1].hash);
    assert_int_equal(strspn(files[0].hash, "0123456789abcdef"), 32);
    assert_int_equal(convert(two, &plain, &files[2]), 0);
    assert_int_equal(convert(one, &other, &files[3]), 0);
    assert_int_equal(convert(one, &zero, &files[4]), 0);
    assert_int_equal(convert(two, &zero, &files[5]), 0);
    assert_int_equal(convert(" {}", &plain, &files[6]), 0);
    for (int i = 1; i < 7; i++) {
        for (int k = i + 1; k < 7; k++)
            assert_string_not_equal(files[i].hash, files[k].hash);
    }
    for (int i = 0; i < 7; i++)
        model_file_free(&files[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_format_byte_for_byte),
        cmocka_unit_test(test_members_keep_their_order_and_neighbours),
        cmocka_unit_test(test_what_is_not_understood_stays_text),
        cmocka_unit_test(test_a_fault_deep_in_a_large_buffer_is_found),
        cmocka_unit_test(test_what_the_message_says_of_itself),
        cmocka_unit_test(test_errors_leave_nothing),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_spans_are_within_the_limit),
        cmocka_unit_test(test_hash_is_the_file_and_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "picture/history.h"

struct stage {
    struct retained retained;
    struct history history;
};

static int make_stage(void **state)
{
    static struct stage stage;
    retained_init(&stage.retained);
    history_init(&stage.history, &stage.retained);
    *state = &stage;
    return 0;
}

static int drop_stage(void **state)
{
    struct stage *stage = *state;
    history_free(&stage->history);
    retained_free(&stage->retained);
    return 0;
}

static struct model_file file_named(const char *hash)
{
    struct model_file file = { .bytes = blob_copy(hash, strlen(hash)) };
    snprintf(file.hash, sizeof(file.hash), "%s", hash);
    return file;
}

/* A picture with that number becomes a step; without a hash its file is not made yet. */
static void push(struct stage *stage, uint64_t number, const char *hash, unsigned most)
{
    struct picture picture = { .number = number, .shown = (int64_t)number };
    struct model_file file = { .bytes = NULL };
    if (hash != NULL)
        file = file_named(hash);
    history_push(&stage->history, &picture, &file, NULL, most);
    model_file_free(&file);
}

static void made(struct stage *stage, uint64_t number, int status, const char *hash)
{
    struct model_file file = file_named(hash);
    history_made(&stage->history, number, status, status == 0 ? &file : NULL);
    if (status < 0)
        model_file_free(&file);
}

/* The numbers of the steps whose files are made, and the bytes of them. */
static void assert_steps(const struct stage *stage, const char *numbers, size_t bytes)
{
    char found[80] = "";
    size_t i;
    json_t *each;
    json_t *rows = history_describe(&stage->history);
    json_array_foreach(rows, i, each)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%lld ",
                 (long long)json_integer_value(json_object_get(each, "number")));
    json_decref(rows);
    assert_string_equal(found, numbers);
    assert_int_equal(stage->history.bytes, bytes);
}

static void test_the_last_ones_are_kept(void **state)
{
    struct stage *stage = *state;
    push(stage, 1, "a", 2);
    push(stage, 2, "bb", 2);
    push(stage, 3, "ccc", 2);
    assert_steps(stage, "2 3 ", 5);
    push(stage, 4, "d", 0);
    assert_steps(stage, "2 3 ", 5);
    assert_int_equal(history_last(&stage->history), 3);
    assert_int_equal(history_back(&stage->history, 2)->picture.number, 2);
    assert_null(history_back(&stage->history, 3));
    assert_null(history_back(&stage->history, UINT64_MAX));
    assert_string_equal(history_of_file(&stage->history, "bb")->file.hash, "bb");
    assert_null(history_of_file(&stage->history, "a"));
}

static void test_a_file_may_come_later_or_never(void **state)
{
    struct stage *stage = *state;
    push(stage, 1, NULL, 3);
    push(stage, 2, NULL, 3);
    push(stage, 3, "c", 3);
    assert_steps(stage, "3 ", 1);
    assert_null(history_back(&stage->history, 2));
    made(stage, 1, 0, "aaaa");
    assert_steps(stage, "1 3 ", 5);
    made(stage, 2, -1, "b");
    assert_steps(stage, "1 3 ", 5);
    assert_int_equal(stage->history.count, 2);
    /* One that is there already, and one that is gone by now. */
    made(stage, 3, 0, "x");
    made(stage, 2, 0, "x");
    assert_steps(stage, "1 3 ", 5);
}

static void test_the_same_again_is_one_step(void **state)
{
    struct stage *stage = *state;
    push(stage, 1, "a", 5);
    assert_true(history_repeats(&stage->history, "a"));
    assert_false(history_repeats(&stage->history, "b"));
    push(stage, 2, NULL, 5);
    assert_false(history_repeats(&stage->history, "a"));
    made(stage, 2, 0, "a");
    assert_steps(stage, "2 ", 1);
}

static void test_what_was_changed_is_not_the_same(void **state)
{
    struct stage *stage = *state;
    struct picture picture = { .number = 1, .settings = json_pack("{s:i}", "axes", 1) };
    struct model_file file = file_named("a");
    history_push(&stage->history, &picture, &file, NULL, 5);
    assert_null(picture.settings);
    assert_null(file.bytes);
    assert_false(history_repeats(&stage->history, "a"));
    push(stage, 2, NULL, 5);
    made(stage, 2, 0, "a");
    assert_steps(stage, "1 2 ", 2);
}

static void test_restored_steps_go_to_their_places(void **state)
{
    struct stage *stage = *state;
    const uint64_t order[] = { 5, 2, 4 };
    push(stage, 6, "f", 3);
    for (size_t i = 0; i < 3; i++) {
        struct picture picture = { .number = order[i], .model = blob_copy("m", 1) };
        history_restore(&stage->history, &picture, 3);
        picture_free(&picture);
    }
    assert_int_equal(stage->history.bytes, 3);
    made(stage, 5, 0, "ee");
    made(stage, 4, 0, "ddd");
    assert_steps(stage, "4 5 6 ", 6);
    struct blob *png = blob_copy("png", 3);
    history_thumbnail(&stage->history, history_find(&stage->history, 4), png);
    history_thumbnail(&stage->history, history_find(&stage->history, 4), png);
    blob_unref(png);
    assert_steps(stage, "4 5 6 ", 9);
    assert_true(history_drop_oldest(&stage->history));
    history_drop_newest(&stage->history);
    assert_steps(stage, "5 ", 2);
    assert_true(history_drop_oldest(&stage->history));
    assert_false(history_drop_oldest(&stage->history));
    assert_steps(stage, "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_last_ones_are_kept, make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_a_file_may_come_later_or_never, make_stage,
                                        drop_stage),
        cmocka_unit_test_setup_teardown(test_the_same_again_is_one_step, make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_what_was_changed_is_not_the_same, make_stage,
                                        drop_stage),
        cmocka_unit_test_setup_teardown(test_restored_steps_go_to_their_places, make_stage,
                                        drop_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
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
    history_drop_newest(&stage->history, NULL);
    assert_steps(stage, "5 ", 2);
    assert_true(history_drop_oldest(&stage->history));
    assert_false(history_drop_oldest(&stage->history));
    assert_steps(stage, "", 0);
}

/* A model file with one array of so many bytes of that value, and another one that is in all. */
static struct model_file file_of(const char *hash, int value, size_t size)
{
    enum { COMMON = 100000, JSON = 144 };
    struct model_file file = { .bytes = blob_new(MODEL_HEAD + JSON + COMMON + size) };
    uint8_t *data = file.bytes->data;
    memset(data, ' ', MODEL_HEAD + JSON);
    memcpy(data, MODEL_MAGIC, 8);
    bytes_put(data + 8, 1, 4);
    bytes_put(data + 12, JSON, 4);
    snprintf((char *)data + MODEL_HEAD, JSON,
             "[{\"offset\":0,\"bytes\":%d},{\"offset\":%d,\"bytes\":%zu}]", COMMON, COMMON, size);
    for (size_t i = 0; i < COMMON; i++)
        data[MODEL_HEAD + JSON + i] = (uint8_t)(i * i >> 8);
    memset(data + MODEL_HEAD + JSON + COMMON, value, size);
    file.bytes->size = MODEL_HEAD + JSON + COMMON + size;
    snprintf(file.hash, sizeof(file.hash), "%s", hash);
    return file;
}

/* Shares what can be shared, as the pool would. */
static void share_all(struct history *history, struct blob *current, struct blob *parts)
{
    struct history_sharing sharing;
    struct blob *const both[HISTORY_KINDS] = { current, parts };
    while (history_unshared(history, both, &sharing)) {
        struct delta *delta;
        struct stored_file base;
        assert_int_equal(stored_take(sharing.base, &base), 0);
        struct blob *file = stored_make(&base, NULL);
        assert_int_equal(delta_make(sharing.whole, file, &delta), 0);
        stored_ref(sharing.base);
        history_share(history, &sharing, delta);
        blob_unref(file);
        stored_drop(&base);
    }
}

/* Whether something is to be shared without a picture. */
static bool is_unshared(struct history *history)
{
    struct history_sharing sharing;
    return history_unshared(history, (struct blob *const[HISTORY_KINDS]){ NULL }, &sharing);
}

static void assert_stored(const struct stored *stored, const struct blob *file)
{
    struct stored_file parts;
    assert_int_equal(stored_take(stored, &parts), 0);
    struct blob *made = stored_make(&parts, NULL);
    assert_int_equal(made->size, file->size);
    assert_int_equal(made->skip, file->skip);
    assert_memory_equal(made->data, file->data, file->size);
    blob_unref(made);
    stored_drop(&parts);
}

static void assert_file(const struct history *history, uint64_t number, const struct blob *file)
{
    assert_stored(history_find(history, number)->stored, file);
}

enum { SHOWS = 6 };

/* Each file but the last, which the session shows, is a step. */
static void push_all(struct stage *stage, struct blob **files, unsigned most)
{
    for (unsigned i = 0; i < SHOWS; i++) {
        char hash[8];
        snprintf(hash, sizeof(hash), "h%u", i);
        struct model_file file = file_of(hash, (int)i, 3200);
        struct picture picture = { .number = i + 1 };
        files[i] = blob_ref(file.bytes);
        if (i + 1 < SHOWS)
            history_push(&stage->history, &picture, &file, NULL, most);
        model_file_free(&file);
    }
}

static void drop_all(struct blob **files)
{
    for (unsigned i = 0; i < SHOWS; i++)
        blob_unref(files[i]);
}

static void test_what_steps_have_in_common_is_held_once(void **state)
{
    struct stage *stage = *state;
    struct blob *files[SHOWS];
    push_all(stage, files, 8);
    assert_int_equal(stage->history.bytes, (SHOWS - 1) * files[0]->size);
    share_all(&stage->history, files[SHOWS - 1], NULL);
    assert_in_range(stage->history.bytes, 3200 * (SHOWS - 1), 5000 * (SHOWS - 1));
    for (unsigned i = 0; i + 1 < SHOWS; i++)
        assert_file(&stage->history, i + 1, files[i]);
    /* Without the picture the last one is held whole, whatever it was before. */
    assert_false(is_unshared(&stage->history));
    assert_in_range(stage->history.bytes, files[0]->size, files[0]->size + 5000 * SHOWS);
    for (unsigned i = 0; i + 1 < SHOWS; i++)
        assert_file(&stage->history, i + 1, files[i]);
    drop_all(files);
}

static void test_a_step_goes_and_the_others_keep_what_they_shared(void **state)
{
    struct stage *stage = *state;
    struct history *history = &stage->history;
    struct blob *files[SHOWS];
    push_all(stage, files, 8);
    share_all(history, files[SHOWS - 1], NULL);
    /* The oldest, and the newest, which the session shows again, in a blob of its own. */
    assert_true(history_drop_oldest(history));
    struct blob *again = blob_copy(files[SHOWS - 2]->data, files[SHOWS - 2]->size);
    history_drop_newest(history, again);
    assert_in_range(history->bytes, 3200, 5000 * (SHOWS - 3));
    for (unsigned i = 1; i + 2 < SHOWS; i++)
        assert_file(history, i + 1, files[i]);
    /* The picture becomes a step: what shared it shares the step. */
    struct picture picture = { .number = 20 };
    struct model_file file = { .bytes = again, .hash = "again" };
    history_push(history, &picture, &file, NULL, 8);
    assert_null(file.bytes);
    assert_in_range(history->bytes, files[0]->size, files[0]->size + 5000 * SHOWS);
    share_all(history, files[0], NULL);
    assert_in_range(history->bytes, 3200, 5000 * SHOWS);
    assert_file(history, 20, files[SHOWS - 2]);
    /* It is shown again with nothing in between, and its file comes late: one step of both. */
    struct picture later = { .number = 21, .shown = 21 };
    struct model_file none = { .bytes = NULL };
    history_push(history, &later, &none, NULL, 8);
    struct model_file same = { .bytes = blob_copy(files[SHOWS - 2]->data, files[SHOWS - 2]->size),
                               .hash = "again" };
    history_made(history, 21, 0, &same);
    assert_null(history_find(history, 20));
    assert_file(history, 21, files[SHOWS - 2]);
    for (unsigned i = 1; i + 2 < SHOWS; i++)
        assert_file(history, i + 1, files[i]);
    drop_all(files);
}

static void test_what_has_little_in_common_stays_whole(void **state)
{
    struct stage *stage = *state;
    /* Small ones are not looked at. */
    push(stage, 5, "small", 8);
    push(stage, 6, "small too", 8);
    assert_false(is_unshared(&stage->history));
    for (unsigned i = 7; i < 10; i++) {
        struct picture picture = { .number = i };
        struct model_file file = file_of("x", (int)i, 2000000);
        file.hash[0] = (char)('a' + i);
        history_push(&stage->history, &picture, &file, NULL, 8);
    }
    size_t before = stage->history.bytes;
    share_all(&stage->history, NULL, NULL);
    assert_int_equal(stage->history.bytes, before);
    assert_false(is_unshared(&stage->history));
}

/* A message with exact geometry: shapes as texts that are all equal but for the one that `value`
 * is about, between names and places. */
static struct blob *parts_of(unsigned value)
{
    enum { SHAPES = 40, SHAPE = 2000 };
    struct text out = { 0 };
    text_add(&out, "B:{\"model\":{\"parts\":[");
    for (unsigned i = 0; i < SHAPES; i++) {
        text_format(&out, "%s{\"name\":\"a \\\" b %u\",\"shape\":{\"obj\":\"", i == 0 ? "" : ",",
                    i);
        for (unsigned k = 0; k < SHAPE; k++)
            text_format(&out, "%c", 'A' + (int)((k * (k + (i == 3 ? value : 0)) + i * 7) % 50));
        text_add(&out, "\"}}");
    }
    text_add(&out, "]}}");
    struct blob *blob = blob_copy(text_string(&out), out.size);
    blob->skip = 2;
    text_free(&out);
    return blob;
}

static void test_exact_geometry_stays_and_is_shared_too(void **state)
{
    struct stage *stage = *state;
    struct history *history = &stage->history;
    struct blob *files[SHOWS], *parts[SHOWS];
    push_all(stage, files, 8);
    size_t before = history->bytes;
    for (unsigned i = 0; i < SHOWS; i++) {
        parts[i] = parts_of(i);
        if (i + 1 < SHOWS)
            history_parts(history, history_find(history, i + 1), parts[i]);
    }
    /* What comes twice is there already. */
    history_parts(history, history_find(history, 1), parts[SHOWS - 1]);
    assert_int_equal(history->bytes, before + (SHOWS - 1) * parts[0]->size);
    share_all(history, files[SHOWS - 1], parts[SHOWS - 1]);
    assert_in_range(history->bytes, (3200 + 2000) * (SHOWS - 1), (5000 + 3000) * (SHOWS - 1));
    for (unsigned i = 0; i + 1 < SHOWS; i++)
        assert_stored(history_find(history, i + 1)->parts, parts[i]);
    /* Steps go, the oldest and the newest, and a picture that is gone: the others keep theirs. */
    assert_true(history_drop_oldest(history));
    history_drop_newest(history, files[SHOWS - 2]);
    assert_false(is_unshared(history));
    for (unsigned i = 1; i + 2 < SHOWS; i++) {
        assert_file(history, i + 1, files[i]);
        assert_stored(history_find(history, i + 1)->parts, parts[i]);
    }
    for (unsigned i = 0; i < SHOWS; i++)
        blob_unref(parts[i]);
    drop_all(files);
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
        cmocka_unit_test_setup_teardown(test_what_steps_have_in_common_is_held_once, make_stage,
                                        drop_stage),
        cmocka_unit_test_setup_teardown(test_a_step_goes_and_the_others_keep_what_they_shared,
                                        make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_what_has_little_in_common_stays_whole, make_stage,
                                        drop_stage),
        cmocka_unit_test_setup_teardown(test_exact_geometry_stays_and_is_shared_too, make_stage,
                                        drop_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

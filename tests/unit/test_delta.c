/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Model files without what others have too: the bytes come back, and what is equal is held once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "model/delta.h"
#include "model/model.h"

enum { MOST = 60, CHAIN = 6 };

/* What the arrays of a file are made of: each has a size and a seed, equal ones are equal. */
struct plan {
    unsigned count;
    struct {
        unsigned size;
        unsigned seed;
    } arrays[MOST];
    const char *name;
};

static struct blob *make_file(const struct plan *plan)
{
    struct text json = { 0 };
    size_t at = 0;
    text_format(&json, "{\"data\":{\"name\":\"%s\",\"instances\":[", plan->name);
    for (unsigned i = 0; i < plan->count; i++) {
        unsigned size = plan->arrays[i].size;
        /* As writers of JSON do it, in this order or another one. */
        text_format(&json, "%s{\"shape\": [%u], \"dtype\":\"uint8\",", i == 0 ? "" : ",", size);
        if (i % 2 == 0)
            text_format(&json, "\"offset\":%zu, \"bytes\":%u}", at, size);
        else
            text_format(&json, "\"bytes\":%u,\"more\":[0],\"offset\":%zu}", size, at);
        at += (size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    }
    text_add(&json, "]},\"type\":\"data\"}");
    size_t data = (MODEL_HEAD + json.size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    struct blob *file = blob_new(data + at);
    memset(file->data, 0, data + at);
    memcpy(file->data, MODEL_MAGIC, 8);
    bytes_put(file->data + 8, 1, 4);
    bytes_put(file->data + 12, json.size, 4);
    memcpy(file->data + MODEL_HEAD, text_string(&json), json.size);
    uint8_t *to = file->data + data;
    for (unsigned i = 0; i < plan->count; i++) {
        unsigned size = plan->arrays[i].size, value = plan->arrays[i].seed;
        for (unsigned k = 0; k < size; k++)
            to[k] = (uint8_t)((value = value * 1103515245 + 12345) >> 16);
        to += (size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    }
    file->size = data + at;
    text_free(&json);
    return file;
}

static struct plan plan_of(unsigned count, unsigned size, const char *name)
{
    struct plan plan = { .count = count, .name = name };
    for (unsigned i = 0; i < count; i++) {
        plan.arrays[i].size = size + i;
        plan.arrays[i].seed = i + 1;
    }
    return plan;
}

static void assert_blob(struct blob *made, const struct blob *file)
{
    assert_non_null(made);
    assert_int_equal(made->size, file->size);
    assert_memory_equal(made->data, file->data, file->size);
    blob_unref(made);
}

/* The bytes that the file of `changed` has for itself beside that of `plan`. */
static size_t own_of(const struct plan *changed, const struct plan *plan)
{
    struct delta *delta;
    struct blob *file = make_file(changed), *base = make_file(plan);
    assert_int_equal(delta_make(file, base, &delta), 0);
    size_t own = delta->own->size;
    assert_blob(delta_file(&delta, 1, base, NULL), file);
    delta_unref(delta);
    blob_unref(base);
    blob_unref(file);
    return own;
}

static void test_an_array_that_changed_is_what_is_held(void **state)
{
    (void)state;
    struct plan plan = plan_of(MOST, 4000, "same"), changed = plan;
    assert_int_equal(own_of(&plan, &plan), 0);
    changed.arrays[30].seed = 7000;
    assert_in_range(own_of(&changed, &plan), 4030, 4100);
    /* Of another size: the offsets of those behind it are others, too. */
    changed.arrays[30].size = 5000;
    assert_in_range(own_of(&changed, &plan), 5000, 5000 + 4096);
}

static void test_arrays_are_found_wherever_they_are(void **state)
{
    (void)state;
    struct plan plan = plan_of(MOST, 4000, "same"), turned = plan, less = plan;
    for (unsigned i = 0; i < MOST; i++)
        turned.arrays[i] = plan.arrays[MOST - 1 - i];
    assert_in_range(own_of(&turned, &plan), 1, 5000);
    memmove(&less.arrays[10], &less.arrays[11], sizeof(less.arrays[0]) * (MOST - 11));
    less.count--;
    assert_in_range(own_of(&less, &plan), 1, 5000);
    /* One is there twice. */
    plan.arrays[20] = plan.arrays[3];
    assert_in_range(own_of(&plan, &turned), 1, 5000);
}

static void test_what_is_different_shares_nothing_of_its_arrays(void **state)
{
    (void)state;
    struct plan plan = plan_of(20, 3000, "one"), other = plan_of(20, 3000, "another");
    for (unsigned i = 0; i < other.count; i++)
        other.arrays[i].seed += 500;
    assert_true(own_of(&other, &plan) >= 20 * 3000);
}

static void test_words_in_a_name_are_no_array(void **state)
{
    (void)state;
    struct plan plan = plan_of(3, 300, "x\\\"offset\\\":0,\\\"bytes\\\":16");
    struct plan other = plan_of(3, 300, "\\\"offset\\\":999999999999999999999");
    own_of(&plan, &other);
    own_of(&other, &plan);
}

/* Each file is a delta to the next, in any order of making them; all come back. */
static void test_a_chain_of_deltas(void **state)
{
    (void)state;
    struct plan plans[CHAIN];
    struct blob *files[CHAIN];
    struct delta *deltas[CHAIN];
    plans[0] = plan_of(MOST, 200, "first");
    for (unsigned i = 1; i < CHAIN; i++) {
        plans[i] = plans[i - 1];
        plans[i].name = i % 2 == 0 ? "even" : "odd";
        plans[i].count = MOST - i;
        plans[i].arrays[i * 7].seed += 100 * i;
        plans[i].arrays[i * 5].size += 16 * i;
        plans[i].arrays[i] = plans[0].arrays[MOST - i];
    }
    for (unsigned i = 0; i < CHAIN; i++)
        files[i] = make_file(&plans[i]);
    for (unsigned i = 0; i + 1 < CHAIN; i++)
        assert_int_equal(delta_make(files[i], files[i + 1], &deltas[i]), 0);
    for (unsigned from = 0; from < CHAIN; from++)
        assert_blob(delta_file(deltas + from, CHAIN - 1 - from, files[CHAIN - 1], NULL),
                    files[from]);
    for (unsigned i = 0; i < CHAIN; i++) {
        if (i + 1 < CHAIN)
            delta_unref(deltas[i]);
        blob_unref(files[i]);
    }
}

static void test_damaged_files_are_refused_or_come_back(void **state)
{
    (void)state;
    struct plan plan = plan_of(8, 100, "plain");
    struct blob *base = make_file(&plan);
    struct delta *delta;
    for (size_t at = 0; at < base->size; at += 3) {
        struct blob *file = blob_copy(base->data, base->size);
        file->data[at] ^= 0x11;
        file->size -= at % 5;
        int error = delta_make(file, base, &delta);
        assert_true(error == 0 || error == -EBADMSG);
        assert_true(at >= MODEL_HEAD || error < 0 || (at >= 8 && at < 16));
        if (error == 0)
            assert_blob(delta_file(&delta, 1, base, NULL), file);
        delta_unref(delta);
        blob_unref(file);
    }
    struct blob *empty = blob_copy("", 0);
    assert_int_equal(delta_make(empty, base, &delta), -EBADMSG);
    assert_int_equal(delta_make(base, empty, &delta), -EBADMSG);
    assert_null(delta);
    blob_unref(empty);
    blob_unref(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_array_that_changed_is_what_is_held),
        cmocka_unit_test(test_arrays_are_found_wherever_they_are),
        cmocka_unit_test(test_what_is_different_shares_nothing_of_its_arrays),
        cmocka_unit_test(test_words_in_a_name_are_no_array),
        cmocka_unit_test(test_a_chain_of_deltas),
        cmocka_unit_test(test_damaged_files_are_refused_or_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

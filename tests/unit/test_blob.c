/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Large blobs: where their memory comes from and goes to. Small ones are in test_base.c. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/blob.h"

#define MB ((size_t)1024 * 1024)
#define PAGE 4096

static uint8_t expected(size_t at)
{
    return (uint8_t)(at * 31 >> 7);
}

/* Writes the next `size` bytes, as they come off a wire. */
static void write_more(struct blob *blob, size_t size)
{
    for (size_t i = 0; i < size; i++)
        blob->data[blob->size + i] = expected(blob->size + i);
    blob->size += size;
}

static void assert_written(const struct blob *blob)
{
    for (size_t i = 0; i < blob->size; i++) {
        if (blob->data[i] != expected(i))
            fail_msg("byte %zu of %zu", i, blob->size);
    }
}

/* How many bytes of the blob's room have memory behind them. */
static size_t resident(const struct blob *blob)
{
    uint8_t *start = blob->data - BLOB_ROOM;
    size_t pages = (BLOB_ROOM + blob->room) / PAGE, count = 0;
    unsigned char *seen = malloc(pages);
    assert_int_equal(mincore(start, pages * PAGE, seen), 0);
    for (size_t i = 0; i < pages; i++)
        count += seen[i] & 1;
    free(seen);
    return count * PAGE;
}

/* Systems before Linux 5.14 cannot be told; then nothing happens until bytes are written. */
static bool can_prepare(void)
{
    struct blob *blob = blob_new(8 * MB);
    blob_prepare(blob, MB);
    bool can = resident(blob) > 0;
    blob_unref(blob);
    return can;
}

static void test_memory_is_found_before_it_is_written(void **state)
{
    struct blob *blob = blob_new(16 * MB);
    assert_true(blob_is_fresh(blob, 1));
    assert_int_equal(resident(blob), 0);
    blob_expect(blob, MB);
    assert_false(blob_is_fresh(blob, MB));
    assert_true(blob_is_fresh(blob, 2 * MB));
    write_more(blob, MB);
    blob_prepare(blob, 5 * MB);
    assert_false(blob_is_fresh(blob, 5 * MB));
    if (can_prepare())
        assert_in_range(resident(blob), 5 * MB, 6 * MB);
    /* Beyond its end there is nothing to be found. */
    blob_expect(blob, 16 * MB);
    assert_true(blob_is_fresh(blob, 16 * MB));
    blob_prepare(blob, 100 * MB);
    assert_false(blob_is_fresh(blob, 16 * MB));
    write_more(blob, 15 * MB);
    assert_written(blob);
    blob_unref(blob);
}

static void test_all_of_it_at_once(void **state)
{
    struct blob *blob = blob_new(9 * MB + 5);
    blob_prepare_all(blob);
    assert_false(blob_is_fresh(blob, blob->room));
    if (can_prepare())
        assert_in_range(resident(blob), 9 * MB, 10 * MB);
    write_more(blob, blob->room);
    blob_prepare_all(blob);
    assert_written(blob);
    blob_unref(blob);
}

static void *prepare_it(void *arg)
{
    struct blob *blob = arg;
    blob_prepare(blob, blob->room);
    blob_unref(blob);
    return NULL;
}

static void test_written_while_it_is_prepared(void **state)
{
    for (unsigned round = 0; round < 8; round++) {
        pthread_t thread;
        struct blob *blob = blob_new(12 * MB);
        write_more(blob, 100 + round);
        assert_int_equal(pthread_create(&thread, NULL, prepare_it, blob_ref(blob)), 0);
        while (blob->size < blob->room) {
            size_t left = blob->room - blob->size;
            size_t size = left < 300000 ? left : 300000;
            blob_expect(blob, size);
            write_more(blob, size);
        }
        pthread_join(thread, NULL);
        assert_written(blob);
        blob_unref(blob);
    }
}

static void test_small_blobs_are_never_fresh(void **state)
{
    struct blob *blob = blob_new(100);
    assert_false(blob_is_fresh(blob, 100));
    blob_expect(blob, 100);
    blob_prepare(blob, 100);
    blob_prepare_all(blob);
    blob_unref(blob);
}

static void test_spares_come_with_their_memory(void **state)
{
    struct spares *spares = spares_new(64 * MB);
    struct blob *blob = blob_new_from(spares, 8 * MB);
    assert_true(blob_is_fresh(blob, 1));
    write_more(blob, 6 * MB);
    blob_unref(blob);
    assert_true(spares_bytes(spares) >= 8 * MB);
    /* The same block: what was written before, and no more, has memory. */
    blob = blob_new_from(spares, 8 * MB);
    assert_int_equal(spares_bytes(spares), 0);
    assert_false(blob_is_fresh(blob, 5 * MB));
    assert_true(blob_is_fresh(blob, 7 * MB));
    write_more(blob, 8 * MB);
    blob_unref(blob);
    /* For a longer one it is made longer. */
    blob = blob_new_from(spares, 20 * MB);
    assert_int_equal(spares_bytes(spares), 0);
    assert_false(blob_is_fresh(blob, 7 * MB));
    assert_true(blob_is_fresh(blob, 20 * MB));
    blob_prepare_all(blob);
    assert_false(blob_is_fresh(blob, 20 * MB));
    write_more(blob, 20 * MB);
    assert_written(blob);
    blob_unref(blob);
    /* And for a much shorter one shorter. */
    blob = blob_new_from(spares, 5 * MB);
    assert_true(blob->mapped < 8 * MB);
    assert_false(blob_is_fresh(blob, 5 * MB));
    blob_unref(blob);
    spares_unref(spares);
}

static void test_spares_have_a_limit_and_an_end(void **state)
{
    struct spares *spares = spares_new(10 * MB);
    struct blob *a = blob_new_from(spares, 6 * MB), *b = blob_new_from(spares, 6 * MB);
    blob_unref(a);
    blob_unref(b);
    assert_in_range(spares_bytes(spares), 6 * MB, 10 * MB);
    assert_true(spares_age(spares, 1));
    spares_release(spares);
    assert_in_range(spares_bytes(spares), 6 * MB, 10 * MB);
    assert_true(spares_age(spares, 1));
    assert_int_equal(spares_bytes(spares), 0);
    spares_release(spares);
    assert_false(spares_age(spares, 1));
    spares_unref(spares);
}

static void test_large_blobs_grow(void **state)
{
    struct blob *blob = blob_new(3 * MB);
    write_more(blob, 3 * MB);
    for (size_t room = 5 * MB; room < 40 * MB; room += 7 * MB) {
        assert_int_equal(blob_grow(blob, room), 0);
        assert_true(blob->room >= room);
        write_more(blob, room - blob->size);
    }
    assert_written(blob);
    blob_unref(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_found_before_it_is_written),
        cmocka_unit_test(test_all_of_it_at_once),
        cmocka_unit_test(test_written_while_it_is_prepared),
        cmocka_unit_test(test_small_blobs_are_never_fresh),
        cmocka_unit_test(test_spares_come_with_their_memory),
        cmocka_unit_test(test_spares_have_a_limit_and_an_end),
        cmocka_unit_test(test_large_blobs_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Large blobs: how their memory is allocated, reused and freed. Small ones are in test_base.c. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/block_cache.h"

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

/* Resident bytes of the blob's room. */
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

/* Systems before Linux 5.14 cannot prefault on request: pages fault when they are written. */
static bool can_prefault(void)
{
    struct blob *blob = blob_new(8 * MB);
    blob_prefault(blob, MB, BLOCK_PAGES_SMALL);
    bool can = resident(blob) > 0;
    blob_unref(blob);
    return can;
}

static void test_memory_is_prefaulted_before_it_is_written(void **state)
{
    struct blob *blob = blob_new(16 * MB);
    assert_true(blob_ready(blob) < 1);
    assert_int_equal(resident(blob), 0);
    blob_prefault(blob, MB, BLOCK_PAGES_SMALL);
    assert_true(blob_ready(blob) >= MB);
    assert_true(blob_ready(blob) < 2 * MB);
    write_more(blob, MB);
    blob_prefault(blob, 5 * MB, BLOCK_PAGES_SMALL);
    assert_true(blob_ready(blob) >= 5 * MB);
    if (can_prefault())
        assert_in_range(resident(blob), 5 * MB, 6 * MB);
    assert_true(blob_ready(blob) < 16 * MB);
    /* Beyond its end there is nothing to prefault. */
    blob_prefault(blob, 100 * MB, BLOCK_PAGES_SMALL);
    assert_true(blob_ready(blob) >= 16 * MB);
    write_more(blob, 15 * MB);
    assert_written(blob);
    blob_unref(blob);
}

static void test_all_of_it_at_once_in_large_pages(void **state)
{
    struct blob *blob = blob_new(9 * MB + 5);
    blob_prefault(blob, blob->room, BLOCK_PAGES_LARGE);
    assert_true(blob_ready(blob) >= blob->room);
    if (can_prefault())
        assert_in_range(resident(blob), 9 * MB, 10 * MB);
    write_more(blob, blob->room);
    blob_prefault(blob, blob->room, BLOCK_PAGES_LARGE);
    assert_written(blob);
    blob_unref(blob);
}

static void *prefault_it(void *arg)
{
    struct blob *blob = arg;
    blob_prefault(blob, blob->room, BLOCK_PAGES_SMALL);
    blob_unref(blob);
    return NULL;
}

static void test_written_while_it_is_prefaulted(void **state)
{
    for (unsigned round = 0; round < 8; round++) {
        pthread_t thread;
        struct blob *blob = blob_new(12 * MB);
        write_more(blob, 100 + round);
        assert_int_equal(pthread_create(&thread, NULL, prefault_it, blob_ref(blob)), 0);
        while (blob->size < blob->room) {
            size_t left = blob->room - blob->size;
            size_t size = left < 300000 ? left : 300000;
            blob_prefault(blob, blob->size + size, BLOCK_PAGES_SMALL);
            write_more(blob, size);
        }
        pthread_join(thread, NULL);
        assert_written(blob);
        blob_unref(blob);
    }
}

static void test_small_blobs_need_no_prefaulting(void **state)
{
    struct blob *blob = blob_new(100);
    assert_true(blob_ready(blob) >= 100);
    blob_prefault(blob, 100, BLOCK_PAGES_SMALL);
    blob_prefault(blob, blob->room, BLOCK_PAGES_LARGE);
    blob_unref(blob);
}

static void test_cached_blocks_keep_their_memory(void **state)
{
    struct block_cache *cache = block_cache_new(64 * MB);
    struct blob *blob = blob_new_from(cache, 8 * MB);
    assert_true(blob_ready(blob) < 1);
    write_more(blob, 6 * MB);
    blob_unref(blob);
    assert_true(block_cache_bytes(cache) >= 8 * MB);
    /* The same block: what was written before, and no more, has memory. */
    blob = blob_new_from(cache, 8 * MB);
    assert_int_equal(block_cache_bytes(cache), 0);
    assert_true(blob_ready(blob) >= 5 * MB);
    assert_true(blob_ready(blob) < 7 * MB);
    write_more(blob, 8 * MB);
    blob_unref(blob);
    /* For a longer one it is made longer. */
    blob = blob_new_from(cache, 20 * MB);
    assert_int_equal(block_cache_bytes(cache), 0);
    assert_true(blob_ready(blob) >= 7 * MB);
    assert_true(blob_ready(blob) < 20 * MB);
    blob_prefault(blob, blob->room, BLOCK_PAGES_LARGE);
    assert_true(blob_ready(blob) >= 20 * MB);
    write_more(blob, 20 * MB);
    assert_written(blob);
    blob_unref(blob);
    /* And for a much shorter one shorter. */
    blob = blob_new_from(cache, 5 * MB);
    assert_true(blob->block.mapped < 8 * MB);
    assert_true(blob_ready(blob) >= 5 * MB);
    blob_unref(blob);
    block_cache_unref(cache);
}

/* Splits the blob's block into two mappings, as large pages in part of it do: mremap does not
 * make such a block longer. */
static void split_mapping(struct blob *blob)
{
    uint8_t *start = blob->data - BLOB_ROOM;
    assert_int_equal(madvise(start + blob->block.mapped / 2, blob->block.mapped / 2, MADV_DONTFORK),
                     0);
    void *moved = mremap(start, blob->block.mapped, 2 * blob->block.mapped, MREMAP_MAYMOVE);
    assert_ptr_equal(moved, MAP_FAILED);
}

static void test_blocks_that_cannot_be_made_longer_are_replaced(void **state)
{
    struct block_cache *cache = block_cache_new(64 * MB);
    struct blob *blob = blob_new_from(cache, 8 * MB);
    split_mapping(blob);
    blob_unref(blob);
    assert_true(block_cache_bytes(cache) >= 8 * MB);
    blob = blob_new_from(cache, 20 * MB);
    assert_non_null(blob);
    /* The old one is cached for a message that fits into it. */
    assert_true(block_cache_bytes(cache) >= 8 * MB);
    write_more(blob, 20 * MB);
    assert_written(blob);
    blob_unref(blob);
    block_cache_unref(cache);
}

static void grow_split(struct block_cache *cache)
{
    struct blob *blob = blob_new_from(cache, 8 * MB);
    write_more(blob, 8 * MB - 100);
    split_mapping(blob);
    assert_int_equal(blob_grow(blob, 20 * MB), 0);
    assert_true(blob->room >= 20 * MB);
    write_more(blob, blob->room - blob->size);
    assert_written(blob);
    blob_unref(blob);
}

static void test_blobs_grow_whose_blocks_cannot_be_made_longer(void **state)
{
    struct block_cache *cache = block_cache_new(64 * MB);
    grow_split(cache);
    grow_split(NULL);
    block_cache_unref(cache);
}

/* The address space that this process may use, its whole size now and `more` bytes. */
static void limit_address_space(size_t more, struct rlimit *before)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
    struct rlimit limit = { .rlim_cur = pages * 4096 + more, .rlim_max = before->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void test_the_cache_gives_way_when_memory_is_short(void **state)
{
    struct block_cache *cache = block_cache_new(64 * MB);
    struct block kept = { 0 }, block = { 0 };
    struct rlimit before;
    assert_int_equal(block_resize(cache, &kept, 32 * MB, 0), 0);
    assert_int_equal(block_resize(cache, &block, 8 * MB, 0), 0);
    block_free(cache, &kept, 0);
    limit_address_space(4 * MB, &before);
    int alone = block_resize(NULL, &block, 24 * MB, 0);
    int with_cache = block_resize(cache, &block, 24 * MB, 0);
    setrlimit(RLIMIT_AS, &before);
    assert_int_equal(alone, -ENOMEM);
    assert_int_equal(with_cache, 0);
    assert_int_equal(block.mapped, 24 * MB);
    /* The block that was too short is cached now. */
    assert_int_equal(block_cache_bytes(cache), 8 * MB);
    block_free(cache, &block, 0);
    block_cache_unref(cache);
}

static void test_the_cache_has_a_limit_and_forgets(void **state)
{
    struct block_cache *cache = block_cache_new(10 * MB);
    struct blob *a = blob_new_from(cache, 6 * MB), *b = blob_new_from(cache, 6 * MB);
    blob_unref(a);
    blob_unref(b);
    assert_in_range(block_cache_bytes(cache), 6 * MB, 10 * MB);
    assert_true(block_cache_age(cache, 1));
    block_cache_release(cache);
    assert_in_range(block_cache_bytes(cache), 6 * MB, 10 * MB);
    assert_true(block_cache_age(cache, 1));
    assert_int_equal(block_cache_bytes(cache), 0);
    block_cache_release(cache);
    assert_false(block_cache_age(cache, 1));
    block_cache_unref(cache);
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
        cmocka_unit_test(test_memory_is_prefaulted_before_it_is_written),
        cmocka_unit_test(test_all_of_it_at_once_in_large_pages),
        cmocka_unit_test(test_written_while_it_is_prefaulted),
        cmocka_unit_test(test_small_blobs_need_no_prefaulting),
        cmocka_unit_test(test_cached_blocks_keep_their_memory),
        cmocka_unit_test(test_blocks_that_cannot_be_made_longer_are_replaced),
        cmocka_unit_test(test_blobs_grow_whose_blocks_cannot_be_made_longer),
        cmocka_unit_test(test_the_cache_gives_way_when_memory_is_short),
        cmocka_unit_test(test_the_cache_has_a_limit_and_forgets),
        cmocka_unit_test(test_large_blobs_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

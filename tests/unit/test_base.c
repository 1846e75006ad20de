/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/weak_pointer.h"

static void test_blob_grows_and_keeps_bytes(void **state)
{
    struct blob *blob = blob_new(0);
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)i;
        assert_int_equal(blob_append(blob, &byte, 1), 0);
    }
    assert_int_equal(blob->size, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(blob->data[i], (uint8_t)i);
    memset(blob->data - BLOB_ROOM, 0xff, BLOB_ROOM);
    assert_int_equal(blob->data[0], 0);
    assert_ptr_equal(blob_ref(blob), blob);
    blob_unref(blob);
    assert_int_equal(blob->size, 10000);
    blob_unref(blob);
}

static void test_blob_refuses_sizes_that_overflow(void **state)
{
    assert_null(blob_new(SIZE_MAX));
    struct blob *blob = blob_copy("abc", 3);
    assert_int_equal(blob_grow(blob, SIZE_MAX / 2), -ENOMEM);
    assert_memory_equal(blob->data, "abc", 3);
    blob_unref(blob);
}

static void test_list_survives_double_removal(void **state)
{
    struct list head, a, b;
    list_init(&head);
    list_append(&head, &a);
    list_prepend(&head, &b);
    assert_ptr_equal(head.next, &b);
    list_remove(&b);
    list_remove(&b);
    assert_ptr_equal(head.next, &a);
    list_remove(&a);
    assert_true(list_empty(&head));
}

static void test_weak_outlives_its_target(void **state)
{
    int target;
    struct weak_pointer *weak = weak_pointer_new(&target);
    struct weak_pointer *held = weak_pointer_ref(weak);
    assert_ptr_equal(weak_pointer_get(held), &target);
    weak_pointer_clear(weak);
    weak_pointer_unref(weak);
    assert_null(weak_pointer_get(held));
    weak_pointer_unref(held);
}

static void test_json_strings_are_escaped(void **state)
{
    struct text text = { 0 };
    text_add_json(&text, "a\"b\\c\n</script>\xc3\xa4\xff", 18);
    assert_string_equal(text_string(&text), "\"a\\\"b\\\\c\\u000a\\u003c/script>\xc3\xa4\\ufffd\"");
    text_free(&text);
    text_add_json(&text, "", 0);
    assert_string_equal(text_string(&text), "\"\"");
    text_free(&text);
}

static void test_utf8_follows_rfc_3629(void **state)
{
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        { "plain", true },
        { "\xc3\xa4", true },
        { "\xe2\x82\xac", true },
        { "\xf0\x9f\x98\x80", true },
        { "\xf4\x8f\xbf\xbf", true },
        { "\xf4\x90\x80\x80", false },
        { "\xc0\x80", false },
        { "\xc1\xbf", false },
        { "\xe0\x80\x80", false },
        { "\xed\xa0\x80", false },
        { "\xed\x9f\xbf", true },
        { "\xf0\x80\x80\x80", false },
        { "\x80", false },
        { "\xc3", false },
        { "\xff", false },
        { "\xe2\x82", false },
        { "a\xe2\x28\xa1", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = strlen(cases[i].bytes);
        assert_int_equal(utf8_valid((const uint8_t *)cases[i].bytes, n), cases[i].valid);
        /* The same behind a long run of ASCII, cut at every place. */
        uint8_t text[200];
        memset(text, 'x', sizeof(text));
        memcpy(text + 90, cases[i].bytes, n);
        for (size_t cut = 0; cut <= 90 + n; cut++) {
            struct utf8 utf8 = { 0 };
            bool valid = utf8_feed(&utf8, text, cut) &&
                         utf8_feed(&utf8, text + cut, 90 + n - cut) && utf8_done(&utf8);
            assert_int_equal(valid, cases[i].valid);
        }
    }
}

static size_t log_to_pipe(struct log *log, char *out, size_t size, const char *message)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    log->fd = fds[1];
    log_info(log, "test", "%s", message);
    close(fds[1]);
    ssize_t n = read(fds[0], out, size - 1);
    close(fds[0]);
    out[n < 0 ? 0 : n] = '\0';
    return (size_t)n;
}

static void test_log_lines_cannot_be_forged(void **state)
{
    char out[8192];
    struct log log = { .level = LOG_INFO };
    log_to_pipe(&log, out, sizeof(out), "a\nb\x1b[2J\xff\xc3\xa4");
    assert_string_equal(out, "info: test: a\\x0ab\\x1b[2J\\xff\xc3\xa4\n");
    log.json = true;
    log_to_pipe(&log, out, sizeof(out), "a\nb\"");
    assert_non_null(strstr(out, "\"message\":\"a\\u000ab\\\"\"}\n"));
}

static void test_log_does_not_wait_for_a_reader(void **state)
{
    int ends[2];
    char piece[8192] = { 0 };
    assert_int_equal(pipe(ends), 0);
    struct log log = { .fd = ends[1], .level = LOG_INFO };
    memset(piece, 'x', 1000);
    /* More than a pipe holds. */
    for (int i = 0; i < 2000; i++)
        log_info(&log, "test", "%s", piece);
    assert_true(read(ends[0], piece, sizeof(piece)) == sizeof(piece));
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while (read(ends[0], piece, sizeof(piece)) > 0)
        continue;
    log_info(&log, "test", "back");
    ssize_t n = read(ends[0], piece, sizeof(piece) - 1);
    assert_true(n > 0);
    piece[n] = '\0';
    assert_string_equal(piece, "info: test: back\n");
    close(ends[0]);
    close(ends[1]);
}

static void test_log_leaves_out_what_is_not_wanted(void **state)
{
    char out[64];
    struct log log = { .level = LOG_WARNING };
    assert_int_equal(log_to_pipe(&log, out, sizeof(out), "quiet"), 0);
    log_info(NULL, "test", "no log, no crash");
}

static void test_error_text_names_errors(void **state)
{
    char buf[64];
    assert_string_equal(error_text(-ENOENT, buf, sizeof(buf)), "No such file or directory");
    assert_string_equal(error_text(-100000, buf, sizeof(buf)), "error -100000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blob_grows_and_keeps_bytes),
        cmocka_unit_test(test_blob_refuses_sizes_that_overflow),
        cmocka_unit_test(test_list_survives_double_removal),
        cmocka_unit_test(test_weak_outlives_its_target),
        cmocka_unit_test(test_json_strings_are_escaped),
        cmocka_unit_test(test_utf8_follows_rfc_3629),
        cmocka_unit_test(test_log_lines_cannot_be_forged),
        cmocka_unit_test(test_log_does_not_wait_for_a_reader),
        cmocka_unit_test(test_log_leaves_out_what_is_not_wanted),
        cmocka_unit_test(test_error_text_names_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

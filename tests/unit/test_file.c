/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"

struct place {
    char folder[64];
    char one[80];
    char two[80];
};

static int make_place(void **state)
{
    static struct place place;
    snprintf(place.folder, sizeof(place.folder), "/tmp/cadcast-file-XXXXXX");
    if (mkdtemp(place.folder) == NULL)
        return -1;
    snprintf(place.one, sizeof(place.one), "%s/one", place.folder);
    snprintf(place.two, sizeof(place.two), "%s/two", place.folder);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->one);
    unlink(place->two);
    return rmdir(place->folder);
}

static void test_numbers_are_written_least_byte_first(void **state)
{
    uint8_t bytes[9] = { 0 };
    bytes_put(bytes, UINT64_C(0x0102030405060708), 8);
    assert_memory_equal(bytes, "\x08\x07\x06\x05\x04\x03\x02\x01\x00", 9);
    assert_int_equal(bytes_get(bytes, 8), UINT64_C(0x0102030405060708));
    bytes_put(bytes, UINT64_C(0xaabbccdd11223344), 4);
    assert_memory_equal(bytes, "\x44\x33\x22\x11\x04\x03\x02\x01\x00", 9);
    assert_int_equal(bytes_get(bytes, 4), 0x11223344);
    assert_int_equal(bytes_get(bytes, 1), 0x44);
}

static void test_all_bytes_are_written_and_read(void **state)
{
    struct place *place = *state;
    struct text text = { 0 };
    char *bytes = malloc(100000);
    for (int i = 0; i < 100000; i++)
        bytes[i] = (char)(i * 7);
    int fd = open(place->one, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(file_write(fd, bytes, 100000), 0);
    lseek(fd, 10, SEEK_SET);
    assert_int_equal(file_read_rest(fd, 100000, &text), 0);
    assert_int_equal(text.size, 99990);
    assert_memory_equal(text.data, bytes + 10, text.size);
    text_free(&text);
    lseek(fd, 0, SEEK_SET);
    assert_int_equal(file_read_rest(fd, 99999, &text), -EFBIG);
    text_free(&text);
    close(fd);
    assert_int_equal(file_write(fd, bytes, 1), -EBADF);
    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(file_write(fd, bytes, 1), -ENOSPC);
    close(fd);
    free(bytes);
}

static void test_a_file_is_the_same_under_another_name(void **state)
{
    struct place *place = *state;
    struct stat one, two;
    assert_int_equal(file_replace(place->one, "1", 1, 0), 0);
    int fd = open(place->one, O_RDONLY | O_CLOEXEC);
    assert_true(file_is_at(fd, place->one));
    assert_false(file_is_at(fd, place->two));
    assert_int_equal(link(place->one, place->two), 0);
    assert_true(file_is_at(fd, place->two));
    assert_true(stat(place->one, &one) == 0 && stat(place->two, &two) == 0);
    assert_true(file_same(&one, &two));
    /* Another file of the same contents is another file. */
    assert_int_equal(file_replace(place->one, "1", 1, 0), 0);
    assert_false(file_is_at(fd, place->one));
    assert_int_equal(stat(place->one, &one), 0);
    assert_false(file_same(&one, &two));
    close(fd);
    assert_false(file_is_at(fd, place->two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_written_least_byte_first),
        cmocka_unit_test_setup_teardown(test_all_bytes_are_written_and_read, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_a_file_is_the_same_under_another_name, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "server/screenshot.h"

/* One grey pixel. */
static const char pixel[] = "data:image/png;base64,"
                            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAA"
                            "ggCB2kUIOwAAAABJRU5ErkJggg==";

struct place {
    char folder[64];
    char path[PATH_MAX];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    strcpy(place->folder, "/tmp/cadcast-shot-XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/shot.png", place->folder);
    *state = place;
    return 0;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(dir);
    return count;
}

static int drop_place(void **state)
{
    struct place *place = *state;
    chmod(place->folder, 0700);
    DIR *dir = opendir(place->folder);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", place->folder, entry->d_name);
        if (unlink(path) < 0)
            rmdir(path);
    }
    closedir(dir);
    rmdir(place->folder);
    free(place);
    return 0;
}

static int write_to(const char *path, const char *url, struct text *message)
{
    message->size = 0;
    return screenshot_write(path, url, strlen(url), message);
}

static void test_writes_the_picture_and_nothing_else(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    struct text file = { 0 };
    assert_int_equal(write_to(place->path, pixel, &message), 0);
    assert_int_equal(message.size, 0);
    assert_int_equal(file_read(place->path, 1000, &file, NULL), 0);
    assert_int_equal(file.size, 67);
    assert_memory_equal(file.data, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(entries(place->folder), 1);
    text_free(&file);
    text_free(&message);
}

static void test_replaces_a_file_and_the_longest_name(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    struct stat st;
    FILE *old = fopen(place->path, "w");
    fputs("old", old);
    fclose(old);
    assert_int_equal(write_to(place->path, pixel, &message), 0);
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_size, 67);

    char longest[PATH_MAX];
    snprintf(longest, sizeof(longest), "%s/%0255d", place->folder, 1);
    assert_int_equal(write_to(longest, pixel, &message), 0);
    assert_int_equal(entries(place->folder), 2);
    text_free(&message);
}

static void test_refuses_what_is_not_a_whole_png(void **state)
{
    struct place *place = *state;
    char cut[sizeof(pixel)];
    char wrong_crc[sizeof(pixel)];
    strcpy(cut, pixel);
    cut[strlen(cut) - 8] = '\0';
    strcpy(wrong_crc, pixel);
    wrong_crc[22 + 26] = 'B';
    const char *const urls[] = {
        "",
        "data:",
        "data:image/png;base64,",
        "data:image/jpeg;base64,AAAA",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,aGVsbG8=",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/png,abc",
        cut,
        wrong_crc,
        /* A PNG of no width, its check sum right. */
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAAAAAABCAAAAADVvPBrAAAACklEQVR42mNo"
        "AAAAggCB2kUIOwAAAABJRU5ErkJggg==",
    };
    struct text message = { 0 };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        assert_int_equal(write_to(place->path, urls[i], &message), -EBADMSG);
        assert_true(message.size > 0);
    }
    assert_int_equal(entries(place->folder), 0);
    text_free(&message);
}

static void test_refuses_bad_names(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    char too_long[PATH_MAX + 10];
    memset(too_long, 'a', sizeof(too_long));
    too_long[0] = '/';
    too_long[sizeof(too_long) - 1] = '\0';
    const char *const names[] = { "",      "shot.png", "./shot.png", "/",
                                  "/tmp/", "/tmp/.",   "/tmp/..",    too_long };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(write_to(names[i], pixel, &message), -EINVAL);
        assert_true(message.size > 0);
    }
    assert_int_equal(screenshot_check_name("/tmp/a\0b", 8, &message), -EINVAL);
    assert_int_equal(screenshot_check_name("/tmp/..png", 10, &message), 0);
    assert_int_equal(access("shot.png", F_OK), -1);
    assert_int_equal(entries(place->folder), 0);
    text_free(&message);
}

static void test_leaves_alone_what_is_not_a_file(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    char link[PATH_MAX];
    snprintf(link, sizeof(link), "%s/link", place->folder);
    assert_int_equal(mkdir(place->path, 0700), 0);
    assert_int_equal(write_to(place->path, pixel, &message), -EISDIR);
    assert_non_null(strstr(text_string(&message), "shot.png"));
    rmdir(place->path);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(write_to(place->path, pixel, &message), -ENODEV);
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_int_equal(write_to(link, pixel, &message), -ENODEV);
    assert_int_equal(entries(place->folder), 2);
    assert_int_equal(write_to("/nonexistent/shot.png", pixel, &message), -ENOENT);
    text_free(&message);
}

/* The file behind a link is not what was asked for. */
static void test_does_not_write_through_a_link(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    struct text file = { 0 };
    struct stat st;
    char other[PATH_MAX];
    snprintf(other, sizeof(other), "%s/other", place->folder);
    FILE *old = fopen(other, "w");
    fputs("precious", old);
    fclose(old);
    assert_int_equal(symlink(other, place->path), 0);
    assert_int_equal(write_to(place->path, pixel, &message), 0);
    assert_int_equal(lstat(place->path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(file_read(other, 1000, &file, NULL), 0);
    assert_string_equal(file.data, "precious");
    text_free(&file);
    text_free(&message);
}

static void test_leaves_nothing_where_it_cannot_write(void **state)
{
    struct place *place = *state;
    struct text message = { 0 };
    if (geteuid() == 0) {
        /* Root writes anywhere; what is no folder fails for all users. */
        assert_int_equal(write_to("/proc/self/shot.png", pixel, &message), -ENOENT);
    } else {
        chmod(place->folder, 0500);
        assert_int_equal(write_to(place->path, pixel, &message), -EACCES);
        assert_int_equal(entries(place->folder), 0);
    }
    assert_true(message.size > 0);
    text_free(&message);
}

static void test_reads_only_files(void **state)
{
    struct place *place = *state;
    struct text file = { 0 };
    assert_int_equal(file_read(place->folder, 100, &file, NULL), -EINVAL);
    assert_int_equal(file_read(place->path, 100, &file, NULL), -ENOENT);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(file_read(place->path, 100, &file, NULL), -EINVAL);
    unlink(place->path);
    assert_int_equal(file_replace(place->path, "0123456789", 10, FILE_SYNC), 0);
    assert_int_equal(file_read(place->path, 9, &file, NULL), -EFBIG);
    assert_int_equal(file_read("/dev/zero", 100, &file, NULL), -EINVAL);
    text_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_writes_the_picture_and_nothing_else, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_replaces_a_file_and_the_longest_name, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_not_a_whole_png, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_refuses_bad_names, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_leaves_alone_what_is_not_a_file, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_does_not_write_through_a_link, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_leaves_nothing_where_it_cannot_write, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_reads_only_files, make_place, drop_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

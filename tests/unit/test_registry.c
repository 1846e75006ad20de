/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "process/registry.h"

#define WRITERS 8
#define ROUNDS 5

struct home {
    char folder[64];
    char file[128];
    char lock[128];
    char backup[128];
};

static int make_home(void **state)
{
    struct home *home = calloc(1, sizeof(*home));
    strcpy(home->folder, "/tmp/cadcast-registry-XXXXXX");
    if (mkdtemp(home->folder) == NULL)
        return -1;
    snprintf(home->file, sizeof(home->file), "%s/.ocpvscode", home->folder);
    snprintf(home->lock, sizeof(home->lock), "%s/.ocpvscode.lock", home->folder);
    snprintf(home->backup, sizeof(home->backup), "%s/.ocpvscode.bak", home->folder);
    *state = home;
    return 0;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static int drop_home(void **state)
{
    struct home *home = *state;
    chmod(home->folder, 0700);
    DIR *dir = opendir(home->folder);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", home->folder, entry->d_name);
        if (unlink(path) < 0)
            rmdir(path);
    }
    closedir(dir);
    rmdir(home->folder);
    free(home);
    return 0;
}

static void write_file(const char *path, const char *contents)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(contents, file);
    fclose(file);
}

static void assert_file(const char *path, const char *contents)
{
    struct text text = { 0 };
    assert_int_equal(file_read(path, 10000, &text, NULL), 0);
    assert_string_equal(text_string(&text), contents);
    text_free(&text);
}

static struct registry registry_of(const struct home *home)
{
    return (struct registry){ .home = home->folder };
}

static void test_adds_and_removes_its_port(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_file(home->file, "{\n  \"version\": 2,\n  \"services\": {\n    \"3939\": \"\"\n  }\n}");
    assert_int_equal(registry_add(&registry, 4000), 0);
    assert_int_equal(registry_remove(&registry, 3939), 0);
    assert_file(home->file, "{\n  \"version\": 2,\n  \"services\": {\n    \"4000\": \"\"\n  }\n}");
    assert_int_equal(registry_remove(&registry, 4000), 0);
    assert_file(home->file, "{\n  \"version\": 2,\n  \"services\": {}\n}");
    assert_int_equal(entries(home->folder), 1);
}

static void test_removing_makes_no_file(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    assert_int_equal(registry_remove(&registry, 3939), 0);
    assert_int_equal(entries(home->folder), 0);
}

static void test_leaves_everything_else_as_it_was(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    const char *before = "{\n  \"zeta\": [1, 2.5, null, true],\n  \"services\": {\n"
                         "    \"5000\": \"/run/kernel.json\",\n    \"x\": {\"a\": 1}\n  },\n"
                         "  \"version\": 7,\n  \"name\": \"\\u00e4\"\n}";
    write_file(home->file, before);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(registry_remove(&registry, 3939), 0);
    struct text text = { 0 };
    assert_int_equal(file_read(home->file, 10000, &text, NULL), 0);
    json_t *old = json_loads(before, 0, NULL);
    json_t *new = json_loads(text_string(&text), 0, NULL);
    assert_true(json_equal(old, new));
    /* The order too: people read this file. */
    assert_string_equal(json_object_iter_key(json_object_iter(new)), "zeta");
    json_decref(old);
    json_decref(new);
    text_free(&text);
    assert_int_equal(entries(home->folder), 1);
}

static void test_a_port_of_a_dead_kernel_is_taken_over(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    write_file(home->file, "{\"version\":2,\"services\":{\"3939\":\"/gone.json\"}}");
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_file(home->file, "{\n  \"version\": 2,\n  \"services\": {\n    \"3939\": \"\"\n  }\n}");
}

static void test_junk_is_kept_aside_once(void **state)
{
    static const char *const junk[] = {
        "garbage",
        "[]",
        "null",
        "3",
        "\"text\"",
        "{\"version\":2",
        "{\"services\":[1]}",
        "{\"services\":\"x\"}",
        "{\"services\":3}",
        "{}}",
        "\xff\xfe",
    };
    struct home *home = *state;
    struct registry registry = registry_of(home);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        write_file(home->file, junk[i]);
        /* What does not hold our port is nothing to us when we end. */
        assert_int_equal(registry_remove(&registry, 3939), 0);
        assert_file(home->file, junk[i]);
        assert_int_equal(registry_add(&registry, 3939), 0);
        struct text text = { 0 };
        assert_int_equal(file_read(home->file, 10000, &text, NULL), 0);
        assert_non_null(strstr(text_string(&text), "\"services\": {\n    \"3939\": \"\"\n  }"));
        text_free(&text);
        assert_file(home->backup, junk[0]);
    }
    assert_int_equal(entries(home->folder), 2);
}

static void test_what_is_merely_empty_is_no_junk(void **state)
{
    static const char *const empty[] = { "", " \n\t", "{}", "{\"services\":null}",
                                         "{\"version\":2}" };
    struct home *home = *state;
    struct registry registry = registry_of(home);
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        write_file(home->file, empty[i]);
        assert_int_equal(registry_add(&registry, 3939), 0);
        struct text text = { 0 };
        assert_int_equal(file_read(home->file, 10000, &text, NULL), 0);
        assert_non_null(strstr(text_string(&text), "\"3939\": \"\""));
        text_free(&text);
        assert_int_equal(access(home->backup, F_OK), -1);
    }
}

static void test_keeps_mode_and_follows_links(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    char real[160];
    struct stat st;
    snprintf(real, sizeof(real), "%s/real", home->folder);
    write_file(real, "{}");
    chmod(real, 0640);
    assert_int_equal(symlink("real", home->file), 0);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(lstat(home->file, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(real, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_true(st.st_size > 10);

    /* One that leads nowhere yet. */
    unlink(real);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(lstat(home->file, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(real, &st), 0);
    assert_true(st.st_size > 10);
}

static void test_what_is_not_a_file_stays(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    assert_int_equal(mkdir(home->file, 0700), 0);
    assert_int_equal(registry_add(&registry, 3939), -EINVAL);
    assert_int_equal(rmdir(home->file), 0);
    assert_int_equal(mkfifo(home->file, 0600), 0);
    assert_int_equal(registry_add(&registry, 3939), -EINVAL);
    assert_int_equal(entries(home->folder), 1);
}

static void test_missing_and_read_only_homes_cost_a_line(void **state)
{
    struct home *home = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct log log = { .fd = ends[1], .level = LOG_WARNING };
    struct registry registry = { .home = "/nonexistent", .log = &log };
    assert_int_equal(registry_add(&registry, 3939), -ENOENT);
    char line[500] = "";
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_non_null(strstr(line, "port 3939 could not be added to /nonexistent/.ocpvscode"));
    registry.home = NULL;
    assert_int_equal(registry_add(&registry, 3939), 0);
    if (geteuid() != 0) {
        chmod(home->folder, 0500);
        registry.home = home->folder;
        assert_int_equal(registry_add(&registry, 3939), -EACCES);
        assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    } else {
        registry.home = "/proc";
        assert_true(registry_add(&registry, 3939) < 0);
    }
    close(ends[0]);
    close(ends[1]);
}

static void age(const char *path, time_t seconds)
{
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_a_stale_lock_is_removed(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    registry.patience = 1000;
    assert_int_equal(mkdir(home->lock, 0700), 0);
    age(home->lock, 6);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(entries(home->folder), 1);
}

static void test_a_stale_lock_that_is_no_folder_is_set_aside(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    registry.patience = 1000;
    write_file(home->lock, "mine");
    age(home->lock, 6);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(access(home->lock, F_OK), -1);
    assert_int_equal(access(home->file, F_OK), 0);
    assert_int_equal(entries(home->folder), 2);
}

static void test_waiting_for_a_live_lock_ends(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    registry.patience = 250;
    assert_int_equal(mkdir(home->lock, 0700), 0);
    assert_int_equal(registry_add(&registry, 3939), -ETIMEDOUT);
    assert_int_equal(access(home->file, F_OK), -1);
    assert_int_equal(access(home->lock, F_OK), 0);
}

/* A clock that was set back makes a lock come from the future. */
static void test_a_lock_from_the_future_does_not_last(void **state)
{
    struct home *home = *state;
    struct registry registry = registry_of(home);
    assert_int_equal(mkdir(home->lock, 0700), 0);
    age(home->lock, -86400);
    assert_int_equal(registry_add(&registry, 3939), 0);
    assert_int_equal(entries(home->folder), 1);
}

static void write_ports(const struct home *home, int writer)
{
    struct registry registry = { .home = home->folder, .patience = 60000 };
    int failures = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint16_t port = (uint16_t)(10000 + writer * 100 + round);
        failures += registry_add(&registry, port) != 0;
        if (round > 0)
            failures += registry_remove(&registry, (uint16_t)(port - 1)) != 0;
    }
    _exit(failures == 0 ? 0 : 1);
}

/* Many at once, and a stale lock that all of them find at the start. */
static void test_writers_lose_nothing_of_each_other(void **state)
{
    struct home *home = *state;
    pid_t children[WRITERS];
    assert_int_equal(mkdir(home->lock, 0700), 0);
    age(home->lock, 60);
    write_file(home->file, "{\"version\":2,\"services\":{\"1\":\"keep\"}}");
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            write_ports(home, i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    struct text text = { 0 };
    assert_int_equal(file_read(home->file, 10000, &text, NULL), 0);
    json_t *root = json_loads(text_string(&text), 0, NULL);
    json_t *services = json_object_get(root, "services");
    assert_int_equal(json_object_size(services), WRITERS + 1);
    assert_string_equal(json_string_value(json_object_get(services, "1")), "keep");
    for (int i = 0; i < WRITERS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", 10000 + i * 100 + ROUNDS - 1);
        assert_non_null(json_object_get(services, key));
    }
    json_decref(root);
    text_free(&text);
    assert_int_equal(entries(home->folder), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_adds_and_removes_its_port, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_removing_makes_no_file, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_leaves_everything_else_as_it_was, make_home,
                                        drop_home),
        cmocka_unit_test_setup_teardown(test_a_port_of_a_dead_kernel_is_taken_over, make_home,
                                        drop_home),
        cmocka_unit_test_setup_teardown(test_junk_is_kept_aside_once, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_what_is_merely_empty_is_no_junk, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_keeps_mode_and_follows_links, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_what_is_not_a_file_stays, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_missing_and_read_only_homes_cost_a_line, make_home,
                                        drop_home),
        cmocka_unit_test_setup_teardown(test_a_stale_lock_is_removed, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_a_stale_lock_that_is_no_folder_is_set_aside, make_home,
                                        drop_home),
        cmocka_unit_test_setup_teardown(test_waiting_for_a_live_lock_ends, make_home, drop_home),
        cmocka_unit_test_setup_teardown(test_a_lock_from_the_future_does_not_last, make_home,
                                        drop_home),
        cmocka_unit_test_setup_teardown(test_writers_lose_nothing_of_each_other, make_home,
                                        drop_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

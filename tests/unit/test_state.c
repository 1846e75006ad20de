/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Pictures on disk: what is written is read, and whatever else a file holds is found out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state_file.h"
#include "state/state_folder.h"
#include "state/state_load.h"

struct memory {
    const uint8_t *data;
    size_t size;
};

static int read_memory(void *owner, uint64_t at, void *to, size_t size)
{
    struct memory *memory = owner;
    assert_true(at <= memory->size && size <= memory->size - at);
    memcpy(to, memory->data + at, size);
    return 0;
}

static int parse(const uint8_t *data, size_t size, struct state_records *picture,
                 struct state_place *place)
{
    struct memory memory = { data, size };
    struct state_source source = { &memory, size, read_memory };
    return state_file_read(&source, picture, place);
}

static void set(struct state_records *picture, enum state_kind kind, const char *text)
{
    blob_unref(picture->records[kind].blob);
    picture->records[kind].blob = text == NULL ? NULL : blob_copy(text, strlen(text));
    if (text != NULL && kind < STATE_SETTINGS)
        picture->records[kind].blob->skip = 2;
}

static void make(struct state_records *picture)
{
    memset(picture, 0, sizeof(*picture));
    strcpy(picture->name, "A.session-1");
    picture->number = 0x0123456789abcdef;
    picture->shown = 1700000000;
    set(picture, STATE_MODEL, "D:{\"data\":{\"instances\":[]},\"type\":\"data\"}");
    set(picture, STATE_PARTS, "B:{\"model\":[]}");
    set(picture, STATE_SETTINGS, "{\"axes\":true}");
    set(picture, STATE_STATUS, "{\"zoom\":1}");
}

static void same(const struct state_records *a, const struct state_records *b)
{
    assert_string_equal(a->name, b->name);
    assert_true(a->number == b->number && a->shown == b->shown);
    for (unsigned kind = STATE_MODEL; kind < STATE_DONE; kind++) {
        const struct state_record *one = &a->records[kind];
        const struct state_record *two = &b->records[kind];
        assert_int_equal(one->blob == NULL, two->blob == NULL);
        if (one->blob == NULL)
            continue;
        assert_int_equal(one->blob->skip, two->blob->skip);
        assert_int_equal(one->blob->size, two->blob->size);
        assert_memory_equal(blob_payload(one->blob), blob_payload(two->blob),
                            blob_payload_size(one->blob));
    }
}

/* The file of a picture as bytes, malloc'ed. */
static uint8_t *bytes_of(int fd, size_t *size)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    *size = (size_t)st.st_size;
    uint8_t *data = malloc(*size);
    assert_int_equal(pread(fd, data, *size, 0), *size);
    return data;
}

static void test_round_trip(void **state)
{
    struct state_records picture, again;
    struct state_place place, found;
    size_t size;
    make(&picture);
    int fd = memfd_create("state", MFD_CLOEXEC);
    assert_int_equal(state_file_write(fd, &picture, &place), 0);
    uint8_t *data = bytes_of(fd, &size);
    assert_int_equal(place.size, size);
    assert_int_equal(parse(data, size, &again, &found), 0);
    same(&picture, &again);
    assert_memory_equal(&place, &found, sizeof(place));
    state_records_free(&picture);
    state_records_free(&again);
    free(data);
    close(fd);
}

static void test_appends_what_differs(void **state)
{
    struct state_records picture, again;
    struct state_place place, found;
    size_t size;
    make(&picture);
    int fd = memfd_create("state", MFD_CLOEXEC);
    assert_int_equal(state_file_write(fd, &picture, &place), 0);
    uint64_t whole = place.size;
    assert_int_equal(state_file_append(fd, &picture, &place), 1);
    assert_int_equal(place.size, whole);
    set(&picture, STATE_STATUS, "{\"zoom\":2}");
    set(&picture, STATE_SETTINGS, NULL);
    set(&picture, STATE_TIME, "C:{}");
    assert_int_equal(state_file_append(fd, &picture, &place), 0);
    uint8_t *data = bytes_of(fd, &size);
    assert_int_equal(place.size, size);
    /* Three records, and the model not among them. */
    assert_int_equal(size - whole, 3 * 24 + 10 + 0 + 4);
    assert_int_equal(parse(data, size, &again, &found), 0);
    same(&picture, &again);
    assert_memory_equal(&place, &found, sizeof(place));
    state_records_free(&again);
    state_records_free(&picture);
    free(data);
    close(fd);
}

/* A file cut off anywhere is damaged up to the end of the whole picture; behind it the additions
 * that are whole still count, and none that is not. */
static void test_cut_off_anywhere(void **state)
{
    struct state_records before, after, again;
    struct state_place place, found;
    size_t size;
    make(&before);
    make(&after);
    int fd = memfd_create("state", MFD_CLOEXEC);
    assert_int_equal(state_file_write(fd, &before, &place), 0);
    uint64_t whole = place.size;
    set(&after, STATE_STATUS, "{\"zoom\":2}");
    assert_int_equal(state_file_append(fd, &after, &place), 0);
    uint8_t *data = bytes_of(fd, &size);
    for (size_t n = 0; n <= size; n++) {
        uint8_t *part = malloc(n == 0 ? 1 : n);
        memcpy(part, data, n);
        int error = parse(part, n, &again, &found);
        assert_int_equal(error, n < whole ? -EBADMSG : 0);
        if (error == 0) {
            same(n < size ? &before : &after, &again);
            assert_int_equal(found.size, n < size ? whole : size);
        }
        state_records_free(&again);
        free(part);
    }
    state_records_free(&before);
    state_records_free(&after);
    free(data);
    close(fd);
}

static void test_every_flipped_bit_is_found(void **state)
{
    struct state_records picture, again;
    struct state_place place, found;
    size_t size;
    make(&picture);
    int fd = memfd_create("state", MFD_CLOEXEC);
    assert_int_equal(state_file_write(fd, &picture, &place), 0);
    uint8_t *data = bytes_of(fd, &size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int error = parse(data, size, &again, &found);
        assert_true(error == -EBADMSG || error == -EPROTO);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    state_records_free(&picture);
    free(data);
    close(fd);
}

static void test_foreign_files(void **state)
{
    static const char *const files[] = { "", "x", "cadcast\n", "{\"version\": 2}",
                                         "a text that is longer than the head of a file of ours" };
    struct state_records picture;
    struct state_place place;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_int_equal(parse((const uint8_t *)files[i], strlen(files[i]), &picture, &place),
                         -EBADMSG);
    assert_int_equal(parse((const uint8_t *)"cadcast\n\2\0\0\0\0\0\0\0", 16, &picture, &place),
                     -EPROTO);
}

/* ---- in a folder ---- */

struct fixture {
    char path[64];
    struct state_folder folder;
    bool fresh; /* as last told */
    unsigned torn;
};

static int save(struct fixture *fixture, const struct state_records *picture,
                struct state_place *place, bool whole)
{
    return state_folder_save(&fixture->folder, picture, place, whole, &fixture->fresh);
}

static int load(struct fixture *fixture, struct state_records *picture, struct state_place *place)
{
    return state_load(&fixture->folder, "=a.session-1.picture", picture, place, &fixture->fresh,
                      &fixture->torn);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    strcpy(fixture->path, "/tmp/cadcast-state-XXXXXX");
    assert_non_null(mkdtemp(fixture->path));
    assert_int_equal(state_folder_open(&fixture->folder, fixture->path), 0);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    state_folder_close(&fixture->folder);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->path);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static void test_folder_keeps_a_picture(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture, again;
    struct state_place place = { 0 }, found;
    struct state_found *list;
    make(&picture);
    assert_int_equal(save(fixture, &picture, &place, true), 0);
    uint64_t inode = place.inode;
    assert_true(fixture->fresh);
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    set(&picture, STATE_STATUS, "{\"zoom\":7}");
    assert_int_equal(save(fixture, &picture, &place, false), 0);
    assert_false(fixture->fresh);
    assert_int_equal(place.inode, inode);
    assert_int_equal(state_load_list(&fixture->folder, &list), 1);
    assert_string_equal(list[0].file, "=a.session-1.picture");
    assert_string_equal(list[0].name, "A.session-1");
    assert_int_equal(load(fixture, &again, &found), 0);
    same(&picture, &again);
    assert_memory_equal(&place, &found, sizeof(place));
    assert_int_equal(state_folder_remove(&fixture->folder, picture.name), 0);
    assert_int_equal(state_folder_remove(&fixture->folder, picture.name), 0);
    free(list);
    assert_int_equal(state_load_list(&fixture->folder, &list), 0);
    free(list);
    state_records_free(&picture);
    state_records_free(&again);
}

static void test_folder_is_one_process_s(void **state)
{
    struct fixture *fixture = *state;
    struct state_folder other;
    uint8_t key[32], again[32];
    assert_int_equal(state_folder_open(&other, fixture->path), -EBUSY);
    assert_int_equal(state_folder_key(&fixture->folder, key, 32), 0);
    state_folder_close(&fixture->folder);
    assert_int_equal(state_folder_open(&fixture->folder, fixture->path), 0);
    assert_int_equal(state_folder_key(&fixture->folder, again, 32), 0);
    assert_memory_equal(key, again, 32);
}

/* Another file took the place of the one we know: it is written as a whole. */
static void test_folder_appends_to_nothing_strange(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture, again;
    struct state_place place = { 0 }, found;
    char path[128];
    make(&picture);
    assert_int_equal(save(fixture, &picture, &place, true), 0);
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    snprintf(path, sizeof(path), "%s/=a.session-1.picture", fixture->path);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "junk", 4), 4);
    close(fd);
    set(&picture, STATE_STATUS, "{\"zoom\":8}");
    assert_int_equal(save(fixture, &picture, &place, false), 0);
    assert_int_equal(load(fixture, &again, &found), 0);
    same(&picture, &again);
    assert_int_equal(place.size, place.whole);
    state_records_free(&picture);
    state_records_free(&again);
}

/* The path of one form of the session's file: "", ".new", ".sync", ".tmp". */
static void form_path(const struct fixture *fixture, const char *form, char path[128])
{
    snprintf(path, 128, "%s/=a.session-1.picture%s", fixture->path, form);
}

/* Cuts a form of the file to half, as a loss of power may if it was not synced. */
static void tear(struct fixture *fixture, const char *form)
{
    char path[128];
    struct stat st;
    form_path(fixture, form, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static bool there(struct fixture *fixture, const char *form)
{
    char path[128];
    form_path(fixture, form, path);
    return access(path, F_OK) == 0;
}

/* The newest picture has another form, as a process leaves it that is killed at that moment. */
static void new_is(struct fixture *fixture, const char *form)
{
    char from[128], to[128];
    form_path(fixture, ".new", from);
    form_path(fixture, form, to);
    assert_int_equal(rename(from, to), 0);
}

static void expect_zoom(struct fixture *fixture, const char *zoom, bool fresh, unsigned torn)
{
    struct state_records again;
    struct state_place found;
    struct state_found *list;
    assert_int_equal(state_load_list(&fixture->folder, &list), 1);
    assert_string_equal(list[0].file, "=a.session-1.picture");
    free(list);
    assert_int_equal(load(fixture, &again, &found), 0);
    assert_memory_equal(again.records[STATE_STATUS].blob->data, zoom, strlen(zoom));
    assert_int_equal(fixture->fresh, fresh);
    assert_int_equal(fixture->torn, torn);
    state_records_free(&again);
}

static void save_zoom(struct fixture *fixture, struct state_records *picture, const char *zoom)
{
    struct state_place place = { 0 };
    set(picture, STATE_STATUS, zoom);
    assert_int_equal(save(fixture, picture, &place, true), 0);
    assert_true(fixture->fresh);
}

/* A killed process leaves the newest; a loss of power what was synced. */
static void test_folder_keeps_what_was_synced(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture;
    make(&picture);
    save_zoom(fixture, &picture, "{\"zoom\":1}");
    expect_zoom(fixture, "{\"zoom\":1}", true, 0);
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    expect_zoom(fixture, "{\"zoom\":1}", false, 0);
    save_zoom(fixture, &picture, "{\"zoom\":2}");
    save_zoom(fixture, &picture, "{\"zoom\":3}");
    expect_zoom(fixture, "{\"zoom\":3}", true, 0);
    tear(fixture, ".new");
    expect_zoom(fixture, "{\"zoom\":1}", false, 1);
    assert_false(there(fixture, ".new"));
    expect_zoom(fixture, "{\"zoom\":1}", false, 0);
    state_records_free(&picture);
}

/* Killed between the last byte and the name: it is the newest all the same. And before that byte.
 */
static void test_folder_cut_off_while_writing(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture;
    make(&picture);
    save_zoom(fixture, &picture, "{\"zoom\":1}");
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    save_zoom(fixture, &picture, "{\"zoom\":2}");
    new_is(fixture, ".tmp");
    expect_zoom(fixture, "{\"zoom\":2}", true, 0);
    assert_false(there(fixture, ".tmp"));
    new_is(fixture, ".tmp");
    save_zoom(fixture, &picture, "{\"zoom\":3}");
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    save_zoom(fixture, &picture, "{\"zoom\":4}");
    new_is(fixture, ".tmp");
    tear(fixture, ".tmp");
    expect_zoom(fixture, "{\"zoom\":3}", false, 0);
    assert_false(there(fixture, ".tmp"));
    state_records_free(&picture);
}

/* Killed in the middle of the first picture: nothing is damaged, for nothing was there. */
static void test_folder_cut_off_while_writing_the_first(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture, again;
    struct state_place found;
    make(&picture);
    save_zoom(fixture, &picture, "{\"zoom\":1}");
    new_is(fixture, ".tmp");
    tear(fixture, ".tmp");
    assert_int_equal(load(fixture, &again, &found), -ENOENT);
    assert_int_equal(fixture->torn, 0);
    assert_false(there(fixture, ".tmp"));
    state_records_free(&picture);
}

/* Power fails, or the process is killed, while the disk is waited for. */
static void test_folder_cut_off_while_syncing(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture;
    make(&picture);
    save_zoom(fixture, &picture, "{\"zoom\":1}");
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    save_zoom(fixture, &picture, "{\"zoom\":2}");
    new_is(fixture, ".sync");
    expect_zoom(fixture, "{\"zoom\":2}", true, 0);
    save_zoom(fixture, &picture, "{\"zoom\":3}");
    expect_zoom(fixture, "{\"zoom\":3}", true, 0);
    tear(fixture, ".new");
    expect_zoom(fixture, "{\"zoom\":2}", true, 1);
    /* What is left is synced next. */
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    assert_false(there(fixture, ".sync"));
    expect_zoom(fixture, "{\"zoom\":2}", false, 0);
    save_zoom(fixture, &picture, "{\"zoom\":4}");
    new_is(fixture, ".sync");
    tear(fixture, ".sync");
    expect_zoom(fixture, "{\"zoom\":2}", false, 1);
    assert_int_equal(state_folder_remove(&fixture->folder, picture.name), 0);
    assert_false(there(fixture, ""));
    state_records_free(&picture);
}

/* Nothing is whole: the newest is set aside, to be looked at. */
static void test_folder_with_nothing_whole(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture, again;
    struct state_place found;
    make(&picture);
    save_zoom(fixture, &picture, "{\"zoom\":1}");
    assert_int_equal(state_folder_sync(&fixture->folder, picture.name), 0);
    save_zoom(fixture, &picture, "{\"zoom\":2}");
    tear(fixture, "");
    tear(fixture, ".new");
    assert_int_equal(load(fixture, &again, &found), -EBADMSG);
    assert_int_equal(state_load_set_aside(&fixture->folder, "=a.session-1.picture"), 0);
    assert_true(there(fixture, ".damaged"));
    assert_false(there(fixture, "") || there(fixture, ".new"));
    assert_int_equal(load(fixture, &again, &found), -ENOENT);
    state_records_free(&picture);
}

/* The loop writes frame headers in front of the payload while a thread of the pool writes: what
 * stands there is not even read. */
static void test_bytes_before_the_payload_are_not_stored(void **state)
{
    struct state_records picture, again;
    struct state_place place, other;
    size_t size;
    int fd = memfd_create("state", MFD_CLOEXEC);
    make(&picture);
    assert_int_equal(state_file_write(fd, &picture, &place), 0);
    memcpy(picture.records[STATE_MODEL].blob->data, "\x81\x05", 2);
    int changed = memfd_create("state", MFD_CLOEXEC);
    assert_int_equal(state_file_write(changed, &picture, &other), 0);
    assert_memory_equal(&place, &other, sizeof(place));
    uint8_t *data = bytes_of(changed, &size);
    assert_int_equal(parse(data, size, &again, &place), 0);
    same(&picture, &again);
    state_records_free(&again);
    state_records_free(&picture);
    free(data);
    close(fd);
    close(changed);
}

/* No room: the old file stays, nothing half written is left, and later it works again. */
static void test_folder_without_room(void **state)
{
    struct fixture *fixture = *state;
    struct state_records picture, again;
    struct state_place place = { 0 }, found;
    struct rlimit old, small = { 64, 64 };
    make(&picture);
    assert_int_equal(save(fixture, &picture, &place, true), 0);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    set(&picture, STATE_STATUS, "{\"zoom\":9}");
    int whole = save(fixture, &picture, &place, true);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(whole, -EFBIG);
    assert_int_equal(place.inode, 0);
    assert_int_equal(load(fixture, &again, &found), 0);
    assert_memory_equal(again.records[STATE_STATUS].blob->data, "{\"zoom\":1}", 10);
    state_records_free(&again);
    assert_int_equal(save(fixture, &picture, &place, false), 0);
    assert_int_equal(load(fixture, &again, &found), 0);
    same(&picture, &again);
    state_records_free(&again);
    state_records_free(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bytes_before_the_payload_are_not_stored),
        cmocka_unit_test(test_appends_what_differs),
        cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_every_flipped_bit_is_found),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test_setup_teardown(test_folder_keeps_a_picture, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_is_one_process_s, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_appends_to_nothing_strange, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_without_room, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_keeps_what_was_synced, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_cut_off_while_writing, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_cut_off_while_writing_the_first, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_cut_off_while_syncing, begin, end),
        cmocka_unit_test_setup_teardown(test_folder_with_nothing_whole, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

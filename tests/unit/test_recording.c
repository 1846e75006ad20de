/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Recordings: what is written is read, and whatever else a file holds is found out. */
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
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include "base/bytes.h"
#include "state/recording.h"
#include "state/state_record.h"

#define MOST ((uint64_t)1 << 20)

static char path[] = "/tmp/test-recording-XXXXXX";

static int fresh_file(void **state)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    return unlink(path);
}

static void set(struct recording_picture *picture, enum state_kind kind, const char *text)
{
    struct state_record *record = &picture->records.records[kind];
    blob_unref(record->blob);
    record->blob = text == NULL ? NULL : blob_copy(text, strlen(text));
    if (text != NULL && kind <= STATE_PARTS)
        record->blob->skip = 2;
}

static void make(struct recording_picture *picture, uint64_t number, const char *model)
{
    memset(picture, 0, sizeof(*picture));
    strcpy(picture->records.name, "default");
    picture->records.number = number;
    picture->records.shown = 1700000000;
    picture->when = 1700000000000 + (int64_t)number;
    set(picture, STATE_MODEL, model);
}

static void add(struct recording *recording, uint64_t number, const char *model,
                const char *settings, int expected)
{
    struct recording_picture picture;
    make(&picture, number, model);
    set(&picture, STATE_SETTINGS, settings);
    assert_int_equal(recording_add(recording, &picture), expected);
    recording_picture_free(&picture);
}

static struct recording_reader *reader(void)
{
    struct recording_reader *out = NULL;
    assert_int_equal(recording_reader_new(&out, path, MOST), 0);
    return out;
}

static bool is(const struct recording_picture *picture, enum state_kind kind, const char *text)
{
    const struct blob *blob = picture->records.records[kind].blob;
    return blob != NULL && blob_payload_size(blob) == strlen(text) &&
           memcmp(blob_payload(blob), text, strlen(text)) == 0;
}

static void only_what_differs_is_written(void **state)
{
    struct recording recording;
    struct recording_picture picture;
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 1, "D:{\"one\":1}", NULL, 0);
    add(&recording, 1, "D:{\"one\":1}", NULL, RECORDING_SAME);
    add(&recording, 1, "D:{\"one\":1}", "{\"axes\":true}", 0);
    add(&recording, 2, "D:{\"one\":1}", NULL, 0);
    add(&recording, 3, NULL, NULL, 0);
    recording_close(&recording);

    struct recording_reader *from = reader();
    assert_int_equal(recording_read(from, &picture), 0);
    assert_true(is(&picture, STATE_MODEL, "{\"one\":1}"));
    assert_false(picture.present[STATE_SETTINGS]);
    assert_int_equal(picture.when, 1700000000001);
    recording_picture_free(&picture);
    assert_int_equal(recording_read(from, &picture), 0);
    assert_false(picture.present[STATE_MODEL]);
    assert_true(is(&picture, STATE_SETTINGS, "{\"axes\":true}"));
    recording_picture_free(&picture);
    /* The same model was shown again: its settings are gone. */
    assert_int_equal(recording_read(from, &picture), 0);
    assert_int_equal(picture.records.number, 2);
    assert_false(picture.present[STATE_MODEL]);
    assert_true(picture.present[STATE_SETTINGS]);
    assert_null(picture.records.records[STATE_SETTINGS].blob);
    recording_picture_free(&picture);
    assert_int_equal(recording_read(from, &picture), 0);
    assert_true(picture.present[STATE_MODEL]);
    assert_null(picture.records.records[STATE_MODEL].blob);
    recording_picture_free(&picture);
    assert_int_equal(recording_read(from, &picture), 1);
    recording_reader_free(from);
}

static void a_later_process_goes_on(void **state)
{
    struct recording recording, other;
    struct recording_picture picture;
    assert_int_equal(recording_open(&recording, path, 0), 0);
    assert_int_equal(recording_open(&other, path, 0), -EBUSY);
    add(&recording, 1, "D:{\"one\":1}", NULL, 0);
    uint64_t whole = recording.size;
    add(&recording, 2, "D:{\"two\":2}", NULL, 0);
    recording_close(&recording);
    /* It was killed in the middle of the second one. */
    assert_int_equal(truncate(path, (off_t)whole + 20), 0);
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 3, "D:{\"three\":3}", NULL, 0);
    recording_close(&recording);
    struct recording_reader *from = reader();
    for (unsigned number = 1; number <= 3; number += 2) {
        assert_int_equal(recording_read(from, &picture), 0);
        assert_int_equal(picture.records.number, number);
        assert_true(picture.present[STATE_MODEL]);
        recording_picture_free(&picture);
    }
    assert_int_equal(recording_read(from, &picture), 1);
    recording_reader_free(from);
}

/* Bytes that do not compress. */
static void noise(char *text, size_t size)
{
    uint32_t random = 1;
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = (char)(' ' + random / 65536 % 90);
    }
    text[0] = 'D';
    text[1] = ':';
    text[size - 1] = '\0';
}

static void the_limit_takes_no_picture_back(void **state)
{
    static char large[20000];
    struct recording recording;
    struct recording_picture picture;
    noise(large, sizeof(large));
    assert_int_equal(recording_open(&recording, path, 4000), 0);
    add(&recording, 1, "D:{\"one\":1}", NULL, 0);
    uint64_t whole = recording.size;
    add(&recording, 2, large, NULL, RECORDING_FULL);
    assert_int_equal(recording.size, whole);
    add(&recording, 3, "D:{\"three\":3}", NULL, 0);
    recording_close(&recording);
    struct recording_reader *from = reader();
    assert_int_equal(recording_read(from, &picture), 0);
    recording_picture_free(&picture);
    assert_int_equal(recording_read(from, &picture), 0);
    assert_true(is(&picture, STATE_MODEL, "{\"three\":3}"));
    recording_picture_free(&picture);
    recording_reader_free(from);
}

static void a_disk_that_is_full_takes_no_picture_back(void **state)
{
    static char large[200000];
    struct recording recording;
    struct rlimit limit, before;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    noise(large, sizeof(large));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 1, "D:{\"one\":1}", NULL, 0);
    limit.rlim_cur = recording.size + 100;
    setrlimit(RLIMIT_FSIZE, &limit);
    add(&recording, 2, large, NULL, -EFBIG);
    setrlimit(RLIMIT_FSIZE, &before);
    add(&recording, 2, large, NULL, 0);
    recording_close(&recording);
}

/* ---- whatever else a file holds ---- */

/* Reads all pictures; returns the last result, and their count. */
static int read_all(unsigned *count)
{
    struct recording_picture picture;
    struct recording_reader *from = NULL;
    *count = 0;
    int error = recording_reader_new(&from, path, MOST);
    while (error == 0) {
        error = recording_read(from, &picture);
        *count += error == 0;
        if (error == 0)
            recording_picture_free(&picture);
        else
            assert_int_equal(picture.records.name[0], 0);
    }
    recording_reader_free(from);
    return error;
}

static size_t load(uint8_t *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes, size);
    close(fd);
    assert_true(n > 0 && (size_t)n < size);
    return (size_t)n;
}

static void store(const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static size_t three_pictures(uint8_t *bytes, size_t size, uint64_t ends[3])
{
    struct recording recording;
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 1, "D:{\"one\":1}", NULL, 0);
    ends[0] = recording.size;
    add(&recording, 2, "D:{\"two\":2}", "{\"axes\":true}", 0);
    ends[1] = recording.size;
    add(&recording, 3, "D:{\"three\":3}", NULL, 0);
    ends[2] = recording.size;
    recording_close(&recording);
    return load(bytes, size);
}

static void a_file_cut_anywhere_plays_to_its_end(void **state)
{
    static uint8_t bytes[8192];
    uint64_t ends[3];
    unsigned count;
    size_t size = three_pictures(bytes, sizeof(bytes), ends);
    for (size_t cut = 0; cut <= size; cut++) {
        store(bytes, cut);
        int error = read_all(&count);
        unsigned whole = 0;
        for (unsigned i = 0; i < 3; i++)
            whole += ends[i] <= cut;
        bool between = cut == RECORDING_HEAD || (whole > 0 && ends[whole - 1] == cut);
        assert_int_equal(error, cut < RECORDING_HEAD ? -EBADMSG : between ? 1 : -ENODATA);
        /* Of a frame whose last bytes are its checksum alone, the picture is there. */
        assert_true(cut < RECORDING_HEAD || count == whole || count == whole + 1);
    }
}

/* Some bytes of zstd's own heads have no effect: all pictures are there then. */
static void a_damaged_byte_is_found(void **state)
{
    static uint8_t bytes[8192];
    uint64_t ends[3];
    unsigned count;
    size_t size = three_pictures(bytes, sizeof(bytes), ends);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x41;
        store(bytes, size);
        int error = read_all(&count);
        assert_true(error < 0 || (error == 1 && count == 3));
        bytes[i] ^= 0x41;
    }
}

static void a_later_version_is_told_apart(void **state)
{
    static uint8_t bytes[8192];
    uint64_t ends[3];
    struct recording recording;
    unsigned count;
    size_t size = three_pictures(bytes, sizeof(bytes), ends);
    bytes_put(bytes + 16, 2, 4);
    store(bytes, size);
    assert_int_equal(read_all(&count), -EPROTO);
    assert_int_equal(recording_open(&recording, path, 0), -EPROTO);
    store((const uint8_t *)"D:{\"data\":1}", 12);
    assert_int_equal(read_all(&count), -EBADMSG);
    /* And nothing is written over somebody's file. */
    assert_int_equal(recording_open(&recording, path, 0), -EBADMSG);
    assert_int_equal(load(bytes, sizeof(bytes)), 12);
}

static size_t put_record(uint8_t *to, uint32_t kind, const char *text)
{
    const struct state_record_head head = { .kind = kind,
                                            .size = strlen(text),
                                            .check = state_record_check(text, strlen(text)) };
    state_record_put(to, &head);
    memcpy(to + STATE_RECORD_HEAD, text, strlen(text));
    return STATE_RECORD_HEAD + strlen(text);
}

static void records_of_later_versions_are_passed_over(void **state)
{
    static uint8_t bytes[4096];
    uint8_t records[1024];
    struct recording recording;
    struct recording_picture picture;
    assert_int_equal(recording_open(&recording, path, 0), 0);
    recording_close(&recording);
    size_t size = put_record(records, STATE_NAME, "default");
    size += put_record(records + size, 1000, "of a version that is not written yet");
    size += put_record(records + size, STATE_MODEL, "{\"one\":1}");
    size += put_record(records + size, STATE_DONE, "");
    size_t head = load(bytes, sizeof(bytes));
    size_t frame = ZSTD_compress(bytes + head, sizeof(bytes) - head, records, size, 3);
    store(bytes, head + frame);
    struct recording_reader *from = reader();
    assert_int_equal(recording_read(from, &picture), 0);
    assert_true(is(&picture, STATE_MODEL, "{\"one\":1}"));
    recording_picture_free(&picture);
    assert_int_equal(recording_read(from, &picture), 1);
    recording_reader_free(from);
}

static void a_picture_has_a_limit(void **state)
{
    static char large[MOST + 1000];
    struct recording recording;
    unsigned count;
    memset(large, ' ', sizeof(large) - 1);
    large[0] = 'D';
    large[1] = ':';
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 1, large, NULL, 0);
    recording_close(&recording);
    assert_int_equal(read_all(&count), -EFBIG);
}

static void text_is_utf8(void **state)
{
    struct recording recording;
    unsigned count;
    assert_int_equal(recording_open(&recording, path, 0), 0);
    add(&recording, 1, "D:{\"\xff\":1}", NULL, 0);
    recording_close(&recording);
    assert_int_equal(read_all(&count), -EBADMSG);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(only_what_differs_is_written),
        CASE(a_later_process_goes_on),
        CASE(the_limit_takes_no_picture_back),
        CASE(a_disk_that_is_full_takes_no_picture_back),
        CASE(a_file_cut_anywhere_plays_to_its_end),
        CASE(a_damaged_byte_is_found),
        CASE(a_later_version_is_told_apart),
        CASE(records_of_later_versions_are_passed_over),
        CASE(a_picture_has_a_limit),
        CASE(text_is_utf8),
    };
    return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}

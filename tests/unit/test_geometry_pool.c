/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * The pool with the real helper (CADCAST_GEOMETRY names it) and with scripts in place of it. Every
 * question has to be answered exactly once.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <uv.h>

#include "base/blob.h"
#include "base/frame.h"
#include "geometry/pool.h"

#define BOX "[\"/Group/Solid\",false]"
#define PROPERTIES "PropertiesMeasurement"
#define DISTANCE "DistanceMeasurement"

/* One question of a test. */
struct asked {
    unsigned answers;
    int status;
    char json[4096];
    uint64_t at; /* loop time of the answer, milliseconds */
};

struct fixture {
    uv_loop_t loop;
    struct pool *pool;
    struct blob *model; /* the recorded box */
    char folder[64];    /* for scripts in place of the helper */
    char program[128];
    bool closed;
};

static struct blob *read_file(const char *path)
{
    char buffer[4096];
    size_t count;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct blob *blob = blob_new(0);
    while ((count = fread(buffer, 1, sizeof(buffer), file)) > 0)
        assert_int_equal(blob_append(blob, buffer, count), 0);
    fclose(file);
    return blob;
}

static struct blob *read_recorded(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/measure/%s-backend.msg", getenv("TEST_DATA"), name);
    return read_file(path);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    f->model = read_recorded("box");
    snprintf(f->folder, sizeof(f->folder), "/tmp/cadcast-geometry-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->program, sizeof(f->program), "%s/program", f->folder);
    *state = f;
    return 0;
}

static void on_closed(void *arg)
{
    ((struct fixture *)arg)->closed = true;
}

static void close_pool(struct fixture *f)
{
    f->closed = false;
    pool_close(f->pool, on_closed, f);
    f->pool = NULL;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
}

/* Nothing may be left on the loop: a handle that leaks fails here. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->pool != NULL)
        close_pool(f);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(f->model->refs, 1);
    blob_unref(f->model);
    unlink(f->program);
    rmdir(f->folder);
    free(f);
    return 0;
}

/* Its payload begins behind the kind and the colon. */
static struct blob *as_message(struct blob *blob)
{
    blob->skip = 2;
    return blob;
}

static void open_pool(struct fixture *f, const char *program, unsigned processes, uint64_t timeout)
{
    struct pool_options options = {
        .program = program, .processes = processes, .timeout = timeout, .memory = (uint64_t)4 << 30
    };
    assert_int_equal(pool_new(&f->pool, &f->loop, &options), 0);
}

/* The real helper, with the box as the model of session 1. */
static void open_real(struct fixture *f, uint64_t timeout)
{
    const char *program = getenv("CADCAST_GEOMETRY");
    if (program == NULL || access(program, X_OK) != 0) {
        print_message("skipped: cadcast-geometry is not built here\n");
        skip();
    }
    open_pool(f, program, 2, timeout);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
}

/* A shell script in place of the helper. */
static void open_script(struct fixture *f, const char *script, uint64_t timeout)
{
    FILE *file = fopen(f->program, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(f->program, 0700), 0);
    open_pool(f, f->program, 1, timeout);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
}

static void on_answer(void *arg, int status, const char *json, size_t size)
{
    struct asked *asked = arg;
    asked->answers++;
    asked->status = status;
    snprintf(asked->json, sizeof(asked->json), "%.*s", (int)size, json);
}

/* As pool_ask, with the ids as JSON text. */
static int ask_text(struct fixture *f, uint32_t session, const char *tool, const char *text,
                    pool_done done, void *arg)
{
    json_t *ids = json_loads(text, JSON_DECODE_ANY, NULL);
    int error = pool_ask(f->pool, session, tool, ids, done, arg);
    json_decref(ids);
    return error;
}

static void ask(struct fixture *f, uint32_t session, const char *tool, const char *ids,
                struct asked *asked)
{
    memset(asked, 0, sizeof(*asked));
    assert_int_equal(ask_text(f, session, tool, ids, on_answer, asked), 0);
    assert_int_equal(asked->answers, 0);
}

/* Runs the loop until all `count` questions are answered; returns how many milliseconds it took. */
static uint64_t wait_for(struct fixture *f, const struct asked *asked, size_t count)
{
    uint64_t start = uv_hrtime();
    for (size_t i = 0; i < count; i++) {
        while (asked[i].answers == 0) {
            uv_run(&f->loop, UV_RUN_ONCE);
            assert_true(uv_hrtime() - start < (uint64_t)60 * 1000000000);
        }
        assert_int_equal(asked[i].answers, 1);
    }
    return (uv_hrtime() - start) / 1000000;
}

static void run_for(struct fixture *f, uint64_t milliseconds)
{
    uint64_t end = uv_hrtime() + milliseconds * 1000000;
    while (uv_hrtime() < end) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

/* An answer that a panel can show: the right tool, a table, and a reason if it failed. */
static void check_shape(const struct asked *asked, const char *tool)
{
    json_t *object = json_loads(asked->json, 0, NULL);
    assert_non_null(object);
    const char *type = json_string_value(json_object_get(object, "type"));
    const char *subtype = json_string_value(json_object_get(object, "subtype"));
    assert_string_equal(type, "backend_response");
    assert_string_equal(subtype, "tool_response");
    assert_string_equal(json_string_value(json_object_get(object, "tool_type")), tool);
    json_t *first = json_array_get(json_object_get(object, "result"), 0);
    assert_true(json_is_object(first));
    assert_int_equal(asked->status < 0, json_is_string(json_object_get(first, "error")));
    const char *const points[] = { "refpoint", "refpoint1", "refpoint2" };
    bool distance = strcmp(tool, DISTANCE) == 0;
    for (int i = distance ? 1 : 0; i < (distance ? 3 : 1); i++)
        assert_non_null(json_object_get(object, points[i]));
    json_decref(object);
}

static void check_volume(const struct asked *asked)
{
    assert_int_equal(asked->status, 0);
    check_shape(asked, PROPERTIES);
    json_t *object = json_loads(asked->json, 0, NULL);
    json_t *first = json_array_get(json_object_get(object, "result"), 0);
    double volume = json_number_value(json_object_get(first, "volume"));
    assert_true(volume > 5.999999 && volume < 6.000001);
    json_decref(object);
}

/* After any failure the next valid question is answered correctly, and soon. */
static void check_recovered(struct fixture *f)
{
    struct asked asked;
    ask(f, 1, PROPERTIES, BOX, &asked);
    assert_true(wait_for(f, &asked, 1) < 2000);
    check_volume(&asked);
}

static void test_answers_and_reasons(void **state)
{
    struct fixture *f = *state;
    struct asked asked[4];
    open_real(f, 10000);
    assert_int_equal(pool_pid(f->pool, 1), 0);
    ask(f, 1, PROPERTIES, BOX, &asked[0]);
    ask(f, 1, DISTANCE, "[\"/Group/Solid/faces/faces_0\",\"/Group/Solid/faces/faces_1\",false]",
        &asked[1]);
    ask(f, 1, PROPERTIES, "[\"/Group/none\",false]", &asked[2]);
    ask(f, 2, DISTANCE, "[\"/a\",\"/b\",true]", &asked[3]);
    wait_for(f, asked, 4);
    check_volume(&asked[0]);
    assert_int_equal(asked[1].status, 0);
    check_shape(&asked[1], DISTANCE);
    assert_int_equal(asked[2].status, -ENOENT);
    check_shape(&asked[2], PROPERTIES);
    assert_int_equal(asked[3].status, -ENODATA);
    check_shape(&asked[3], DISTANCE);
    assert_true(pool_pid(f->pool, 1) > 0);
    pool_drop(f->pool, 1);
    assert_int_equal(pool_pid(f->pool, 1), 0);
}

static void test_refuses_what_is_no_question(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {
        "", "[", "{}", "[]", "[1,false]", "[\"/a\"]", "[\"/a\",\"/b\",\"/c\",false]"
    };
    open_pool(f, "/nonexistent", 1, 1000);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask_text(f, 1, PROPERTIES, wrong[i], NULL, NULL), -EINVAL);
        assert_int_equal(ask_text(f, 1, DISTANCE, wrong[i], NULL, NULL), -EINVAL);
    }
    assert_int_equal(ask_text(f, 1, "SelectObjects", BOX, NULL, NULL), -EINVAL);
}

static void test_sessions_are_spread_and_separate(void **state)
{
    struct fixture *f = *state;
    struct asked asked[3];
    struct blob *zoo = read_recorded("zoo");
    open_real(f, 10000);
    assert_int_equal(pool_model(f->pool, 2, as_message(zoo)), 0);
    assert_int_equal(pool_model(f->pool, 3, as_message(zoo)), 0);
    ask(f, 1, PROPERTIES, BOX, &asked[0]);
    ask(f, 2, PROPERTIES, BOX, &asked[1]);
    ask(f, 3, PROPERTIES, "[\"/Group/sphere\",false]", &asked[2]);
    wait_for(f, asked, 3);
    check_volume(&asked[0]);
    assert_int_equal(asked[1].status, -ENOENT);
    assert_int_equal(asked[2].status, 0);
    assert_int_not_equal(pool_pid(f->pool, 1), pool_pid(f->pool, 2));
    assert_int_equal(pool_pid(f->pool, 1), pool_pid(f->pool, 3));
    close_pool(f);
    assert_int_equal(zoo->refs, 1);
    blob_unref(zoo);
}

static void test_thousand_at_once(void **state)
{
    struct fixture *f = *state;
    struct asked *asked = calloc(1000, sizeof(*asked));
    open_real(f, 10000);
    for (int i = 0; i < 1000; i++)
        ask(f, 1, PROPERTIES, BOX, &asked[i]);
    assert_true(wait_for(f, asked, 1000) < 10500);
    for (int i = 0; i < 1000; i++)
        check_volume(&asked[i]);
    check_recovered(f);
    free(asked);
}

static void test_queue_has_a_limit(void **state)
{
    struct fixture *f = *state;
    struct asked *asked = calloc(1100, sizeof(*asked));
    unsigned busy = 0;
    open_real(f, 10000);
    for (int i = 0; i < 1100; i++)
        ask(f, 1, PROPERTIES, BOX, &asked[i]);
    wait_for(f, asked, 1100);
    for (int i = 0; i < 1100; i++)
        busy += asked[i].status == -EBUSY;
    assert_int_equal(busy, 1100 - 1024);
    check_recovered(f);
    free(asked);
}

/* Ends the helper of session 1, and waits until the pool has seen it. */
static void end_helper(struct fixture *f, int signal_number)
{
    kill(pool_pid(f->pool, 1), signal_number);
    for (int i = 0; i < 1000 && pool_pid(f->pool, 1) != 0; i++)
        run_for(f, 10);
    assert_int_equal(pool_pid(f->pool, 1), 0);
}

static void test_killed_while_idle(void **state)
{
    struct fixture *f = *state;
    open_real(f, 10000);
    check_recovered(f);
    kill(pool_pid(f->pool, 1), SIGKILL);
    check_recovered(f);
    end_helper(f, SIGSEGV);
    check_recovered(f);
}

/* At each stage of a process: just started, reading the parts, answering. */
static void test_killed_at_every_stage(void **state)
{
    struct fixture *f = *state;
    static const unsigned pauses[] = { 0, 1, 3, 6, 10, 20, 40 };
    open_real(f, 5000);
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        struct asked asked[8];
        /* A new model, so that the crash of one stage does not count in the next. */
        assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
        for (int k = 0; k < 8; k++)
            ask(f, 1, PROPERTIES, BOX, &asked[k]);
        run_for(f, pauses[i]);
        if (pool_pid(f->pool, 1) > 0)
            kill(pool_pid(f->pool, 1), SIGKILL);
        wait_for(f, asked, 8);
        for (int k = 0; k < 8; k++) {
            if (asked[k].status == 0)
                check_volume(&asked[k]);
            else
                check_shape(&asked[k], PROPERTIES);
        }
        check_recovered(f);
    }
}

static void test_hang_is_ended_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct asked asked[20];
    open_real(f, 1500);
    check_recovered(f);
    kill(pool_pid(f->pool, 1), SIGSTOP);
    for (int i = 0; i < 20; i++)
        ask(f, 1, PROPERTIES, "[\"/Group/Solid/faces/faces_0\",false]", &asked[i]);
    uint64_t took = wait_for(f, asked, 20);
    assert_true(took >= 1400 && took < 3000);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(asked[i].status, -ETIMEDOUT);
        check_shape(&asked[i], PROPERTIES);
    }
    check_recovered(f);
}

static void test_a_new_model_cancels_the_old_questions(void **state)
{
    struct fixture *f = *state;
    struct asked asked[5];
    open_real(f, 5000);
    check_recovered(f);
    kill(pool_pid(f->pool, 1), SIGSTOP);
    for (int i = 0; i < 5; i++)
        ask(f, 1, PROPERTIES, BOX, &asked[i]);
    run_for(f, 20);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    assert_true(wait_for(f, asked, 5) < 2000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(asked[i].status, -ECANCELED);
    check_recovered(f);
}

/* While parts are being made, questions wait for them: those of the old ones are no answer. */
static void test_questions_wait_for_parts_that_are_expected(void **state)
{
    struct fixture *f = *state;
    struct asked asked[4];
    struct blob *zoo = read_recorded("zoo");
    open_real(f, 10000);
    check_recovered(f);
    ask(f, 1, PROPERTIES, BOX, &asked[0]);
    assert_int_equal(pool_expect(f->pool, 1), 0);
    wait_for(f, &asked[0], 1);
    assert_int_equal(asked[0].status, -ECANCELED);
    ask(f, 1, PROPERTIES, "[\"/Group/sphere\",false]", &asked[0]);
    ask(f, 1, PROPERTIES, BOX, &asked[1]);
    /* A session that had no parts yet. */
    assert_int_equal(pool_expect(f->pool, 2), 0);
    ask(f, 2, PROPERTIES, BOX, &asked[2]);
    assert_int_equal(pool_expect(f->pool, 3), 0);
    ask(f, 3, PROPERTIES, BOX, &asked[3]);
    run_for(f, 5);
    assert_int_equal(pool_waiting(f->pool), 4);
    assert_int_equal(pool_model(f->pool, 1, as_message(zoo)), 0);
    assert_int_equal(pool_model(f->pool, 2, as_message(f->model)), 0);
    pool_drop(f->pool, 3);
    wait_for(f, asked, 4);
    assert_int_equal(asked[0].status, 0);
    assert_int_equal(asked[1].status, -ENOENT);
    check_volume(&asked[2]);
    assert_int_equal(asked[3].status, -ENODATA);
    close_pool(f);
    assert_int_equal(zoo->refs, 1);
    blob_unref(zoo);
}

/* A model without parts, or whose parts come later: none of the old ones answers, nothing waits,
 * and the process is there for what comes. */
static void test_a_session_without_parts_answers_nothing_and_keeps_its_process(void **state)
{
    struct fixture *f = *state;
    struct asked asked[3];
    open_real(f, 10000);
    check_recovered(f);
    ask(f, 1, PROPERTIES, BOX, &asked[0]);
    pool_empty(f->pool, 1);
    ask(f, 1, PROPERTIES, BOX, &asked[1]);
    assert_int_equal(pool_expect(f->pool, 2), 0);
    ask(f, 2, PROPERTIES, BOX, &asked[2]);
    pool_empty(f->pool, 2);
    pool_empty(f->pool, 3);
    wait_for(f, asked, 3);
    assert_int_equal(asked[0].status, -ECANCELED);
    assert_int_equal(asked[1].status, -ENODATA);
    assert_int_equal(asked[2].status, -ENODATA);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    check_recovered(f);
    /* One that is not at work. */
    pool_prepare(f->pool, 2);
    int pid = pool_pid(f->pool, 2);
    assert_true(pid > 0);
    pool_empty(f->pool, 2);
    assert_int_equal(pool_pid(f->pool, 2), pid);
}

static void test_expected_parts_are_waited_for_until_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct asked asked;
    open_pool(f, "/nonexistent", 1, 50);
    assert_int_equal(pool_expect(f->pool, 1), 0);
    ask(f, 1, PROPERTIES, BOX, &asked);
    wait_for(f, &asked, 1);
    assert_int_equal(asked.status, -ETIMEDOUT);
}

/* Follows the protocol, always with a part left to decode, and ends itself at any question
 * about /Group/Solid, or at a frame of one kind. */
static const char suicidal[] =
    "exec /usr/bin/env python3 -c '\n"
    "import os, struct, sys\n"
    "head = struct.Struct(\"<IIIIQ\")\n"
    "while True:\n"
    "    kind, serial, session, zero, size = head.unpack(sys.stdin.buffer.read(24))\n"
    "    text = sys.stdin.buffer.read(size)\n"
    "    if kind == %d or (kind == 3 and b\"/Group/Solid\" in text):\n"
    "        os.kill(os.getpid(), 11)\n"
    "    ready = (16, b\"{\\\"left\\\":1}\")\n"
    "    answers = {5: (19, b\"\"), 1: ready, 2: ready, 3: (17, b\"{\\\"fine\\\":1}\")}\n"
    "    kind, text = answers[kind]\n"
    "    sys.stdout.buffer.write(head.pack(kind, serial, session, 0, len(text)) + text)\n"
    "    sys.stdout.buffer.flush()\n"
    "'";

static void open_suicidal(struct fixture *f, int deadly_kind)
{
    char script[2048];
    snprintf(script, sizeof(script), suicidal, deadly_kind);
    open_script(f, script, 10000);
}

static int status_of(struct fixture *f, const char *tool, const char *ids)
{
    struct asked asked;
    ask(f, 1, tool, ids, &asked);
    wait_for(f, &asked, 1);
    return asked.status;
}

static void test_parts_that_kill_twice_are_set_aside(void **state)
{
    struct fixture *f = *state;
    static const char face[] = "[\"/Group/Solid/faces/faces_0\",false]";
    open_suicidal(f, 0);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    assert_int_equal(status_of(f, PROPERTIES, face), -EIO);
    int pid = pool_pid(f->pool, 1);
    assert_int_equal(status_of(f, PROPERTIES, face), -EACCES);
    assert_int_equal(status_of(f, PROPERTIES, BOX), -EACCES);
    assert_int_equal(status_of(f, DISTANCE, "[\"/Group/other\",\"/Group/Solid\",false]"), -EACCES);
    /* None of these reached a helper. */
    assert_int_equal(pool_pid(f->pool, 1), pid);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    /* A pair that ends helpers is in quarantine as a pair; each of its parts is still allowed. */
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    assert_int_equal(status_of(f, DISTANCE, "[\"/Group/other\",\"/Group/Solid\",false]"), -EIO);
    assert_int_equal(status_of(f, DISTANCE, "[\"/Group/other\",\"/Group/Solid\",false]"), -EACCES);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    assert_int_equal(status_of(f, PROPERTIES, face), -EIO);
}

static void test_a_model_that_kills_is_set_aside(void **state)
{
    struct fixture *f = *state;
    open_suicidal(f, FRAME_MODEL);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), -EACCES);
    assert_int_equal(pool_starts(f->pool), 2);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), -EACCES);
    assert_int_equal(pool_starts(f->pool), 2);
}

/* A part without questions ends a helper once, and is not decoded in advance again. */
static void test_after_a_crash_parts_are_decoded_when_asked_for(void **state)
{
    struct fixture *f = *state;
    open_suicidal(f, FRAME_DECODE);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    while (pool_pid(f->pool, 1) != 0)
        run_for(f, 10);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    run_for(f, 50);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
    assert_int_equal(pool_starts(f->pool), 2);
    assert_int_equal(status_of(f, PROPERTIES, BOX), -EIO);
    assert_int_equal(status_of(f, PROPERTIES, "[\"/Group/other\",false]"), 0);
}

static void test_parts_cut_short_get_a_reason(void **state)
{
    struct fixture *f = *state;
    struct asked asked;
    open_real(f, 5000);
    for (size_t size = 2; size < f->model->size; size += 1 + f->model->size / 40) {
        struct blob *part = blob_copy(f->model->data, size);
        assert_int_equal(pool_model(f->pool, 1, as_message(part)), 0);
        ask(f, 1, PROPERTIES, BOX, &asked);
        wait_for(f, &asked, 1);
        assert_int_equal(asked.status, -ENOENT);
        check_shape(&asked, PROPERTIES);
        blob_unref(part);
    }
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    check_recovered(f);
}

/* Shapes with a few changed bytes that made a release of the kernel crash or hang. */
static void test_shapes_that_crash_the_kernel(void **state)
{
    struct fixture *f = *state;
    static const char face[] = "[\"/g/x/faces/faces_0\",false]";
    static const char pair[] = "[\"/g/x/faces/faces_0\",\"/g/x/edges/edges_1\",false]";
    char folder[4096];
    char path[8192];
    unsigned count = 0;
    snprintf(folder, sizeof(folder), "%s/measure/crash", getenv("TEST_DATA"));
    open_real(f, 1500);
    DIR *files = opendir(folder);
    assert_non_null(files);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        struct asked asked[3];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        struct blob *model = read_file(path);
        assert_int_equal(pool_model(f->pool, 1, model), 0);
        ask(f, 1, PROPERTIES, "[\"/g/x\",false]", &asked[0]);
        ask(f, 1, PROPERTIES, face, &asked[1]);
        ask(f, 1, DISTANCE, pair, &asked[2]);
        assert_true(wait_for(f, asked, 3) < 3000);
        for (int i = 0; i < 3; i++)
            check_shape(&asked[i], i == 2 ? DISTANCE : PROPERTIES);
        assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
        check_recovered(f);
        blob_unref(model);
        count++;
    }
    closedir(files);
    assert_true(count >= 8);
}

static void test_warm_reads_the_parts_ahead(void **state)
{
    struct fixture *f = *state;
    open_real(f, 5000);
    pool_warm(f->pool, 1);
    pool_warm(f->pool, 99);
    run_for(f, 20);
    assert_true(pool_pid(f->pool, 1) > 0);
    check_recovered(f);
    /* From now on new parts are read at once, even if the helper ended meanwhile. */
    end_helper(f, SIGKILL);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    assert_true(pool_pid(f->pool, 1) > 0);
    check_recovered(f);
}

static void test_a_prepared_process_takes_the_first_question(void **state)
{
    struct fixture *f = *state;
    open_real(f, 5000);
    pool_prepare(f->pool, 2);
    pool_prepare(f->pool, 2);
    int pid = pool_pid(f->pool, 2);
    assert_true(pid > 0);
    assert_int_equal(pool_starts(f->pool), 1);
    assert_int_equal(pool_model(f->pool, 2, as_message(f->model)), 0);
    struct asked asked;
    ask(f, 2, PROPERTIES, BOX, &asked);
    wait_for(f, &asked, 1);
    check_volume(&asked);
    assert_int_equal(pool_pid(f->pool, 2), pid);
    /* It ends with its session, even if no parts were received. */
    pool_prepare(f->pool, 3);
    assert_int_equal(pool_starts(f->pool), 2);
    pool_drop(f->pool, 2);
    pool_drop(f->pool, 3);
    pool_drop(f->pool, 1);
    assert_int_equal(pool_pid(f->pool, 2), 0);
}

/* Everything a program can do wrong: each question gets a reason, in time. */
static void test_programs_that_are_no_helper(void **state)
{
    struct fixture *f = *state;
    static const char *const scripts[] = {
        "exit 0",
        "exit 3",
        "kill -9 $$",
        "echo this is no frame at all, and long enough to be a head",
        "cat",
        "cat >/dev/null",
        "exec sleep 100",
        "exec 1>&-; exec sleep 100",
        "exec 0<&-; exec sleep 100",
        "cat /dev/zero",
        "head -c 100000 /dev/urandom",
        /* A PONG, and then an answer to nothing. */
        "printf '\\023\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'; cat",
        /* The head of an answer that never comes whole. */
        ("printf '\\023\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
         "\\020\\0\\0\\0\\1\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\377\\0\\0\\0\\0\\0\\0\\0'; sleep 9"),
        /* An answer longer than any. */
        ("printf '\\020\\0\\0\\0\\1\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0"
         "\\377\\377\\377\\377\\377\\0\\0\\0'; sleep 100"),
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct asked asked[3];
        open_script(f, scripts[i], 300);
        for (int k = 0; k < 3; k++)
            ask(f, 1, k == 1 ? DISTANCE : PROPERTIES, k == 1 ? "[\"/a\",\"/b\",true]" : BOX,
                &asked[k]);
        assert_true(wait_for(f, asked, 3) < 1500);
        for (int k = 0; k < 3; k++) {
            assert_true(asked[k].status < 0);
            check_shape(&asked[k], k == 1 ? DISTANCE : PROPERTIES);
        }
        close_pool(f);
    }
}

static void test_program_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct asked asked[2];
    open_pool(f, "/nonexistent/cadcast-geometry", 2, 5000);
    assert_int_equal(pool_model(f->pool, 1, as_message(f->model)), 0);
    ask(f, 1, PROPERTIES, BOX, &asked[0]);
    ask(f, 1, PROPERTIES, BOX, &asked[1]);
    assert_true(wait_for(f, asked, 2) < 3000);
    assert_int_equal(asked[0].status, -EIO);
    assert_int_equal(asked[1].status, -EIO);
}

static void test_close_answers_what_is_open(void **state)
{
    struct fixture *f = *state;
    struct asked asked[50];
    open_real(f, 5000);
    for (int i = 0; i < 50; i++)
        ask(f, 1, PROPERTIES, BOX, &asked[i]);
    run_for(f, 5);
    int pid = pool_pid(f->pool, 1);
    close_pool(f);
    for (int i = 0; i < 50; i++)
        assert_int_equal(asked[i].answers, 1);
    assert_int_equal(asked[49].status, -ECANCELED);
    assert_int_equal(kill(pid, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_and_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_no_question, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_are_spread_and_separate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thousand_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queue_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed_while_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed_at_every_stage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hang_is_ended_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_new_model_cancels_the_old_questions, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_a_session_without_parts_answers_nothing_and_keeps_its_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_questions_wait_for_parts_that_are_expected, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_expected_parts_are_waited_for_until_the_deadline,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_that_kill_twice_are_set_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_model_that_kills_is_set_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_a_crash_parts_are_decoded_when_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_parts_cut_short_get_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shapes_that_crash_the_kernel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warm_reads_the_parts_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_prepared_process_takes_the_first_question, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_programs_that_are_no_helper, setup, teardown),
        cmocka_unit_test_setup_teardown(test_program_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_answers_what_is_open, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

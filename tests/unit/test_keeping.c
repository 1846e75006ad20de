/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* When pictures are written, synced and removed: the jobs of one session beside each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "loop.h"
#include "state/state.h"
#include "view.h"

#define MODEL "D:{\"data\":{\"instances\":[],\"shapes\":{\"parts\":[]}},\"type\":\"data\"}"
#define CLEAR "D:{\"type\":\"clear\"}"
#define THREADS 4 /* of libuv's pool, if the environment does not say otherwise */

struct fixture {
    uv_loop_t loop;
    struct fake_hub fake;
    struct state state;
    char path[64];
    uv_work_t held[THREADS];
    uv_sem_t gate;
    unsigned holding;
    unsigned closed;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    uint8_t key[32];
    unsetenv("UV_THREADPOOL_SIZE");
    strcpy(fixture->path, "/tmp/cadcast-keeping-XXXXXX");
    assert_non_null(mkdtemp(fixture->path));
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_sem_init(&fixture->gate, 0), 0);
    assert_int_equal(fake_hub_init(&fixture->fake), 0);
    assert_int_equal(
        state_open(&fixture->state, fixture->path, &fixture->loop, &fixture->fake.hub, key), 0);
    *state = fixture;
    return 0;
}

static void count(void *arg)
{
    ++*(unsigned *)arg;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    if (fixture->closed == 0)
        state_close(&fixture->state, count, &fixture->closed);
    loop_until(&fixture->loop, &fixture->closed);
    loop_end(&fixture->loop);
    state_free(&fixture->state);
    fake_hub_free(&fixture->fake);
    uv_sem_destroy(&fixture->gate);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->path);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static void hold(uv_work_t *work)
{
    struct fixture *fixture = work->data;
    uv_sem_wait(&fixture->gate);
}

static void let_go(uv_work_t *work, int status)
{
    struct fixture *fixture = work->data;
    fixture->holding--;
}

/* No job of the pool begins until pool_go_on. */
static void pool_hold(struct fixture *fixture)
{
    for (unsigned i = 0; i < THREADS; i++) {
        fixture->held[i].data = fixture;
        assert_int_equal(uv_queue_work(&fixture->loop, &fixture->held[i], hold, let_go), 0);
    }
    fixture->holding = THREADS;
}

static void pool_go_on(struct fixture *fixture)
{
    for (unsigned i = 0; i < THREADS; i++)
        uv_sem_post(&fixture->gate);
    while (fixture->holding > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* A kernel's message changes the picture of `name`, which is to be kept. */
static void say(struct fixture *fixture, const char *name, const char *text)
{
    fake_kernel_says(&fixture->fake, name, text);
    state_keep(&fixture->state, hub_find(&fixture->fake.hub, name), false);
}

static void run_until_written(struct fixture *fixture, uint64_t written)
{
    while (fixture->state.written < written)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void on_time(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
    count(timer->data);
}

static void run_for(struct fixture *fixture, uint64_t milliseconds)
{
    unsigned over = 0;
    uv_timer_t timer;
    assert_int_equal(uv_timer_init(&fixture->loop, &timer), 0);
    timer.data = &over;
    assert_int_equal(uv_timer_start(&timer, on_time, milliseconds, 0), 0);
    loop_until(&fixture->loop, &over);
    loop_turn(&fixture->loop);
}

/* A picture was written, and its removal waits for a thread; the file of before was to be synced
 * after 40 ms. */
static void begin_removal(struct fixture *fixture)
{
    say(fixture, "gear", MODEL);
    run_until_written(fixture, 1);
    pool_hold(fixture);
    say(fixture, "gear", CLEAR);
    run_for(fixture, 100);
}

static void test_a_sync_that_is_due_during_a_removal(void **state)
{
    struct fixture *fixture = *state;
    begin_removal(fixture);
    pool_go_on(fixture);
    run_until_written(fixture, 2);
}

static void test_a_picture_that_comes_during_the_removal_of_its_last(void **state)
{
    struct fixture *fixture = *state;
    begin_removal(fixture);
    say(fixture, "gear", MODEL);
    pool_go_on(fixture);
    run_until_written(fixture, 3);
    char file[128];
    snprintf(file, sizeof(file), "%s/gear.picture", fixture->path);
    while (access(file, R_OK) < 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void wait_at_gate(struct work *work)
{
    struct fixture *fixture = work->req.loop->data;
    uv_sem_wait(&fixture->gate);
}

static void pass_gate(struct work *work, int status)
{
    struct fixture *fixture = work->req.loop->data;
    state_end_if_done(&fixture->state);
}

/* What fills the disk at the end may be another file that is being written and does not fit. */
static void test_the_last_write_is_tried_again_alone(void **state)
{
    struct fixture *fixture = *state;
    struct work other;
    char file[128];
    snprintf(file, sizeof(file), "%s/gear.picture.tmp", fixture->path);
    assert_int_equal(mkdir(file, 0700), 0);
    fixture->loop.data = fixture;
    assert_int_equal(work_start(&other, &fixture->state.jobs, "another", wait_at_gate, pass_gate),
                     0);
    say(fixture, "gear", MODEL);
    state_close(&fixture->state, count, &fixture->closed);
    while (fixture->state.trouble == 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(rmdir(file), 0);
    loop_turn(&fixture->loop);
    assert_int_equal(fixture->closed, 0);
    uv_sem_post(&fixture->gate);
    loop_until(&fixture->loop, &fixture->closed);
    snprintf(file, sizeof(file), "%s/gear.picture", fixture->path);
    assert_int_equal(access(file, R_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_sync_that_is_due_during_a_removal, begin, end),
        cmocka_unit_test_setup_teardown(test_a_picture_that_comes_during_the_removal_of_its_last,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_the_last_write_is_tried_again_alone, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

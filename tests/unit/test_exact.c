/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Shows that send geometry, without a helper, a pool or a socket: each job is done when a test says
 * so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view.h"

#define OURS "L:{\"viewer\":\"cadcast\",\"id\":\"w\",\"formats\":[\"binary\"]}"
#define MODEL "D:{\"data\":{\"instances\":[],\"shapes\":{}},\"type\":\"data\"}"

struct fixture {
    struct fake_hub fake;
    struct fake_peer page;  /* ours */
    struct fake_peer other; /* takes text */
    struct fake_peer kernel;
    struct session *session;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_int_equal(fake_hub_init(&f->fake), 0);
    f->fake.hub.view.options.builtin = true;
    assert_int_equal(fake_join(&f->fake, &f->page, "default"), 0);
    assert_int_equal(fake_join(&f->fake, &f->other, "default"), 0);
    assert_int_equal(fake_join(&f->fake, &f->kernel, "default"), 0);
    f->session = hub_find(&f->fake.hub, "default");
    fake_say(&f->page, OURS);
    fake_say(&f->other, "L:{}");
    text_free(&f->page.got);
    text_free(&f->other.got);
    *state = f;
    return 0;
}

/* Nothing of a show may be left. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_leave(&f->page);
    fake_leave(&f->other);
    if (f->kernel.peer.weak != NULL)
        fake_leave(&f->kernel);
    fake_work_all(&f->fake);
    assert_null(f->session->exact);
    assert_null(f->session->preview.bytes);
    assert_int_equal(f->fake.hub.view.exact_bytes, 0);
    fake_hub_free(&f->fake);
    free(f);
    return 0;
}

static void add_hash(struct text *out, const char *shape)
{
    uint8_t hash[HASH_SHA256];
    assert_int_equal(hash_sha256(hash, shape, strlen(shape)), 0);
    for (size_t i = 0; i < sizeof(hash); i++)
        text_format(out, "%02x", hash[i]);
}

/* Sends the `E` of a show with these shapes, a part each. */
static void begin(struct fake_peer *kernel, const char *const *shapes)
{
    struct text out = { 0 };
    text_add(&out, "E:{\"version\":1,\"config\":{},\"count\":1,\"mesh\":{\"deviation\":0.1,"
                   "\"angular_tolerance\":0.2},\"shapes\":[");
    for (size_t i = 0; shapes[i] != NULL; i++) {
        text_add(&out, i == 0 ? "{\"hash\":\"" : ",{\"hash\":\"");
        add_hash(&out, shapes[i]);
        text_format(&out, "\",\"bytes\":%zu}", strlen(shapes[i]));
    }
    text_add(&out, "],\"tree\":{\"id\":\"/g\",\"name\":\"g\",\"parts\":[");
    for (size_t i = 0; shapes[i] != NULL; i++)
        text_format(&out, "%s{\"id\":\"/g/%zu\",\"name\":\"%zu\",\"shape\":{\"ref\":%zu}}",
                    i == 0 ? "" : ",", i, i, i);
    text_add(&out, "]}}");
    assert_int_equal(text_error(&out), 0);
    fake_say(kernel, out.data);
    text_free(&out);
}

static void send_shape(struct fake_peer *kernel, const char *shape)
{
    uint8_t message[2 + HASH_SHA256 + 100] = "F:";
    size_t size = strlen(shape);
    assert_int_equal(hash_sha256(message + 2, shape, size), 0);
    memcpy(message + 2 + HASH_SHA256, shape, size);
    fake_say_bytes(kernel, message, 2 + HASH_SHA256 + size);
}

static bool got(struct fake_peer *peer, const char *text)
{
    bool found = strstr(text_string(&peer->got), text) != NULL;
    text_free(&peer->got);
    return found;
}

static const char *const two[] = { "one", "two", NULL };

/* A whole show but for its jobs. */
static void send_two(struct fixture *f)
{
    begin(&f->kernel, two);
    fake_work_next(&f->fake);
    text_free(&f->kernel.got);
    send_shape(&f->kernel, "one");
    send_shape(&f->kernel, "two");
}

static void test_a_complete_show_is_the_picture(void **state)
{
    struct fixture *f = *state;
    begin(&f->kernel, two);
    assert_true(f->kernel.held);
    fake_work_next(&f->fake);
    assert_false(f->kernel.held);
    assert_true(got(&f->kernel, "\"want\":[0,1]"));
    send_shape(&f->kernel, "two");
    send_shape(&f->kernel, "one");
    assert_null(f->session->picture.model);
    fake_work_all(&f->fake);
    assert_true(got(&f->kernel, "\"ok\":true,\"parts\":2,\"meshed\":2,\"cached\":0"));
    assert_true(got(&f->page, "\"type\":\"model\""));
    assert_true(got(&f->other, "{\"data\":{\"instances\":[]"));
    assert_true(model_is_file(f->session->picture.model));
    assert_memory_equal(f->session->picture.parts->data, "B:{\"model\":{\"id\":\"/g\"", 21);
    begin(&f->kernel, two);
    fake_work_all(&f->fake);
    assert_true(got(&f->kernel, "\"meshed\":0,\"cached\":2"));
    assert_int_equal(f->fake.hub.view.exact_meshed, 2);
    assert_int_equal(f->fake.hub.view.exact_cached, 2);
}

/* Whatever job is to be done next when the kernel leaves, or when a model is newer. */
static void test_a_show_may_end_at_every_job(void **state)
{
    struct fixture *f = *state;
    for (unsigned done = 0; done < 12; done++) {
        const bool leaves = done % 2 == 0;
        fake_say(&f->kernel, MODEL);
        struct blob *before = f->session->picture.model;
        fake_leave(&f->kernel);
        assert_int_equal(fake_join(&f->fake, &f->kernel, "default"), 0);
        begin(&f->kernel, two);
        for (unsigned i = 0; i < done / 2 && f->fake.job_count > 0; i++) {
            fake_work_next(&f->fake);
            if (i == 0) {
                send_shape(&f->kernel, "one");
                send_shape(&f->kernel, "two");
            }
        }
        bool complete = f->session->picture.model != before;
        if (leaves) {
            fake_leave(&f->kernel);
            fake_work_all(&f->fake);
            assert_true(complete || f->session->picture.model == before);
            assert_int_equal(fake_join(&f->fake, &f->kernel, "default"), 0);
        } else {
            fake_kernel_says(&f->fake, "default", MODEL);
            fake_work_all(&f->fake);
            assert_false(model_is_file(f->session->picture.model));
        }
        assert_null(f->session->exact);
        store_shrink(&f->fake.hub.view.store, 0);
    }
}

static void test_the_newest_show_wins(void **state)
{
    struct fixture *f = *state;
    static const char *const three[] = { "three", NULL };
    struct fake_peer newer;
    assert_int_equal(fake_join(&f->fake, &newer, "default"), 0);
    send_two(f);
    begin(&newer, three);
    while (f->session->exact == f->kernel.peer.exact)
        fake_work_next(&f->fake);
    assert_true(got(&f->kernel, "\"replaced\":true"));
    send_shape(&newer, "three");
    fake_work_all(&f->fake);
    assert_true(got(&newer, "\"ok\":true,\"parts\":1"));
    assert_string_equal(f->session->file.part_names[0], "0");
    assert_int_equal(f->session->file.leaves, 1);
    fake_leave(&newer);
}

static void test_a_shape_that_is_none_is_named(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "!bad", "good", NULL };
    static const char *const none[] = { "!bad", NULL };
    begin(&f->kernel, bad);
    fake_work_next(&f->fake);
    send_shape(&f->kernel, "!bad");
    send_shape(&f->kernel, "good");
    fake_work_all(&f->fake);
    assert_true(got(&f->kernel, "\"parts\":1,\"meshed\":1,\"cached\":0,\"milliseconds\":0,"
                                "\"notices\":[\"/g/0: it is none\"]"));
    uint64_t number = f->session->picture.number;
    begin(&f->kernel, none);
    fake_work_all(&f->fake);
    assert_true(got(&f->kernel, "\"ok\":false,\"error\":\"none of it can be drawn: /g/0: it is"));
    assert_int_equal(f->session->picture.number, number);
    assert_true(got(&f->page, "was refused"));
}

static void test_what_takes_long_is_previewed_in_our_pages(void **state)
{
    struct fixture *f = *state;
    fake_say(&f->kernel, MODEL);
    text_free(&f->page.got);
    text_free(&f->other.got);
    send_two(f);
    fake_work_next(&f->fake); /* the mesh of the first */
    f->fake.now += 1000;
    exact_tick(&f->fake.hub);
    assert_int_equal(f->fake.job_count, 2);
    fake_work_next(&f->fake); /* the mesh of the second, and then the preview */
    fake_work_next(&f->fake);
    assert_true(got(&f->page, "\"number\":2,\"preview\":true"));
    assert_int_equal(f->session->picture.number, 1);
    fake_work_all(&f->fake);
    assert_true(got(&f->page, "\"number\":2,\"refines\":true"));
    assert_null(f->session->preview.bytes);
    assert_true(got(&f->other, "\"instances\":[]"));
}

/* What is made for a model that another has replaced is no longer waited for. */
static void test_a_newer_model_ends_the_wait_for_exact_geometry(void **state)
{
    struct fixture *f = *state;
    send_two(f);
    while (f->session->picture.model == NULL)
        fake_work_next(&f->fake);
    assert_true(f->session->parts_making);
    fake_say(&f->kernel, MODEL);
    assert_false(f->session->parts_making);
    fake_work_all(&f->fake);
    assert_null(f->session->picture.parts);
}

/* What is kept for later goes first, and what a show needs stays until it is shown. */
static void test_memory_for_later_shows_is_given_up_first(void **state)
{
    struct fixture *f = *state;
    struct view *view = &f->fake.hub.view;
    send_two(f);
    fake_work_all(&f->fake);
    assert_int_equal(view->store.count, 4);
    size_t pictures = hub_bytes(&f->fake.hub);
    view->options.max_memory = pictures + view->store.bytes;
    assert_true(hub_make_room(&f->fake.hub, 1, f->session));
    assert_int_equal(view->store.count, 3);
    assert_true(hub_make_room(&f->fake.hub, view->options.max_memory - pictures, f->session));
    assert_int_equal(view->store.count, 0);
    assert_true(model_is_file(f->session->picture.model));
    view->options.max_memory = 100;
    begin(&f->kernel, two);
    fake_work_all(&f->fake);
    assert_true(got(&f->kernel, "--max-memory is 100"));
}

static void test_a_kernel_that_sends_nothing_is_given_up(void **state)
{
    struct fixture *f = *state;
    begin(&f->kernel, two);
    fake_work_next(&f->fake);
    send_shape(&f->kernel, "one");
    f->fake.now += 59000;
    exact_tick(&f->fake.hub);
    assert_non_null(f->session->exact);
    f->fake.now += 2000;
    exact_tick(&f->fake.hub);
    assert_null(f->session->exact);
    assert_true(got(&f->kernel, "did not come"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_complete_show_is_the_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_show_may_end_at_every_job, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_newest_show_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_shape_that_is_none_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_takes_long_is_previewed_in_our_pages, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_model_ends_the_wait_for_exact_geometry, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_memory_for_later_shows_is_given_up_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_kernel_that_sends_nothing_is_given_up, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

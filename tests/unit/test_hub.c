/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "view.h"

#define MODEL "D:{\"data\":{\"instances\":[]},\"type\":\"data\"}"

static int make_hub(void **state)
{
    struct fake_hub *fake = malloc(sizeof(*fake));
    *state = fake;
    return fake_hub_init(fake);
}

static int drop_hub(void **state)
{
    fake_hub_free(*state);
    free(*state);
    return 0;
}

static void later(struct fake_hub *fake, uint64_t milliseconds)
{
    fake->now += milliseconds;
    hub_tick(&fake->hub);
}

static void test_session_names(void **state)
{
    char longest[66] = { 0 };
    memset(longest, 'x', 64);
    assert_true(session_name_ok("default"));
    assert_true(session_name_ok("A-z_0.9"));
    assert_true(session_name_ok("..."));
    assert_true(session_name_ok(longest));
    longest[64] = 'x';
    const char *const bad[] = { "", ".", "..", "a/b", "a b", "\xc3\xa4", "a\n", "<", longest };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(session_name_ok(bad[i]));
}

static void test_sessions_come_and_go(void **state)
{
    struct fake_hub *fake = *state;
    int error = 0;
    assert_null(hub_session(&fake->hub, "a/b", &error));
    assert_int_equal(error, -EINVAL);
    struct session *one = hub_session(&fake->hub, "one", &error);
    assert_non_null(one);
    assert_ptr_equal(one, hub_find(&fake->hub, "one"));
    assert_non_null(hub_session(&fake->hub, "two", &error));
    assert_non_null(hub_session(&fake->hub, "three", &error));
    assert_null(hub_session(&fake->hub, "four", &error));
    assert_int_equal(error, -EAGAIN);
    assert_null(hub_find(&fake->hub, "four"));
    hub_find(&fake->hub, "two")->permanent = true;
    fake_kernel_says(fake, "three", MODEL);
    later(fake, 5001);
    assert_null(hub_find(&fake->hub, "one"));
    assert_non_null(hub_find(&fake->hub, "two"));
    assert_non_null(hub_find(&fake->hub, "three"));
    assert_non_null(hub_find(&fake->hub, "default"));
    assert_int_equal(fake->forgotten, 1);
    fake_kernel_says(fake, "three", "D:{\"type\":\"clear\"}");
    later(fake, 4000);
    assert_non_null(hub_find(&fake->hub, "three"));
    later(fake, 1001);
    assert_null(hub_find(&fake->hub, "three"));
}

static void test_a_session_with_a_visitor_stays(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer browser;
    fake_join(fake, &browser, "one");
    fake_say(&browser, "L:{}");
    later(fake, 100000);
    assert_non_null(hub_find(&fake->hub, "one"));
    fake_leave(&browser);
    later(fake, 5001);
    assert_null(hub_find(&fake->hub, "one"));
}

/* The order of messages to one connection: replay, then the answer, then later messages. */
static void test_answers_keep_their_order(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer peer;
    fake_kernel_says(fake, "default", MODEL);
    fake_join(fake, &peer, "default");
    fake->wait = true;
    fake_say(&peer, "L:{}");
    fake_say(&peer, "C:\"config\"");
    assert_true(peer.held);
    assert_false(fake->splash);
    fake_answer(fake);
    assert_false(peer.held);
    fake_say(&peer, "C:\"status\"");
    assert_string_equal(peer.got.data, "{\"data\":{\"instances\":[]},\"type\":\"data\"}\n"
                                       "{\"config\":1}\n"
                                       "{\"command\":\"status\",\"text\":{}}\n");
    /* A connection that has closed gets no answer. */
    fake_say(&peer, "C:\"config\"");
    fake_leave(&peer);
    fake_answer(fake);
}

static void test_large_json_is_read_elsewhere(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer browser;
    struct fake_peer kernel;
    struct text text = { 0 };
    text_add(&text, "S:{\"type\":\"ui\",\"config\":{\"pad\":\"");
    while (text.size < 20000)
        text_add(&text, "0123456789");
    text_add(&text, "\"}}");
    fake_join(fake, &browser, "default");
    fake_join(fake, &kernel, "default");
    fake_say(&browser, "L:{}");
    fake->wait = true;
    fake_say(&kernel, text.data);
    assert_true(kernel.held);
    assert_int_equal(browser.got.size, 0);
    fake_answer(fake);
    assert_false(kernel.held);
    assert_int_equal(browser.got.size, text.size - 1);
    text.data[text.size - 1] = '!';
    fake_say(&kernel, text.data);
    fake_answer(fake);
    assert_false(kernel.held);
    /* That is no JSON: it is passed on, and nothing more. */
    assert_int_equal(browser.got.size, 2 * (text.size - 1));
    assert_int_equal(fake->hub.view.bad_messages, 0);
    text_free(&text);
    fake_leave(&kernel);
    fake_leave(&browser);
}

static void test_splash_until_the_first_model(void **state)
{
    struct fake_hub *fake = *state;
    fake_kernel_says(fake, "default", "C:\"config\"");
    assert_true(fake->splash);
    fake_kernel_says(fake, "default", MODEL);
    fake_kernel_says(fake, "default", "C:\"config\"");
    assert_false(fake->splash);
    fake_kernel_says(fake, "one", "C:\"config\"");
    assert_true(fake->splash);
}

static void test_bad_messages_are_dropped(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer peer;
    const char *const bad[] = { "",    "x",       "hello", "Q:{}", "C:",
                                "C:{", "C:\"x\"", "C:{}",  "C:7",  "L:",
                                "L:7", "L:[]",    "L:{",   "U:{}", "C:{\"type\":\"x\"}",
                                "R:{}" };
    fake_join(fake, &peer, "default");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake_say(&peer, bad[i]);
        if (fake->hub.view.bad_messages != i + 1)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(peer.closed, 0);
    assert_int_equal(peer.got.size, 0);
    fake_say(&peer, "C:\"status\"");
    assert_true(peer.got.size > 0);
    fake_leave(&peer);
}

static void test_who_may_only_look(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer peer;
    const char *const forbidden[] = { MODEL,
                                      "D:{\"type\":\"clear\"}",
                                      "S:{\"type\":\"ui\",\"config\":{}}",
                                      "D:{\"type\":\"x\"}",
                                      "S:",
                                      "B:{}",
                                      "L:Python listener",
                                      "C:{\"type\":\"screenshot\",\"filename\":\"/a\"}",
                                      "C:{\"type\":\"set_relative_time\",\"value\":1}" };
    fake_kernel_says(fake, "default", MODEL);
    uint64_t number = hub_find(&fake->hub, "default")->picture.number;
    fake_join(fake, &peer, "default");
    peer.peer.read_only = true;
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        fake_say(&peer, forbidden[i]);
        if (fake->hub.view.bad_messages != i + 1)
            fail_msg("taken: %s", forbidden[i]);
    }
    fake_say(&peer, "L:{}");
    assert_non_null(strstr(text_string(&peer.got), "instances"));
    fake_say(&peer, "C:\"status\"");
    fake_say(&peer, "C:\"config\"");
    fake_say(&peer, "U:{\"command\":\"status\",\"text\":{\"zoom\":1}}");
    assert_int_equal(fake->hub.view.bad_messages, 9);
    fake_say(&peer, "U:{\"command\":\"thumbnail\",\"text\":{\"data\":\"x\"}}");
    assert_int_equal(fake->thumbnails, 0);
    /* It sends the screenshots that it was asked for, and no others. */
    text_free(&peer.got);
    struct fake_peer other;
    fake_join(fake, &other, "default");
    fake_say(&other, "L:{}");
    fake_kernel_says(fake, "default", "C:{\"type\":\"screenshot\",\"filename\":\"/a\"}");
    assert_null(strstr(text_string(&peer.got), "screenshot"));
    fake_say(&peer, "U:{\"command\":\"screenshot\",\"text\":{\"filename\":\"/a\",\"data\":\"x\"}}");
    assert_string_equal(text_string(&fake->saved), "");
    assert_int_equal(fake->hub.view.bad_messages, 11);
    fake_leave(&other);
    hub_tick(&fake->hub);
    assert_non_null(strstr(text_string(&peer.got), "screenshot"));
    fake_say(&peer, "U:{\"command\":\"screenshot\",\"text\":{\"filename\":\"/a\",\"data\":\"x\"}}");
    assert_string_equal(text_string(&fake->saved), "/a\n");
    assert_int_equal(hub_find(&fake->hub, "default")->picture.number, number);
    fake_leave(&peer);
}

static void fill(struct fake_hub *fake, const char *session, size_t size)
{
    struct text text = { 0 };
    struct fake_peer kernel;
    text_add(&text, "D:{\"data\":{\"instances\":[],\"pad\":\"");
    char *pad = calloc(1, size + 1);
    memset(pad, 'x', size);
    text_add(&text, pad);
    text_add(&text, "\"},\"type\":\"data\"}");
    free(pad);
    fake_join(fake, &kernel, session);
    fake_say(&kernel, text.data);
    fake_leave(&kernel);
    text_free(&text);
}

static bool has_model(struct fake_hub *fake, const char *session)
{
    return hub_find(&fake->hub, session) != NULL &&
           hub_find(&fake->hub, session)->picture.model != NULL;
}

/* Of 16 MiB: pictures without a browser are dropped first, the one unused for longest before the
 * rest. */
static void test_memory_limit(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer browser;
    fake_join(fake, &browser, "one");
    fake_say(&browser, "L:{}");
    fill(fake, "one", 5000000);
    later(fake, 10);
    fill(fake, "two", 5000000);
    later(fake, 10);
    fill(fake, "three", 5000000);
    assert_true(has_model(fake, "one") && has_model(fake, "two") && has_model(fake, "three"));
    later(fake, 10);
    fill(fake, "default", 5000000);
    assert_true(has_model(fake, "default"));
    assert_false(has_model(fake, "two"));
    assert_true(has_model(fake, "one") && has_model(fake, "three"));
    assert_int_equal(fake->hub.dropped_pictures, 1);
    assert_true(hub_bytes(&fake->hub) <= fake->hub.view.options.max_memory);
    assert_false(hub_make_room(&fake->hub, 17 * 1024 * 1024, NULL));
    fake_leave(&browser);
}

static void test_lists_are_kept_up_to_date(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer list;
    fake_join(fake, &list, "default");
    fake_say(&list, "L:{\"viewer\":\"sessions\"}");
    assert_non_null(strstr(text_string(&list.got), "\"type\":\"sessions\""));
    later(fake, 500);
    text_free(&list.got);
    later(fake, 500);
    assert_int_equal(list.got.size, 0);
    fake_kernel_says(fake, "other", MODEL);
    later(fake, 500);
    assert_non_null(strstr(text_string(&list.got), "\"name\":\"other\""));
    json_t *json = json_loads(text_string(&list.got), JSON_DISABLE_EOF_CHECK, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "sessions")), 2);
    json_decref(json);
    /* A page that shows the list is not a browser. */
    assert_int_equal(hub_browsers(&fake->hub), 0);
    fake_leave(&list);
}

static void test_parts_are_acknowledged(void **state)
{
    struct fake_hub *fake = *state;
    struct fake_peer kernel;
    fake_join(fake, &kernel, "default");
    fake_say(&kernel, "B:{\"model\":{}}");
    assert_string_equal(kernel.got.data, "{\"ok\":false}\n");
    text_free(&kernel.got);
    fake->hub.view.options.builtin = true;
    fake_say(&kernel, "B:{\"model\":{}}");
    assert_string_equal(kernel.got.data, "{\"ok\":true}\n");
    fake_leave(&kernel);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_hub, drop_hub)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_names),
        TEST(test_sessions_come_and_go),
        TEST(test_a_session_with_a_visitor_stays),
        TEST(test_answers_keep_their_order),
        TEST(test_large_json_is_read_elsewhere),
        TEST(test_splash_until_the_first_model),
        TEST(test_bad_messages_are_dropped),
        TEST(test_who_may_only_look),
        TEST(test_memory_limit),
        TEST(test_lists_are_kept_up_to_date),
        TEST(test_parts_are_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

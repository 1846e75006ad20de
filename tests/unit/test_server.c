/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Whole servers in this process, and clients that talk to them over the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "server.h"

struct stage {
    uv_loop_t loop;
    char home[64];
    struct fixture a;
    struct fixture b;
};

static int make_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    *state = stage;
    return fixture_home(stage->home) < 0 || uv_loop_init(&stage->loop) < 0 ? -1 : 0;
}

static int drop_stage(void **state)
{
    struct stage *stage = *state;
    loop_end(&stage->loop);
    fixture_free(&stage->a);
    fixture_free(&stage->b);
    fixture_forget_home(stage->home);
    free(stage);
    return 0;
}

static void start(struct stage *stage, struct fixture *fixture)
{
    assert_int_equal(fixture_start(fixture, &stage->loop, "0"), 0);
    assert_true(fixture_port(fixture) > 0);
}

static void test_starts_serves_and_stops(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    start(stage, &stage->a);
    assert_int_equal(fixture_ask(&stage->a,
                                 "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                 "Connection: close\r\n\r\n",
                                 &got),
                     1);
    assert_non_null(strstr(got.data, "\"status\":\"ok\""));
    text_free(&got);
    assert_int_equal(fixture_ask(&stage->a,
                                 "GET /viewer HTTP/1.1\r\nHost: localhost\r\n"
                                 "Connection: close\r\n\r\n",
                                 &got),
                     1);
    assert_non_null(strstr(got.data, "HTTP/1.1 200 OK"));
    assert_non_null(strstr(got.data, "</html>"));
    text_free(&got);
    /* Each connection is gone when all is said, without waiting for a deadline: there is none. */
    while (stage->a.server.front.conn_count > 0)
        uv_run(&stage->loop, UV_RUN_ONCE);
    server_stop(&stage->a.server);
}

static void test_requests_behind_a_late_answer(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    start(stage, &stage->a);
    int fd = client_connect(AF_INET, fixture_port(&stage->a));
    /* The page comes from the pool; what follows waits for it, the WebSocket too. */
    static const char requests[] = "GET /viewer HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                   "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                   "GET /viewer HTTP/1.1\r\nHost: localhost\r\n\r\n" UPGRADE;
    client_send(&stage->loop, fd, requests, sizeof(requests) - 1);
    fixture_say(&stage->a, fd, "C:\"status\"");
    assert_int_equal(client_read(&stage->loop, fd, &got, "\"command\":\"status\"", SIZE_MAX), 0);
    assert_non_null(strstr(got.data, "\"uptime\""));
    assert_non_null(memmem(got.data, got.size, "HTTP/1.1 101 ", 13));
    text_free(&got);
    close(fd);
    server_stop(&stage->a.server);
}

static void test_a_show_reaches_a_browser(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    start(stage, &stage->a);
    int browser = fixture_upgrade(&stage->a);
    fixture_say(&stage->a, browser, "L:{}");
    int kernel = fixture_upgrade(&stage->a);
    fixture_say(&stage->a, kernel, "D:{\"data\":{\"instances\":[]},\"type\":\"data\"}");
    close(kernel);
    assert_int_equal(client_read(&stage->loop, browser, &got, "\"type\":\"data\"}", SIZE_MAX), 0);
    text_free(&got);
    assert_non_null(hub_find(&stage->a.server.hub, "default")->picture.model);
    /* Told to come back, it says goodbye too, and then all ends at once. */
    server_stop(&stage->a.server);
    assert_int_equal(client_read(&stage->loop, browser, &got, "\x03\xe9", SIZE_MAX), 0);
    client_send(&stage->loop, browser, "\x88\x82\0\0\0\0\x03\xe9", 8);
    assert_int_equal(client_read(&stage->loop, browser, &got, NULL, SIZE_MAX), 1);
    text_free(&got);
    close(browser);
}

static void test_two_servers_in_one_process(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    start(stage, &stage->a);
    start(stage, &stage->b);
    assert_true(fixture_port(&stage->a) != fixture_port(&stage->b));
    int kernel = fixture_upgrade(&stage->a);
    fixture_say(&stage->a, kernel, "D:{\"data\":{\"instances\":[]},\"type\":\"data\"}");
    while (hub_find(&stage->a.server.hub, "default")->picture.model == NULL)
        uv_run(&stage->loop, UV_RUN_ONCE);
    assert_null(hub_find(&stage->b.server.hub, "default")->picture.model);
    close(kernel);
    server_stop(&stage->a.server);
    while (stage->a.server.listeners[0]->open > 0)
        uv_run(&stage->loop, UV_RUN_ONCE);
    assert_int_equal(fixture_ask(&stage->b,
                                 "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                 "Connection: close\r\n\r\n",
                                 &got),
                     1);
    assert_non_null(strstr(got.data, "\"model\":false"));
    text_free(&got);
    server_stop(&stage->b.server);
}

/* The one who fails leaves nothing, and does not keep the loop from its other users. */
static void test_a_port_in_use(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    char port[16];
    start(stage, &stage->a);
    snprintf(port, sizeof(port), "%u", fixture_port(&stage->a));
    assert_int_equal(fixture_start(&stage->b, &stage->loop, port), UV_EADDRINUSE);
    assert_int_equal(fixture_ask(&stage->a,
                                 "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                 "Connection: close\r\n\r\n",
                                 &got),
                     1);
    text_free(&got);
    server_stop(&stage->a.server);
}

static void test_stopping_twice_ends_at_once(void **state)
{
    struct stage *stage = *state;
    start(stage, &stage->a);
    int silent = client_connect(AF_INET, fixture_port(&stage->a));
    int browser = fixture_upgrade(&stage->a);
    fixture_say(&stage->a, browser, "L:{}");
    loop_turn(&stage->loop);
    server_stop(&stage->a.server);
    loop_turn(&stage->loop);
    server_stop(&stage->a.server);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    close(silent);
    close(browser);
}

/* Answers to peers that go on sending arrive all the same. */
static void test_last_words_arrive(void **state)
{
    struct stage *stage = *state;
    struct text got = { 0 };
    char *junk = calloc(1, 300000);
    start(stage, &stage->a);
    int fd = client_connect(AF_INET, fixture_port(&stage->a));
    static const char request[] = "POST / HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 300000\r\n\r\n";
    client_send(&stage->loop, fd, request, sizeof(request) - 1);
    assert_int_equal(client_send(&stage->loop, fd, junk, 300000), 0);
    assert_int_equal(client_read(&stage->loop, fd, &got, NULL, SIZE_MAX), 1);
    assert_non_null(strstr(got.data, "HTTP/1.1 413 "));
    close(fd);
    text_free(&got);
    free(junk);
    server_stop(&stage->a.server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_stage, drop_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_starts_serves_and_stops),
        TEST(test_requests_behind_a_late_answer),
        TEST(test_a_show_reaches_a_browser),
        TEST(test_two_servers_in_one_process),
        TEST(test_a_port_in_use),
        TEST(test_stopping_twice_ends_at_once),
        TEST(test_last_words_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

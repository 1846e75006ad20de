/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/http.h"

#define LIMIT 4096

/* The owner of a connection: records its events. */
struct probe {
    struct http http;
    struct text out;     /* bytes sent to the peer */
    struct text targets; /* of the requests, each with its method and a semicolon */
    unsigned requests;
    int failed; /* status of the last failure */
    char reason[128];
    unsigned failures;
    unsigned finishes;
    bool late;             /* the test answers, later */
    bool close;            /* answers close the connection */
    const char *take_over; /* answer to an upgrade */
    struct blob *body;
    int status;
    char header[64]; /* value of X-Test in the last request */
    bool take;       /* bodies are streamed to `streamed` */
    bool refuse;     /* bodies are answered before they come */
    bool pause;      /* they are not wanted yet */
    size_t enough;   /* bytes after which a body is answered; 0: at its end */
    struct text streamed;
    unsigned ends;
    unsigned gone;
    unsigned resumed;
};

static void answer(struct probe *probe)
{
    struct http_response response = { .status = probe->status,
                                      .type = "text/plain",
                                      .headers = "X-Extra: 1\r\n",
                                      .blob = probe->body,
                                      .offset = 1,
                                      .size = probe->body->size - 1,
                                      .close = probe->close };
    http_respond(&probe->http, &response);
}

static void on_request(void *owner, struct http *http)
{
    struct probe *probe = owner;
    const char *test = http_header(http, "x-TEST");
    assert_true(&probe->http == http);
    if (http_end_body(http))
        return;
    probe->requests++;
    snprintf(probe->header, sizeof(probe->header), "%s", test == NULL ? "none" : test);
    text_format(&probe->targets, "%s %s;", http_method(http), http_target(http));
    if (http->upgrade && probe->take_over != NULL)
        http_take_over(http, probe->take_over, strlen(probe->take_over));
    else if (!probe->late)
        answer(probe);
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct probe *probe = owner;
    text_add_bytes(&probe->out, head, head_size);
    if (blob != NULL)
        text_add_bytes(&probe->out, blob->data + offset, size);
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
    struct probe *probe = arg;
    text_add_bytes(&probe->streamed, data, size);
    if (probe->enough > 0 && probe->streamed.size >= probe->enough)
        answer(probe);
}

static void on_end(void *arg)
{
    struct probe *probe = arg;
    probe->ends++;
    if (!probe->late)
        answer(probe);
}

static void on_gone(void *arg)
{
    struct probe *probe = arg;
    probe->gone++;
}

static void on_body(void *owner, struct http *http)
{
    static const struct http_sink sink = { .data = on_data, .end = on_end, .gone = on_gone };
    struct probe *probe = owner;
    if (probe->refuse)
        answer(probe);
    if (probe->pause)
        http_pause_body(http);
    if (probe->take)
        http_take_body(http, &sink, probe);
}

static void on_resume(void *owner)
{
    struct probe *probe = owner;
    probe->resumed++;
}

static void on_failed(void *owner, int status, const char *reason)
{
    struct probe *probe = owner;
    probe->failed = status;
    probe->failures++;
    snprintf(probe->reason, sizeof(probe->reason), "%s", reason);
}

static void on_finish(void *owner)
{
    struct probe *probe = owner;
    probe->finishes++;
}

static const struct http_events events = { .request = on_request,
                                           .write = on_write,
                                           .failed = on_failed,
                                           .finish = on_finish,
                                           .body = on_body,
                                           .resume = on_resume };

static int make_probe(void **state)
{
    struct probe *probe = calloc(1, sizeof(*probe));
    probe->status = 200;
    probe->body = blob_copy("!hello", 6);
    http_init(&probe->http, LIMIT, &events, probe);
    *state = probe;
    return 0;
}

static int drop_probe(void **state)
{
    struct probe *probe = *state;
    http_free(&probe->http);
    blob_unref(probe->body);
    text_free(&probe->out);
    text_free(&probe->targets);
    text_free(&probe->streamed);
    free(probe);
    return 0;
}

static void again(void **state)
{
    drop_probe(state);
    make_probe(state);
}

/* Feeds a copy of exactly that size, so that a sanitizer sees a read past its end. 0; 1 once the
 * connection is taken over; -1 once it is finished. */
static int feed_bytes(struct probe *probe, const char *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    http_feed(&probe->http, copy, size);
    free(copy);
    if (!probe->http.finished)
        return 0;
    return probe->finishes > 0 ? -1 : 1;
}

static int feed(struct probe *probe, const char *data)
{
    return feed_bytes(probe, data, strlen(data));
}

static unsigned count(const struct text *text, const char *what)
{
    unsigned n = 0;
    for (const char *p = strstr(text_string(text), what); p != NULL; p = strstr(p + 1, what))
        n++;
    return n;
}

static void assert_has(const struct probe *probe, const char *what)
{
    if (strstr(text_string(&probe->out), what) == NULL)
        fail_msg("no \"%s\" in: %s", what, text_string(&probe->out));
}

static void assert_lacks(const struct probe *probe, const char *what)
{
    assert_null(strstr(text_string(&probe->out), what));
}

#define SIMPLE "GET /viewer?a=b HTTP/1.1\r\nHost: localhost:3939\r\nX-Test: one two\r\n\r\n"

static void test_answers_a_request(void **state)
{
    struct probe *probe = *state;
    assert_int_equal(feed(probe, SIMPLE), 0);
    assert_string_equal(probe->targets.data, "GET /viewer?a=b;");
    assert_string_equal(probe->header, "one two");
    assert_int_equal(strncmp(probe->out.data, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_has(probe, "\r\nContent-Type: text/plain\r\n");
    assert_has(probe, "\r\nContent-Length: 5\r\n");
    assert_has(probe, "\r\nX-Extra: 1\r\n");
    assert_has(probe, "\r\nDate: ");
    assert_has(probe, "\r\n\r\nhello");
    assert_lacks(probe, "Connection:");
    assert_int_equal(probe->finishes, 0);
    assert_false(probe->http.started);
}

static void test_takes_single_bytes(void **state)
{
    struct probe *probe = *state;
    const char text[] = SIMPLE SIMPLE;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        assert_int_equal(feed_bytes(probe, text + i, 1), 0);
        assert_int_equal(probe->http.started, (i + 1) % (sizeof(SIMPLE) - 1) != 0);
    }
    assert_int_equal(probe->requests, 2);
    assert_string_equal(probe->targets.data, "GET /viewer?a=b;GET /viewer?a=b;");
    assert_string_equal(probe->header, "one two");
}

/* A request received in any two pieces is the same request. */
static void test_takes_any_two_pieces(void **state)
{
    const char text[] = SIMPLE;
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct probe *probe = *state;
        assert_int_equal(feed_bytes(probe, text, cut), 0);
        assert_int_equal(feed_bytes(probe, text + cut, sizeof(text) - 1 - cut), 0);
        assert_string_equal(probe->targets.data, "GET /viewer?a=b;");
        assert_string_equal(probe->header, "one two");
        again(state);
    }
}

static void test_headers_are_found_in_any_case(void **state)
{
    struct probe *probe = *state;
    probe->late = true;
    feed(probe, "GET / HTTP/1.1\r\nhOsT: a\r\nEmpty:\r\nTwice: 1\r\nTWICE:  2 \r\n\r\n");
    assert_string_equal(http_header(&probe->http, "HOST"), "a");
    assert_string_equal(http_header(&probe->http, "empty"), "");
    assert_string_equal(http_header(&probe->http, "twice"), "1");
    assert_int_equal(http_header_count(&probe->http, "Twice"), 2);
    assert_int_equal(http_header_count(&probe->http, "Thrice"), 0);
    assert_null(http_header(&probe->http, "Thrice"));
    assert_null(http_header(&probe->http, ""));
}

static void test_answers_pipelined_requests_in_order(void **state)
{
    struct probe *probe = *state;
    feed(probe, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4");
    assert_string_equal(probe->targets.data, "GET /1;GET /2;GET /3;");
    assert_int_equal(count(&probe->out, "HTTP/1.1 200 OK"), 3);
    assert_true(probe->http.started);
    feed(probe, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(probe->requests, 4);
}

/* The next request is not parsed while one waits for its answer. */
static void test_late_answers_keep_their_order(void **state)
{
    struct probe *probe = *state;
    probe->late = true;
    feed(probe, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HT");
    feed(probe, "TP/1.1\r\nHost: a\r\n\r\n");
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(probe->requests, i);
        assert_true(probe->http.busy);
        answer(probe);
        assert_int_equal(count(&probe->out, "HTTP/1.1 200 OK"), i);
    }
    assert_string_equal(probe->targets.data, "GET /1;GET /2;GET /3;");
    assert_false(probe->http.busy);
    assert_false(probe->http.started);
    answer(probe);
    assert_int_equal(count(&probe->out, "HTTP/1.1 200 OK"), 3);
}

static void test_a_late_answer_that_closes_drops_the_rest(void **state)
{
    struct probe *probe = *state;
    probe->late = true;
    probe->close = true;
    feed(probe, SIMPLE SIMPLE);
    answer(probe);
    assert_has(probe, "Connection: close\r\n");
    assert_int_equal(probe->requests, 1);
    assert_int_equal(probe->finishes, 1);
    assert_true(feed(probe, SIMPLE) < 0);
    assert_int_equal(probe->requests, 1);
}

static void test_connection_close(void **state)
{
    struct probe *probe = *state;
    feed(probe, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n" SIMPLE);
    assert_has(probe, "\r\nConnection: close\r\n");
    assert_int_equal(probe->requests, 1);
    assert_int_equal(probe->finishes, 1);
}

static void test_http_1_0(void **state)
{
    struct probe *probe = *state;
    feed(probe, "GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(probe->requests, 1);
    assert_has(probe, "Connection: close\r\n");
    assert_int_equal(probe->finishes, 1);
    again(state);
    probe = *state;
    feed(probe, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" SIMPLE);
    assert_int_equal(count(&probe->out, "Connection: keep-alive\r\n"), 1);
    assert_int_equal(probe->requests, 2);
    assert_int_equal(probe->finishes, 0);
}

static void test_head_gets_no_body(void **state)
{
    struct probe *probe = *state;
    feed(probe, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_has(probe, "Content-Length: 5\r\n");
    assert_lacks(probe, "hello");
    probe->out.size = 0;
    feed(probe, SIMPLE);
    assert_has(probe, "\r\n\r\nhello");
    /* An error in the line after a HEAD is not answered as a HEAD. */
    feed(probe, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    probe->out.size = 0;
    feed(probe, "\x01\x02\r\n\r\n");
    assert_has(probe, "\r\n\r\nBad Request\n");
}

static void test_not_modified_has_no_body_nor_length(void **state)
{
    struct probe *probe = *state;
    probe->status = 304;
    feed(probe, SIMPLE);
    assert_has(probe, "HTTP/1.1 304 Not Modified\r\n");
    assert_lacks(probe, "Content-Length");
    assert_lacks(probe, "hello");
}

static void expect_failure(void **state, const char *text, int status)
{
    struct probe *probe = *state;
    char line[32];
    assert_true(feed(probe, text) < 0);
    if (probe->failed != status)
        fail_msg("%d, not %d: %.60s", probe->failed, status, text);
    snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    assert_int_equal(strncmp(text_string(&probe->out), line, strlen(line)), 0);
    assert_has(probe, "Connection: close\r\n");
    assert_int_equal(probe->failures, 1);
    assert_int_equal(probe->finishes, 1);
    assert_int_equal(probe->requests, 0);
    assert_true(probe->reason[0] != '\0');
    again(state);
}

static void test_refuses_what_is_no_request(void **state)
{
    const char *const bad[] = {
        "\x16\x03\x01\x02\x05\x01 TLS\r\n\r\n",
        "FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "GET / XTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_failure(state, bad[i], 400);
}

static void test_host_is_there_once(void **state)
{
    expect_failure(state, "GET / HTTP/1.1\r\n\r\n", 400);
    expect_failure(state, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400);
    expect_failure(state, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400);
}

static void test_other_versions(void **state)
{
    expect_failure(state, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505);
    expect_failure(state, "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505);
    expect_failure(state, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
}

static void test_expectations_are_refused(void **state)
{
    expect_failure(
        state, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 9\r\n\r\n", 417);
}

static void test_target_limit(void **state)
{
    struct probe *probe = *state;
    struct text request = { 0 };
    text_add(&request, "GET /");
    for (size_t i = 1; i < HTTP_TARGET_MAX; i++)
        text_add(&request, "a");
    size_t longest = request.size;
    text_add(&request, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(feed(probe, request.data), 0);
    assert_int_equal(strlen(probe->targets.data), HTTP_TARGET_MAX + 5);
    again(state);
    request.data[longest] = 'a';
    expect_failure(state, request.data, 414);
    /* Also if it is received in pieces and never ends. */
    probe = *state;
    int result = feed(probe, "GET /");
    for (unsigned i = 0; i < 2 * HTTP_TARGET_MAX && result == 0; i++)
        result = feed(probe, "a");
    assert_int_equal(probe->failed, 414);
    text_free(&request);
}

static void feed_header_lines(struct probe *probe, unsigned lines)
{
    feed(probe, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (unsigned i = 1; i < lines; i++)
        feed(probe, "X: y\r\n");
    feed(probe, "\r\n");
}

static void test_header_limits(void **state)
{
    feed_header_lines(*state, HTTP_HEADERS);
    assert_int_equal(((struct probe *)*state)->requests, 1);
    again(state);
    feed_header_lines(*state, HTTP_HEADERS + 1);
    assert_int_equal(((struct probe *)*state)->failed, 431);
    again(state);
    for (size_t size = LIMIT - 10; size < LIMIT + 10; size++) {
        struct probe *probe = *state;
        char *value = calloc(1, size + 1);
        memset(value, 'v', size);
        /* "Host", "a" and "X" count too. */
        feed(probe, "GET /path HTTP/1.1\r\nHost: a\r\nX: ");
        feed(probe, value);
        feed(probe, "\r\n\r\n");
        assert_int_equal(probe->failed, size + 6 > LIMIT ? 431 : 0);
        assert_int_equal(probe->requests, size + 6 > LIMIT ? 0 : 1);
        free(value);
        again(state);
    }
}

static void test_a_header_name_without_end(void **state)
{
    struct probe *probe = *state;
    int result = feed(probe, "GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < 2 * LIMIT && result == 0; i++)
        result = feed(probe, "n");
    assert_int_equal(probe->failed, 431);
}

static void test_body_limit(void **state)
{
    struct probe *probe = *state;
    char head[128];
    char *body = calloc(1, HTTP_BODY_MAX + 2);
    memset(body, 'b', HTTP_BODY_MAX + 1);
    snprintf(head, sizeof(head), "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             HTTP_BODY_MAX);
    feed(probe, head);
    assert_int_equal(probe->requests, 0);
    feed_bytes(probe, body, HTTP_BODY_MAX);
    feed(probe, SIMPLE);
    assert_string_equal(probe->targets.data, "POST /up;GET /viewer?a=b;");
    again(state);
    snprintf(head, sizeof(head), "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             HTTP_BODY_MAX + 1);
    expect_failure(state, head, 413);
    probe = *state;
    snprintf(head, sizeof(head),
             "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
             HTTP_BODY_MAX + 1);
    feed(probe, head);
    feed_bytes(probe, body, HTTP_BODY_MAX + 1);
    assert_int_equal(probe->failed, 413);
    free(body);
}

/* RFC 9110 section 6.5.1: a trailer field is not merged with the header fields. */
static void test_trailers_are_no_headers(void **state)
{
    struct probe *probe = *state;
    feed(probe, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0\r\nX-Test: smuggled\r\nHost: b\r\n\r\n" SIMPLE);
    assert_int_equal(probe->requests, 2);
    assert_int_equal(probe->failures, 0);
    again(state);
    probe = *state;
    feed(probe, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                "0\r\nX-Test: smuggled\r\n\r\n");
    assert_string_equal(probe->header, "none");
    again(state);
    probe = *state;
    int result =
        feed(probe, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    for (unsigned i = 0; i < LIMIT && result == 0; i++)
        result = feed(probe, "T: trailer\r\n");
    assert_int_equal(probe->failed, 431);
}

#define UPGRADE "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

static void test_upgrade_keeps_the_tail(void **state)
{
    for (size_t cut = 1; cut <= strlen(UPGRADE "tail\r\n"); cut++) {
        struct probe *probe = *state;
        probe->take_over = "HTTP/1.1 101 X\r\n\r\n";
        int first = feed_bytes(probe, UPGRADE "tail\r\n", cut);
        assert_int_equal(first, cut < strlen(UPGRADE) ? 0 : 1);
        if (first == 0)
            assert_int_equal(feed(probe, &(UPGRADE "tail\r\n")[cut]), 1);
        size_t kept = cut < strlen(UPGRADE) ? 6 : cut - strlen(UPGRADE);
        assert_int_equal(probe->http.tail.size, kept);
        assert_int_equal(strncmp(text_string(&probe->http.tail), "tail\r\n", kept), 0);
        assert_string_equal(probe->out.data, "HTTP/1.1 101 X\r\n\r\n");
        assert_int_equal(probe->finishes, 0);
        again(state);
    }
}

static void test_an_upgrade_without_a_handler(void **state)
{
    struct probe *probe = *state;
    feed(probe, UPGRADE SIMPLE);
    assert_int_equal(probe->requests, 1);
    assert_has(probe, "Connection: close\r\n");
    assert_int_equal(probe->finishes, 1);
}

static void test_an_upgrade_behind_a_late_answer(void **state)
{
    struct probe *probe = *state;
    probe->late = true;
    probe->take_over = "HTTP/1.1 101 X\r\n\r\n";
    feed(probe, SIMPLE UPGRADE "tail");
    assert_int_equal(probe->requests, 1);
    answer(probe);
    assert_int_equal(probe->requests, 2);
    assert_has(probe, "HTTP/1.1 101 X\r\n\r\n");
    assert_int_equal(probe->http.tail.size, 4);
    assert_memory_equal(probe->http.tail.data, "tail", 4);
    assert_int_equal(probe->finishes, 0);
}

static void test_timeouts(void **state)
{
    struct probe *probe = *state;
    http_timeout(&probe->http);
    assert_int_equal(probe->out.size, 0);
    assert_int_equal(probe->finishes, 1);
    again(state);
    probe = *state;
    feed(probe, "GET / HTT");
    http_timeout(&probe->http);
    assert_has(probe, "HTTP/1.1 408 Request Timeout\r\n");
    assert_has(probe, "Connection: close\r\n");
    assert_int_equal(probe->failed, 408);
    assert_int_equal(probe->finishes, 1);
    again(state);
    /* Waiting for our own answer is no fault of the peer. */
    probe = *state;
    probe->late = true;
    feed(probe, SIMPLE);
    http_timeout(&probe->http);
    assert_int_equal(probe->failures, 0);
    answer(probe);
    assert_int_equal(probe->out.size, 0);
    assert_int_equal(probe->finishes, 1);
}

static void test_respond_text(void **state)
{
    struct probe *probe = *state;
    probe->late = true;
    feed(probe, SIMPLE);
    http_respond_text(&probe->http, 405, "no", "Allow: GET\r\n");
    assert_has(probe, "HTTP/1.1 405 Method Not Allowed\r\n");
    assert_has(probe, "Allow: GET\r\n");
    assert_has(probe, "Content-Length: 3\r\n");
    assert_has(probe, "\r\n\r\nno\n");
    assert_string_equal(http_reason(999), "Unknown");
}

static void test_tags_are_compared_whole(void **state)
{
    assert_true(http_tag_listed("\"ab\"", "ab"));
    assert_true(http_tag_listed("W/\"ab\"", "ab"));
    assert_true(http_tag_listed("\"x\", W/\"y,ab\" ,\t\"ab\"", "ab"));
    assert_true(http_tag_listed("\"ab-gz\"", "ab"));
    assert_true(http_tag_listed("*", "ab"));
    assert_false(http_tag_listed(NULL, "ab"));
    assert_false(http_tag_listed("", "ab"));
    assert_false(http_tag_listed("ab", "ab"));
    assert_false(http_tag_listed("\"abc\", \"xab\", \"x,ab\"", "ab"));
    assert_false(http_tag_listed("\"ab", "ab"));
    assert_false(http_tag_listed("\"x\", *", "ab"));
    assert_true(http_tag_allows_range(NULL, "ab"));
    assert_true(http_tag_allows_range("\"ab\"", "ab"));
    assert_false(http_tag_allows_range("W/\"ab\"", "ab"));
    assert_false(http_tag_allows_range("\"abc\"", "ab"));
    assert_false(http_tag_allows_range("\"ab-gz\"", "ab"));
    assert_false(http_tag_allows_range("Tue, 15 Nov 1994 12:45:26 GMT", "ab"));
}

static void test_tokens(void **state)
{
    assert_true(http_has_token("upgrade", "Upgrade"));
    assert_true(http_has_token("keep-alive, Upgrade", "upgrade"));
    assert_true(http_has_token(" ,\tx , upgrade\t,", "upgrade"));
    assert_true(http_has_token("gzip;q=0.5, br", "gzip"));
    assert_true(http_has_token("br, gzip ;q=1", "gzip"));
    assert_false(http_has_token("upgraded", "upgrade"));
    assert_false(http_has_token("up grade", "upgrade"));
    assert_false(http_has_token("x upgrade", "upgrade"));
    assert_false(http_has_token("", "upgrade"));
    assert_false(http_has_token(NULL, "upgrade"));
}

static void test_paths(void **state)
{
    char path[64];
    const char *const good[][2] = {
        { "/", "/" },
        { "/viewer", "/viewer" },
        { "/viewer?x=%00", "/viewer" },
        { "/viewer#x", "/viewer" },
        { "/a%20b", "/a b" },
        { "/%7e", "/~" },
        { "/%7E", "/~" },
        { "/a%2fb", "/a/b" },
        { "/%252e%252e/", "/%2e%2e/" },
        { "/.hidden/..x/x../...", "/.hidden/..x/x../..." },
        { "/%c3%a4", "/\xc3\xa4" },
        { "/s/a+b/", "/s/a+b/" },
        { "http://h/viewer?x", "/viewer" },
        { "HTTPS://[::1]:80/a/b", "/a/b" },
        { "http://h", "/" },
        { "http://h?x", "/" },
    };
    const char *const bad[] = {
        "",           "viewer",
        "*",          "http://h/../etc",
        "?",          "/..",
        "/../",       "/a/..",
        "/a/../b",    "/.",
        "/./a",       "/a/.",
        "/%2e%2e",    "/%2e%2e/etc",
        "/.%2e/etc",  "/%2E./etc",
        "/..%2fetc",  "/a%2f..%2fb",
        "/%2e",       "/a/%2e/b",
        "/..\\etc",   "/a\\b",
        "/%5c",       "/a%5c..%5cb",
        "/%00",       "/a%00.js",
        "/%",         "/%4",
        "/%4g",       "/%g4",
        "/%0d%0a",    "/%7f",
        "/%1f",       "/%c0%ae%c0%ae/",
        "/%e0%80%ae", "/%ff",
        "/%c3",       "/%u002e",
        "/\t",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(http_path(good[i][0], path, sizeof(path)));
        assert_string_equal(path, good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (http_path(bad[i], path, sizeof(path)))
            fail_msg("taken: %s as %s", bad[i], path);
    }
    assert_true(http_path("/234567", path, 8));
    assert_false(http_path("/2345678", path, 8));
    assert_true(http_path("/%34%35", path, 4));
}

static void test_query_fields(void **state)
{
    char out[8];
    const char *target = "/a?x=1&host=fd00%3A%3a2&y=a+b%&empty&last=%2#z=1";
    assert_int_equal(http_query_field(target, "x", out, sizeof(out)), 1);
    assert_string_equal(out, "1");
    assert_int_equal(http_query_field(target, "host", out, sizeof(out)), 1);
    assert_string_equal(out, "fd00::2");
    assert_int_equal(http_query_field(target, "y", out, sizeof(out)), 1);
    assert_string_equal(out, "a b%");
    assert_int_equal(http_query_field(target, "empty", out, sizeof(out)), 1);
    assert_string_equal(out, "");
    assert_int_equal(http_query_field(target, "last", out, sizeof(out)), 1);
    assert_string_equal(out, "%2");
    assert_int_equal(http_query_field(target, "hos", out, sizeof(out)), 0);
    assert_int_equal(http_query_field("/a", "x", out, sizeof(out)), 0);
    assert_int_equal(http_query_field(target, "host", out, 7), -1);
    assert_string_equal(out, "");
}

/* However a stream of requests is cut, the answers are the same. */
static void test_random_pieces(void **state)
{
    static const char stream[] =
        SIMPLE "\r\nHEAD /h HTTP/1.1\r\nHost: b\r\n\r\n"
               "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
               "4;ext=1\r\nbody\r\n0\r\nT: x\r\n\r\n"
               "POST /q HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /r HTTP/1.0\r\n\r\n";
    srand(1);
    for (unsigned round = 0; round < 500; round++) {
        struct probe *probe = *state;
        probe->late = round % 2 == 1;
        for (size_t at = 0; at < sizeof(stream) - 1;) {
            size_t n = 1 + (size_t)rand() % (rand() % 8 == 0 ? 100 : 10);
            if (n > sizeof(stream) - 1 - at)
                n = sizeof(stream) - 1 - at;
            feed_bytes(probe, stream + at, n);
            at += n;
            if (rand() % 4 == 0 && probe->http.busy)
                answer(probe);
        }
        while (probe->http.busy)
            answer(probe);
        assert_string_equal(probe->targets.data, "GET /viewer?a=b;HEAD /h;POST /p;POST /q;GET /r;");
        assert_int_equal(count(&probe->out, "HTTP/1.1 200 OK"), 5);
        assert_int_equal(count(&probe->out, "hello"), 4);
        assert_int_equal(probe->finishes, 1);
        again(state);
    }
}

#define PUT "PUT /m HTTP/1.1\r\nHost: a\r\n"
#define SIZED PUT "Content-Length: 11\r\n\r\nhello world"
#define CHUNKED PUT "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"

/* In any two pieces, sized and chunked, with the next request behind it. */
static void test_a_body_is_streamed(void **state)
{
    static const char *const texts[] = { SIZED SIMPLE, CHUNKED SIMPLE };
    for (unsigned i = 0; i < 2; i++) {
        for (size_t cut = 1; cut < strlen(texts[i]); cut++) {
            struct probe *probe = *state;
            probe->take = true;
            assert_int_equal(feed_bytes(probe, texts[i], cut), 0);
            assert_int_equal(feed_bytes(probe, texts[i] + cut, strlen(texts[i]) - cut), 0);
            assert_string_equal(probe->streamed.data, "hello world");
            assert_int_equal(probe->ends, 1);
            assert_string_equal(probe->targets.data, "GET /viewer?a=b;");
            assert_int_equal(count(&probe->out, "HTTP/1.1 200 OK"), 2);
            assert_lacks(probe, "Connection: close");
            again(state);
        }
    }
}

static void test_a_body_is_kept(void **state)
{
    struct probe *probe = *state;
    size_t size;
    probe->late = true;
    feed(probe, CHUNKED);
    assert_string_equal(http_body(&probe->http, &size), "hello world");
    assert_int_equal(size, 11);
    answer(probe);
    http_body(&probe->http, &size);
    assert_int_equal(size, 0);
}

static void test_an_expected_continue(void **state)
{
    struct probe *probe = *state;
    probe->take = true;
    feed(probe, PUT "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(probe->out.data, "HTTP/1.1 100 Continue\r\n\r\n");
    feed(probe, "ab");
    assert_has(probe, "\r\n\r\nHTTP/1.1 200 OK");
    again(state);
    probe = *state;
    probe->take = true;
    feed(probe, PUT "Expect: gold\r\nContent-Length: 2\r\n\r\n");
    assert_has(probe, "HTTP/1.1 417 ");
    assert_int_equal(probe->gone, 1);
    again(state);
    probe = *state;
    probe->take = true;
    feed(probe, "PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(probe->out.size, 0);
}

static void test_a_paused_body_is_continued_later(void **state)
{
    struct probe *probe = *state;
    probe->take = true;
    probe->pause = true;
    feed(probe, PUT "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(probe->out.size, 0);
    http_resume_body(&probe->http);
    http_resume_body(&probe->http);
    assert_string_equal(probe->out.data, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(probe->resumed, 1);
}

/* Before the body, in its middle: the connection ends, and nothing more is delivered. */
static void test_an_early_answer_ends_the_connection(void **state)
{
    struct probe *probe = *state;
    probe->refuse = true;
    assert_int_equal(feed(probe, SIZED SIMPLE), -1);
    assert_int_equal(count(&probe->out, "HTTP/1.1 "), 1);
    assert_has(probe, "Connection: close");
    again(state);
    probe = *state;
    probe->take = true;
    probe->enough = 5;
    assert_int_equal(feed(probe, CHUNKED SIMPLE), -1);
    assert_string_equal(probe->streamed.data, "hello");
    assert_int_equal(count(&probe->out, "HTTP/1.1 "), 1);
    assert_int_equal(probe->ends + probe->gone + probe->failures, 0);
}

static void test_a_body_that_does_not_come(void **state)
{
    struct probe *probe = *state;
    probe->take = true;
    feed(probe, PUT "Content-Length: 11\r\n\r\nhello");
    http_timeout(&probe->http);
    assert_int_equal(probe->gone, 1);
    assert_has(probe, "HTTP/1.1 408 ");
    again(state);
    probe = *state;
    probe->take = true;
    feed(probe, PUT "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloxx");
    assert_int_equal(probe->gone, 1);
    assert_has(probe, "HTTP/1.1 400 ");
    again(state);
    probe = *state;
    probe->take = true;
    feed(probe, PUT "Content-Length: 11\r\n\r\nhello");
    http_gone(&probe->http);
    assert_int_equal(probe->gone, 1);
    assert_int_equal(probe->out.size, 0);
}

static void test_interim_answers(void **state)
{
    struct probe *probe = *state;
    probe->take = true;
    probe->late = true;
    feed(probe, SIZED);
    http_interim(&probe->http, "102 Processing", "X: y\r\n");
    assert_string_equal(probe->out.data, "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n");
    probe->http.problems = true;
    http_respond_text(&probe->http, 415, "no \"shape\"", NULL);
    assert_has(probe, "\r\n\r\nHTTP/1.1 415 Unsupported Media Type\r\n");
    assert_has(probe, "Content-Type: application/problem+json\r\n");
    assert_has(probe, "{\"title\":\"Unsupported Media Type\",\"status\":415,"
                      "\"detail\":\"no \\\"shape\\\"\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_probe, drop_probe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_a_request),
        TEST(test_takes_single_bytes),
        TEST(test_takes_any_two_pieces),
        TEST(test_headers_are_found_in_any_case),
        TEST(test_answers_pipelined_requests_in_order),
        TEST(test_late_answers_keep_their_order),
        TEST(test_a_late_answer_that_closes_drops_the_rest),
        TEST(test_connection_close),
        TEST(test_http_1_0),
        TEST(test_head_gets_no_body),
        TEST(test_not_modified_has_no_body_nor_length),
        TEST(test_refuses_what_is_no_request),
        TEST(test_host_is_there_once),
        TEST(test_other_versions),
        TEST(test_expectations_are_refused),
        TEST(test_target_limit),
        TEST(test_header_limits),
        TEST(test_a_header_name_without_end),
        TEST(test_body_limit),
        TEST(test_trailers_are_no_headers),
        TEST(test_upgrade_keeps_the_tail),
        TEST(test_an_upgrade_without_a_handler),
        TEST(test_an_upgrade_behind_a_late_answer),
        TEST(test_timeouts),
        TEST(test_respond_text),
        TEST(test_tags_are_compared_whole),
        TEST(test_tokens),
        TEST(test_paths),
        TEST(test_query_fields),
        TEST(test_random_pieces),
        TEST(test_a_body_is_streamed),
        TEST(test_a_body_is_kept),
        TEST(test_an_expected_continue),
        TEST(test_a_paused_body_is_continued_later),
        TEST(test_an_early_answer_ends_the_connection),
        TEST(test_a_body_that_does_not_come),
        TEST(test_interim_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * What happens when the n-th allocation fails, for every n, and when all fail from the n-th on.
 * malloc and its kin are wrapped by the linker in this executable and in all of `core` that it
 * links; jansson is given the same functions. Under a sanitizer a leak or a wrong access fails the
 * run; here it is checked that the next one is served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "model/model.h"
#include "server.h"
#include "view.h"
#include "view/exact_show.h"
#include "web/http.h"
#include "web/ws.h"
#include "web/ws_frame.h"

/* Allocations until the one that fails; 0 and below: none does. The pool's threads count too. */
static atomic_long countdown;
static atomic_long seen;
static atomic_bool for_good; /* all after that one fail too */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
    atomic_fetch_add(&seen, 1);
    long before = atomic_load(&countdown);
    if (before <= 0)
        return false;
    if (before == 1 && atomic_load(&for_good))
        return true;
    return atomic_fetch_sub(&countdown, 1) == 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void arm(long n, bool all)
{
    atomic_store(&for_good, all);
    atomic_store(&countdown, n);
}

static void disarm(void)
{
    atomic_store(&countdown, 0);
}

/* Runs `scene` with each of its allocations failing in turn: once for each step, alone and with
 * all that follow. `most`: scenes whose number of allocations is large are sampled. */
static void starve(void (*scene)(void *arg), void *arg, long most)
{
    atomic_store(&seen, 0);
    scene(arg);
    long total = atomic_load(&seen);
    long stride = total / most + 1;
    assert_true(total > 0);
    for (long n = 1; n <= total; n += stride) {
        for (int all = 0; all < 2; all++) {
            arm(n, all);
            scene(arg);
            disarm();
        }
    }
    scene(arg);
}

/* ---- HTTP ---- */

struct http_scene {
    struct http http;
    bool late;
    unsigned finishes;
};

static void http_request(void *owner, struct http *http)
{
    struct http_scene *scene = owner;
    if (http->upgrade)
        http_take_over(http, "101\r\n\r\n", 7);
    else if (!scene->late)
        http_respond_text(http, 200, "ok", "X: y\r\n");
}

static void http_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                       size_t offset, size_t size)
{
}

static void http_failed(void *owner, int status, const char *reason)
{
}

static void http_finish(void *owner)
{
    struct http_scene *scene = owner;
    scene->finishes++;
}

static void play_http(void *arg)
{
    static const struct http_events events = {
        .request = http_request, .write = http_write, .failed = http_failed, .finish = http_finish
    };
    static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"
                               "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n" UPGRADE "tail";
    struct http_scene scene = { .late = arg != NULL };
    http_init(&scene.http, 4096, &events, &scene);
    for (size_t at = 0; at < sizeof(text) - 1; at += 50) {
        size_t n = sizeof(text) - 1 - at < 50 ? sizeof(text) - 1 - at : 50;
        http_feed(&scene.http, (const uint8_t *)text + at, n);
    }
    for (unsigned i = 0; i < 3; i++)
        http_respond_text(&scene.http, 200, "late", NULL);
    assert_true(scene.finishes <= 1);
    http_free(&scene.http);
}

static void test_http(void **state)
{
    starve(play_http, NULL, 1000);
    starve(play_http, "late", 1000);
}

/* ---- WebSocket ---- */

struct ws_scene {
    struct ws ws;
    unsigned messages;
    unsigned finishes;
};

static void ws_message(void *owner, struct blob *blob)
{
    struct ws_scene *scene = owner;
    scene->messages++;
    ws_hold(&scene->ws);
    ws_send(&scene->ws, blob);
}

static void on_ws_finish(void *owner, int code, const char *reason)
{
    struct ws_scene *scene = owner;
    scene->finishes++;
}

static void add_frame(struct text *to, uint8_t first, size_t size)
{
    uint8_t head[WS_HEAD_MAX + 4] = { 0 };
    size_t n = ws_frame_head(head, first, size);
    head[1] |= 0x80;
    memset(head + n, 0, 4);
    text_add_bytes(to, head, n + 4);
    for (size_t i = 0; i < size; i++)
        text_add_bytes(to, "x", 1);
}

static void play_ws(void *arg)
{
    static const struct ws_events events = { .message = ws_message,
                                             .write = http_write,
                                             .finish = on_ws_finish };
    const struct text *stream = arg;
    struct ws_scene scene = { .messages = 0 };
    uint8_t *copy = __real_malloc(stream->size);
    memcpy(copy, stream->data, stream->size);
    ws_init(&scene.ws, 1000000, &events, &scene);
    ws_ping(&scene.ws);
    for (size_t at = 0; at < stream->size; at += 5000) {
        size_t n = stream->size - at < 5000 ? stream->size - at : 5000;
        ws_feed(&scene.ws, copy + at, n);
        while (scene.ws.hold)
            ws_release(&scene.ws);
    }
    ws_send_text(&scene.ws, (char *)copy, 3000);
    ws_close(&scene.ws, 1001, "bye");
    assert_true(scene.finishes <= 1);
    ws_free(&scene.ws);
    free(copy);
}

static void test_ws(void **state)
{
    struct text stream = { 0 };
    add_frame(&stream, 0x81, 100);
    add_frame(&stream, 0x82, 70000);
    add_frame(&stream, 0x89, 10);
    add_frame(&stream, 0x01, 3000);
    add_frame(&stream, 0x80, 3000);
    add_frame(&stream, 0x81, 0);
    starve(play_ws, &stream, 1000);
    text_free(&stream);
}

/* ---- the hub ---- */

#define MODEL "D:{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}"

static void play_peers(struct fake_hub *fake, bool gone)
{
    static const char *const says[] = {
        MODEL,
        "S:{\"type\":\"ui\",\"config\":{\"k\":7,\"l\":[1,2]}}",
        "D:{\"data\":[[\"/a\",\"t\",[0],[1]]],\"type\":\"animation\"}",
        "C:{\"type\":\"set_relative_time\",\"value\":0.5}",
        "C:{\"type\":\"screenshot\",\"filename\":\"/tmp/a.png\"}",
        "B:{\"model\":{}}",
        "C:\"status\"",
        "C:\"config\"",
        "what?",
        MODEL,
    };
    struct fake_peer peers[4];
    bool there[4];
    int error;
    for (unsigned i = 0; i < 4; i++) {
        there[i] = fake_join(fake, &peers[i], i < 3 ? "default" : "other") == 0;
        peers[i].goes_on_close = gone;
    }
    static const char *const hellos[] = {
        "L:{}", "L:{\"viewer\":\"cadcast\",\"formats\":[\"binary\"],\"id\":\"p\"}",
        "L:Python listener", "L:{\"viewer\":\"sessions\"}"
    };
    for (unsigned i = 0; i < 4; i++) {
        if (there[i])
            fake_say(&peers[i], hellos[i]);
    }
    for (unsigned k = 0; k < sizeof(says) / sizeof(says[0]); k++) {
        fake_kernel_says(fake, "default", says[k]);
        peers[0].queued = k % 3 == 0 ? 2 * 1024 * 1024 : 0;
        if (there[0])
            peer_pump(&peers[0].peer);
        struct session *session = hub_session(&fake->hub, "default", &error);
        if (k % 4 == 1)
            fake_converted(fake, session);
        if (there[1])
            fake_say(&peers[1],
                     "U:{\"command\":\"status\",\"text\":{\"zoom\":1,\"activeTool\":\"D\","
                     "\"selectedShapeIDs\":[\"a\"]}}");
        if (there[2] && !peers[2].peer.closing)
            fake_say(&peers[2], "R:{\"type\":\"backend_response\"}");
        fake->now += 3000;
        hub_tick(&fake->hub);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (there[i])
            fake_leave(&peers[i]);
    }
}

static void play_hub(void *arg)
{
    struct fake_hub fake;
    struct fake_peer peer;
    if (fake_hub_init(&fake) < 0) {
        hub_free(&fake.hub);
        return;
    }
    play_peers(&fake, arg != NULL);
    /* The next one is served. */
    disarm();
    assert_int_equal(fake_join(&fake, &peer, "default"), 0);
    fake_say(&peer, "L:{}");
    fake_kernel_says(&fake, "default", MODEL);
    assert_non_null(strstr(text_string(&peer.got), "instances"));
    fake_leave(&peer);
    fake_hub_free(&fake);
}

static void test_hub(void **state)
{
    starve(play_hub, NULL, 1500);
    starve(play_hub, "gone", 1500);
}

/* ---- a show that sends geometry ---- */

struct exact_scene {
    struct text show;      /* an `E` */
    uint8_t shapes[2][64]; /* each an `F` */
    size_t size;           /* of one */
};

static void make_exact(struct exact_scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    text_add(&scene->show, "E:{\"version\":1,\"config\":{},\"count\":2,\"mesh\":{\"deviation\":0.1,"
                           "\"angular_tolerance\":0.2},\"shapes\":[");
    for (size_t i = 0; i < 2; i++) {
        uint8_t *message = scene->shapes[i];
        memcpy(message, "F:", 2);
        message[2 + HASH_SHA256] = (uint8_t)('0' + i);
        scene->size = 2 + HASH_SHA256 + 1;
        assert_int_equal(hash_sha256(message + 2, message + 2 + HASH_SHA256, 1), 0);
        text_add(&scene->show, i == 0 ? "{\"hash\":\"" : ",{\"hash\":\"");
        for (size_t k = 0; k < HASH_SHA256; k++)
            text_format(&scene->show, "%02x", message[2 + k]);
        text_add(&scene->show, "\",\"bytes\":1}");
    }
    text_add(&scene->show, "],\"tree\":{\"id\":\"/g\",\"name\":\"g\",\"parts\":[{\"id\":\"/g/a\","
                           "\"name\":\"a\",\"shape\":{\"ref\":0}},{\"id\":\"/g/b\",\"name\":\"b\","
                           "\"shape\":{\"ref\":1}}]}}");
    assert_int_equal(text_error(&scene->show), 0);
}

/* Does all jobs. Those that read JSON have memory: a token of it that is longer than jansson's
 * first buffer ends the process if that cannot grow (an assertion in its load.c). */
static void work(struct fake_hub *fake)
{
    while (fake->job_count > 0) {
        bool reads = fake->jobs[0].kind == FAKE_PLAN || fake->jobs[0].kind == FAKE_TEXT;
        long left = atomic_load(&countdown);
        if (reads)
            disarm();
        fake_work_next(fake);
        if (reads)
            atomic_store(&countdown, left);
    }
}

static void play_shows(struct fake_hub *fake, const struct exact_scene *scene)
{
    struct fake_peer kernel;
    if (fake_join(fake, &kernel, "default") < 0)
        return;
    for (unsigned k = 0; k < 2 && !kernel.peer.closing; k++) {
        fake_say(&kernel, scene->show.data);
        work(fake);
        for (unsigned i = 0; i < 2; i++) {
            const struct exact_show *show = kernel.peer.exact;
            if (show != NULL && show->shapes[i].state == EXACT_SHOW_MISSING)
                fake_say_bytes(&kernel, scene->shapes[i], scene->size);
        }
        fake->now += 1000;
        exact_tick(&fake->hub);
        work(fake);
    }
    fake_leave(&kernel);
    work(fake);
}

static void play_exact(void *arg)
{
    struct fake_hub fake;
    struct fake_peer peers[2];
    bool there[2];
    static const char *const hellos[] = {
        "L:{}", "L:{\"viewer\":\"cadcast\",\"formats\":[\"binary\"],\"id\":\"p\"}"
    };
    if (fake_hub_init(&fake) < 0) {
        hub_free(&fake.hub);
        return;
    }
    fake.hub.view.options.builtin = true;
    for (unsigned i = 0; i < 2; i++) {
        there[i] = fake_join(&fake, &peers[i], "default") == 0;
        if (there[i])
            fake_say(&peers[i], hellos[i]);
    }
    play_shows(&fake, arg);
    /* The next one is served. */
    disarm();
    play_shows(&fake, arg);
    struct session *session = hub_find(&fake.hub, "default");
    assert_true(session->picture.model != NULL && model_is_file(session->picture.model));
    assert_null(session->exact);
    for (unsigned i = 0; i < 2; i++) {
        if (there[i])
            fake_leave(&peers[i]);
    }
    assert_int_equal(fake.hub.view.exact_bytes, 0);
    fake_hub_free(&fake);
}

static void test_exact(void **state)
{
    struct exact_scene scene;
    make_exact(&scene);
    starve(play_exact, &scene, 1500);
    text_free(&scene.show);
}

/* ---- conversion and settings ---- */

static void play_convert(void *arg)
{
    struct model_options options = { .max_bytes = 0 };
    struct model_file file;
    if (model_convert(arg, &options, &file) == 0)
        model_file_free(&file);
}

static void test_convert(void **state)
{
    char path[4096];
    struct blob *blob = blob_new(1 << 20);
    snprintf(path, sizeof(path), "%s/messages/box-model.msg", getenv("TEST_DATA"));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    blob->size = fread(blob->data, 1, blob->room, file);
    fclose(file);
    starve(play_convert, blob, 1000);
    blob_unref(blob);
}

static void play_config(void *arg)
{
    struct text out = { 0 };
    struct config *config = config_new(arg, getenv("HOME"), NULL);
    if (config == NULL)
        return;
    config_answer(config, true, &out);
    config_page(config, &out);
    config_free(config);
    text_free(&out);
}

static void test_config(void **state)
{
    char home[64];
    char path[128];
    char *argv[] = { "cadcast", NULL };
    char *envp[] = { NULL };
    struct options options;
    struct text message = { 0 };
    assert_int_equal(fixture_home(home), 0);
    snprintf(path, sizeof(path), "%s/.ocpvscode_standalone", home);
    FILE *file = fopen(path, "w");
    fputs("theme: dark\nmodifier_keys:\n  shift: shiftKey\nextra: [1, {a: b}]\n", file);
    fclose(file);
    assert_int_equal(options_parse(&options, 1, argv, envp, &message), 0);
    starve(play_config, &options, 1500);
    options_free(&options);
    text_free(&message);
    fixture_forget_home(home);
}

/* ---- a whole server ---- */

/* Until nothing goes on but connections: an answer that there was no memory for never comes. */
static void settle(struct fixture *fixture)
{
    loop_turn(fixture->loop);
    while (fixture->server.front.jobs.count > 0 || fixture->server.page.loading > 0)
        uv_run(fixture->loop, UV_RUN_ONCE);
    loop_turn(fixture->loop);
}

/* Half of what is asked here may fail; what may not is the server. */
static void play_clients(struct fixture *fixture)
{
    struct text got = { 0 };
    fixture_ask(fixture, "GET /viewer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                &got);
    text_free(&got);
    fixture_ask(fixture,
                "GET /static/page.js HTTP/1.1\r\nHost: localhost\r\n"
                "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n",
                &got);
    text_free(&got);
    int browser = fixture_upgrade(fixture);
    int kernel = fixture_upgrade(fixture);
    if (browser >= 0)
        fixture_say(fixture, browser,
                    "L:{\"viewer\":\"cadcast\",\"formats\":[\"binary\"],\"id\":\"p\"}");
    if (kernel >= 0) {
        fixture_say(fixture, kernel, MODEL);
        fixture_say(fixture, kernel, "C:\"config\"");
    }
    settle(fixture);
    if (kernel >= 0)
        close(kernel);
    if (browser >= 0)
        close(browser);
    text_free(&got);
    loop_turn(fixture->loop);
}

static void assert_serves(struct fixture *fixture)
{
    struct text got = { 0 };
    assert_int_equal(fixture_ask(fixture,
                                 "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                 "Connection: close\r\n\r\n",
                                 &got),
                     1);
    assert_non_null(strstr(text_string(&got), "\"status\":\"ok\""));
    text_free(&got);
    int kernel = fixture_upgrade(fixture);
    assert_true(kernel >= 0);
    fixture_say(fixture, kernel, "C:\"status\"");
    assert_int_equal(client_read(fixture->loop, kernel, &got, "\"command\":\"status\"", SIZE_MAX),
                     0);
    close(kernel);
    text_free(&got);
    while (fixture->server.front.conn_count > 0 || fixture->server.front.jobs.count > 0)
        uv_run(fixture->loop, UV_RUN_ONCE);
}

static void test_a_server_goes_on(void **state)
{
    char home[64];
    uv_loop_t loop;
    struct fixture fixture = { .loop = NULL };
    assert_int_equal(fixture_home(home), 0);
    uv_loop_init(&loop);
    assert_int_equal(fixture_start(&fixture, &loop, "0"), 0);
    fixture.server.log.fd = -1;
    play_clients(&fixture);
    atomic_store(&seen, 0);
    play_clients(&fixture);
    long total = atomic_load(&seen);
    long stride = total / 250 + 1;
    for (long n = 1; n <= total; n += stride) {
        for (int all = 0; all < 2; all++) {
            arm(n, all);
            play_clients(&fixture);
            disarm();
            assert_serves(&fixture);
        }
    }
    server_stop(&fixture.server);
    loop_end(&loop);
    fixture_free(&fixture);
    fixture_forget_home(home);
}

/* Starts a server whose allocation number `n` fails, and all later ones if `all`. Returns whether
 * the start succeeded; if not, a line says so, where there was memory for one. */
static bool start_short_of_memory(long n, bool all)
{
    uv_loop_t loop;
    struct fixture fixture = { .loop = NULL };
    int kept = dup(STDERR_FILENO);
    int said = memfd_create("stderr", MFD_CLOEXEC);
    uv_loop_init(&loop);
    dup2(said, STDERR_FILENO);
    atomic_store(&seen, 0);
    arm(n, all);
    int error = fixture_start(&fixture, &loop, "0");
    disarm();
    dup2(kept, STDERR_FILENO);
    bool begun = fixture.server.options != NULL;
    if (error != 0 && begun && !all && lseek(said, 0, SEEK_END) == 0)
        fail_msg("no line about allocation %ld, which failed", n);
    if (error == 0)
        server_stop(&fixture.server);
    loop_end(&loop);
    fixture_free(&fixture);
    close(kept);
    close(said);
    return error == 0;
}

static void test_a_server_that_cannot_start_says_so(void **state)
{
    char home[64];
    assert_int_equal(fixture_home(home), 0);
    assert_true(start_short_of_memory(0, false));
    long total = atomic_load(&seen);
    for (long n = 1; n <= total; n += total / 150 + 1) {
        start_short_of_memory(n, false);
        start_short_of_memory(n, true);
    }
    fixture_forget_home(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_ws),
        cmocka_unit_test(test_hub),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_convert),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_a_server_goes_on),
        cmocka_unit_test(test_a_server_that_cannot_start_says_so),
    };
    json_set_alloc_funcs(__wrap_malloc, free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

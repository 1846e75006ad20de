/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "loop.h"
#include "server.h"
#include "web/page.h"

/* A folder with a page, and one connection that asks for its files. */
struct stage {
    uv_loop_t loop;
    char folder[64];
    struct page page;
    struct http http;
    struct weak_pointer *weak;
    const char *path;
    struct text out;
    unsigned finishes;
};

static void on_request(void *owner, struct http *http)
{
    struct stage *stage = owner;
    page_file(&stage->page, http, stage->weak, stage->path);
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct stage *stage = owner;
    text_add_bytes(&stage->out, head, head_size);
    if (blob != NULL)
        text_add_bytes(&stage->out, blob->data + offset, size);
}

static void on_failed(void *owner, int status, const char *reason)
{
}

static void on_finish(void *owner)
{
    struct stage *stage = owner;
    stage->finishes++;
}

static void put(struct stage *stage, const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", stage->folder, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void put_folder(struct stage *stage, const char *path)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", stage->folder, path);
    assert_int_equal(mkdir(full, 0700), 0);
}

static int open_page(struct stage *stage)
{
    char packed[128];
    snprintf(packed, sizeof(packed), "%s/gzip", stage->folder);
    return page_open(&stage->page, &stage->loop, stage->folder, packed, NULL);
}

static int make_stage(void **state)
{
    static const struct http_events events = {
        .request = on_request, .write = on_write, .failed = on_failed, .finish = on_finish
    };
    struct stage *stage = calloc(1, sizeof(*stage));
    char script[4001];
    *state = stage;
    uv_loop_init(&stage->loop);
    strcpy(stage->folder, "/tmp/cadcast-page-XXXXXX");
    if (mkdtemp(stage->folder) == NULL)
        return -1;
    memset(script, 'x', 4000);
    script[4000] = '\0';
    put_folder(stage, "static");
    put_folder(stage, "static/sub");
    put_folder(stage, "static/.hidden");
    put_folder(stage, "templates");
    put(stage, "templates/viewer.html", "<base href=@STATIC@>@CADCAST@ me@example.org @STATIC@");
    put(stage, "templates/sessions.html", "@CADCAST@");
    put(stage, "templates/side.html", "@CADCAST@");
    put(stage, "static/page.js", script);
    put(stage, "static/small.css", "a{}");
    put(stage, "static/sub/picture.png", "png");
    put(stage, "static/odd.xyz", "?");
    put(stage, "static/.secret", "no");
    put(stage, "static/.hidden/file.js", "no");
    put(stage, "outside.js", "no");
    http_init(&stage->http, 4096, &events, stage);
    stage->weak = weak_pointer_new(&stage->http);
    return open_page(stage);
}

static int drop_stage(void **state)
{
    struct stage *stage = *state;
    loop_end(&stage->loop);
    assert_int_equal(stage->page.loading, 0);
    page_close(&stage->page);
    http_free(&stage->http);
    weak_pointer_unref(stage->weak);
    text_free(&stage->out);
    fixture_forget_home(stage->folder);
    free(stage);
    return 0;
}

/* Asks for a file; the answer, with whatever comes from the pool, is in stage->out. */
static const char *get(struct stage *stage, const char *path, const char *headers)
{
    struct text request = { 0 };
    stage->path = path;
    text_free(&stage->out);
    text_format(&request, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
    http_feed(&stage->http, (const uint8_t *)request.data, request.size);
    text_free(&request);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    return text_string(&stage->out);
}

static void assert_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in: %.300s", part, text);
}

static void test_files_and_their_types(void **state)
{
    struct stage *stage = *state;
    for (unsigned i = 0; i < 2; i++) {
        assert_in(get(stage, "page.js", ""), "HTTP/1.1 200 OK");
        assert_in(stage->out.data, "Content-Type: text/javascript; charset=utf-8\r\n");
        assert_in(stage->out.data, "Content-Length: 4000\r\n");
        assert_in(stage->out.data, "Cache-Control: no-cache\r\n");
        assert_in(stage->out.data, "\r\n\r\nxxxx");
    }
    assert_in(get(stage, "small.css", ""), "Content-Type: text/css; charset=utf-8\r\n");
    assert_in(get(stage, "sub/picture.png", ""), "Content-Type: image/png\r\n");
    assert_in(get(stage, "odd.xyz", ""), "Content-Type: application/octet-stream\r\n");
}

static void test_nothing_else_is_reachable(void **state)
{
    struct stage *stage = *state;
    const char *const paths[] = { "",
                                  "/",
                                  "nothing.js",
                                  "sub",
                                  "sub/",
                                  "../outside.js",
                                  "../templates/viewer.html",
                                  ".secret",
                                  ".hidden/file.js",
                                  "sub/../page.js",
                                  "./page.js",
                                  "page.js/",
                                  "/page.js",
                                  "v-",
                                  "v-/",
                                  "v-0123456789abcdef/../outside.js",
                                  "PAGE.JS" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strstr(get(stage, paths[i], ""), "HTTP/1.1 404 ") == NULL)
            fail_msg("%s: %.100s", paths[i], stage->out.data);
    }
}

static void test_compression(void **state)
{
    struct stage *stage = *state;
    get(stage, "page.js", "Accept-Encoding: br, gzip\r\n");
    assert_in(stage->out.data, "Content-Encoding: gzip\r\n");
    assert_in(stage->out.data, "Vary: Accept-Encoding\r\n");
    assert_true(stage->out.size < 1000);
    get(stage, "page.js", "Accept-Encoding: br\r\n");
    assert_null(strstr(stage->out.data, "Content-Encoding"));
    assert_in(stage->out.data, "Vary: Accept-Encoding\r\n");
    get(stage, "page.js", "Accept-Encoding: gzip;q=0\r\n");
    assert_null(strstr(stage->out.data, "Content-Encoding"));
    get(stage, "small.css", "Accept-Encoding: gzip\r\n");
    assert_null(strstr(stage->out.data, "Content-Encoding"));
}

/* The tag that page.js has now. */
static void tag_of_script(struct stage *stage, char tag[33])
{
    const char *at = strstr(get(stage, "page.js", ""), "ETag: \"");
    assert_non_null(at);
    snprintf(tag, 33, "%.32s", at + 7);
}

/* As a server that is started again. */
static void open_again(struct stage *stage)
{
    page_close(&stage->page);
    assert_int_equal(open_page(stage), 0);
}

/* What was compressed when cadcast was built is served for the contents it was made from alone. */
static void test_compressed_before(void **state)
{
    struct stage *stage = *state;
    char tag[33];
    char path[64];
    char script[4001];
    tag_of_script(stage, tag);
    put_folder(stage, "gzip");
    snprintf(path, sizeof(path), "gzip/%s.gz", tag);
    put(stage, path, "made when it was built");
    open_again(stage);
    get(stage, "page.js", "Accept-Encoding: gzip\r\n");
    assert_in(stage->out.data, "Content-Encoding: gzip\r\n");
    assert_in(stage->out.data, "\r\n\r\nmade when it was built");
    assert_in(get(stage, "page.js", ""), "\r\n\r\nxxxx");
    memset(script, 'y', 4000);
    script[4000] = '\0';
    put(stage, "static/page.js", script);
    open_again(stage);
    get(stage, "page.js", "Accept-Encoding: gzip\r\n");
    assert_in(stage->out.data, "Content-Encoding: gzip\r\n");
    assert_null(strstr(stage->out.data, "made when"));
    assert_true(stage->out.size < 1000);
}

static void test_tags(void **state)
{
    struct stage *stage = *state;
    char tag[33];
    char headers[256];
    tag_of_script(stage, tag);
    const char *const same[] = { "\"%s\"", "W/\"%s\"", "\"x\", \"%s\"", "\"%s-gz\"" };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char value[128];
        snprintf(value, sizeof(value), same[i], tag);
        snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", value);
        assert_in(get(stage, "page.js", headers), "HTTP/1.1 304 Not Modified");
        assert_null(strstr(stage->out.data, "xxxx"));
    }
    assert_in(get(stage, "page.js", "If-None-Match: *\r\n"), "HTTP/1.1 304 ");
    assert_in(get(stage, "page.js", "If-None-Match: \"other\"\r\n"), "HTTP/1.1 200 ");
    snprintf(headers, sizeof(headers), "If-None-Match: \"x%s\"\r\n", tag);
    assert_in(get(stage, "page.js", headers), "HTTP/1.1 200 ");
}

static void test_versioned_addresses(void **state)
{
    struct stage *stage = *state;
    char path[64];
    snprintf(path, sizeof(path), "v-%s/page.js", stage->page.version);
    assert_in(get(stage, path, ""), "Cache-Control: public, max-age=31536000, immutable\r\n");
    assert_in(get(stage, "v-0000000000000000/page.js", ""), "Cache-Control: no-cache\r\n");
    assert_in(get(stage, "v-/page.js", ""), "Cache-Control: no-cache\r\n");
}

static void test_a_file_that_is_gone(void **state)
{
    struct stage *stage = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/static/odd.xyz", stage->folder);
    unlink(path);
    assert_in(get(stage, "odd.xyz", ""), "HTTP/1.1 500 ");
    put(stage, "static/odd.xyz", "!");
    assert_in(get(stage, "odd.xyz", ""), "\r\n\r\n!");
}

/* Several ask while it is being read, and one of them is gone by then. */
static void test_who_asks_is_gone(void **state)
{
    struct stage *stage = *state;
    struct http other;
    static const struct http_events events = {
        .request = on_request, .write = on_write, .failed = on_failed, .finish = on_finish
    };
    struct weak_pointer *kept = stage->weak;
    http_init(&other, 4096, &events, stage);
    struct weak_pointer *gone = weak_pointer_new(&other);
    stage->path = "page.js";
    stage->weak = gone;
    http_feed(&other, (const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18);
    assert_true(stage->page.loading > 0);
    weak_pointer_clear(gone);
    weak_pointer_unref(gone);
    http_free(&other);
    stage->weak = kept;
    assert_in(get(stage, "page.js", ""), "HTTP/1.1 200 ");
}

static void test_templates(void **state)
{
    struct stage *stage = *state;
    char want[200];
    stage->http.busy = true;
    stage->http.keep_alive = true;
    page_template(&stage->page, &stage->http, &stage->page.viewer, "{\"a\":1}", "../../");
    snprintf(want, sizeof(want),
             "\r\n\r\n<base href=../../static/v-%s/>{\"a\":1} me@example.org ../../static/v-%s/",
             stage->page.version, stage->page.version);
    assert_in(stage->out.data, want);
    assert_in(stage->out.data, "Cache-Control: no-store\r\n");
    assert_in(stage->out.data, "Content-Type: text/html; charset=utf-8\r\n");
}

static void test_an_incomplete_folder(void **state)
{
    struct stage *stage = *state;
    struct page page;
    assert_false(page_complete(&stage->page));
    assert_true(page_open(&page, &stage->loop, "/nonexistent", NULL, NULL) < 0);
    page_close(&page);
    put_folder(stage, "static/vendor");
    put_folder(stage, "static/vendor/ocp-viewer-core");
    put(stage, "static/vendor/three-cad-viewer.esm.js", "");
    put(stage, "static/vendor/ocp-viewer-core/index.js", "");
    assert_int_equal(page_open(&page, &stage->loop, stage->folder, NULL, NULL), 0);
    assert_true(page_complete(&page));
    assert_string_not_equal(page.version, stage->page.version);
    page_close(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_stage, drop_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files_and_their_types),
        TEST(test_nothing_else_is_reachable),
        TEST(test_compression),
        TEST(test_compressed_before),
        TEST(test_tags),
        TEST(test_versioned_addresses),
        TEST(test_a_file_that_is_gone),
        TEST(test_who_asks_is_gone),
        TEST(test_templates),
        TEST(test_an_incomplete_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

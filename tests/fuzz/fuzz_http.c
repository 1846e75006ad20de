/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Bodies are streamed if the method is PUT.
 *
 * Feeds the bytes to two HTTP connections: to one as a whole, answering at once; to the other in
 * pieces, with late answers, both as the first byte says. They must see the same requests and
 * write the same answers, whatever the bytes are.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/http.h"

struct side {
    struct http http;
    struct text requests;
    struct text answers;
    unsigned failures;
    unsigned finishes;
    bool late;
    bool upgraded;
    bool streaming;
};

static void need(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "http failed: %s\n", what);
    abort();
}

static void answer(struct side *side)
{
    http_respond_text(&side->http, 200, "ok", NULL);
}

static void check_path(const char *target)
{
    char path[HTTP_TARGET_MAX + 1];
    if (!http_path(target, path, sizeof(path)))
        return;
    need(path[0] == '/', "a path that is not absolute");
    need(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL, "a path that climbs");
    need(strchr(path, '\\') == NULL, "a backslash");
    size_t n = strlen(path);
    need(n < 3 || strcmp(path + n - 3, "/..") != 0, "a path that ends above");
}

static void on_request(void *owner, struct http *http)
{
    struct side *side = owner;
    size_t kept;
    need(!side->upgraded, "a request after another protocol");
    if (http_end_body(http))
        return;
    const char *body = http_body(http, &kept);
    need(kept <= HTTP_BODY_MAX, "more is kept than was asked for");
    text_add_bytes(&side->requests, body, kept);
    text_format(&side->requests, "%s %s %u\n", http_method(http), http_target(http),
                http->header_count);
    for (unsigned i = 0; i < http->header_count; i++) {
        const char *name = http->head.data + http->headers[i].name;
        need(http_header(http, name) != NULL && http_header_count(http, name) > 0, "a lost header");
        text_format(&side->requests, "%s=%s\n", name, http->head.data + http->headers[i].value);
    }
    check_path(http_target(http));
    http_has_token(http_header(http, "Connection"), "upgrade");
    if (http->upgrade && http_header(http, "Upgrade") != NULL) {
        side->upgraded = true;
        http_take_over(http, "HTTP/1.1 101 X\r\n\r\n", 18);
    } else if (!side->late) {
        answer(side);
    }
}

/* A body with a Q in it is answered there. */
static void on_data(void *arg, const uint8_t *data, size_t size)
{
    struct side *side = arg;
    need(side->streaming, "a body that was not taken, or was answered");
    const uint8_t *end = memchr(data, 'Q', size);
    text_add_bytes(&side->requests, data, end == NULL ? size : (size_t)(end - data));
    if (end == NULL)
        return;
    side->streaming = false;
    answer(side);
}

static void on_end(void *arg)
{
    struct side *side = arg;
    need(side->streaming, "an end of no body");
    side->streaming = false;
    text_add(&side->requests, "end\n");
    if (!side->late)
        answer(side);
}

static void on_gone(void *arg)
{
    struct side *side = arg;
    side->streaming = false;
}

static void on_body(void *owner, struct http *http)
{
    static const struct http_sink sink = { .data = on_data, .end = on_end, .gone = on_gone };
    struct side *side = owner;
    need(!side->streaming, "a body within a body");
    text_format(&side->requests, "body of %s\n", http_target(http));
    if (strcmp(http_method(http), "PUT") == 0) {
        side->streaming = true;
        http_take_body(http, &sink, side);
    } else if (strcmp(http_method(http), "PATCH") == 0) {
        answer(side);
    }
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct side *side = owner;
    /* Of several faults another one may be seen first. */
    if (side->failures > 0)
        return;
    /* Without the date, which may change between the two sides. */
    const char *date = memmem(head, head_size, "\r\nDate: ", 8);
    size_t before = date == NULL ? head_size : (size_t)(date - (const char *)head);
    text_add_bytes(&side->answers, head, before);
    if (date != NULL)
        text_add_bytes(&side->answers, date + 37, head_size - before - 37);
    if (blob != NULL)
        text_add_bytes(&side->answers, blob->data + offset, size);
}

static void on_failed(void *owner, int status, const char *reason)
{
    struct side *side = owner;
    need(status >= 400 && status <= 599 && reason != NULL, "a failure without a reason");
    side->failures++;
}

static void on_finish(void *owner)
{
    struct side *side = owner;
    side->finishes++;
}

static void start(struct side *side, bool late)
{
    static const struct http_events events = { .request = on_request,
                                               .write = on_write,
                                               .failed = on_failed,
                                               .finish = on_finish,
                                               .body = on_body };
    memset(side, 0, sizeof(*side));
    side->late = late;
    http_init(&side->http, 2048, &events, side);
}

static void feed(struct side *side, const uint8_t *data, size_t size, size_t piece)
{
    while (size > 0) {
        size_t n = size < piece ? size : piece;
        uint8_t *copy = malloc(n);
        memcpy(copy, data, n);
        http_feed(&side->http, copy, n);
        free(copy);
        need(!side->http.finished || side->finishes == 1 || side->upgraded,
             "an end without reason");
        data += n;
        size -= n;
        if (side->http.finished)
            return;
        if (side->late && size % 3 == 0)
            answer(side);
    }
}

static void end(struct side *side)
{
    need(side->finishes <= 1 && side->failures <= 1, "two ends");
    need(side->failures == 0 || side->finishes == 1, "a failure that does not end");
    http_free(&side->http);
    text_free(&side->requests);
    text_free(&side->answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct side whole;
    struct side pieces;
    if (size == 0)
        return 0;
    size_t piece = 1 + (data[0] & 15);
    start(&whole, false);
    start(&pieces, data[0] & 16);
    feed(&whole, data + 1, size - 1, SIZE_MAX);
    feed(&pieces, data + 1, size - 1, piece);
    while (pieces.http.busy && !pieces.http.finished)
        answer(&pieces);
    need(strcmp(text_string(&whole.requests), text_string(&pieces.requests)) == 0,
         "pieces make other requests");
    need(whole.answers.size == pieces.answers.size &&
             memcmp(text_string(&whole.answers), text_string(&pieces.answers),
                    whole.answers.size) == 0,
         "pieces make other answers");
    need(whole.finishes == pieces.finishes && whole.failures == pieces.failures,
         "pieces make another end");
    http_timeout(&whole.http);
    end(&whole);
    end(&pieces);
    return 0;
}

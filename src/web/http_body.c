/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Bodies of requests: kept, or streamed to a sink. */
#include "web/http.h"

#include <string.h>
#include <strings.h>

void http_take_body(struct http *http, const struct http_sink *sink, void *arg)
{
    http->sink = sink;
    http->sink_arg = arg;
    http->receiving = true;
}

uint64_t http_body_announced(const struct http *http)
{
    return (http->parser.flags & F_CHUNKED) != 0 ? 0 : http->parser.content_length;
}

void http_interim(struct http *http, const char *status, const char *headers)
{
    struct text head = { 0 };
    /* RFC 9110 section 15.2: never to a client of HTTP/1.0. */
    if (http->finished || http->parser.http_minor == 0)
        return;
    text_format(&head, "HTTP/1.1 %s\r\n%s\r\n", status, headers);
    if (text_error(&head) == 0)
        http->events->write(http->owner, head.data, head.size, NULL, 0, 0);
    text_free(&head);
}

static void send_continue(struct http *http)
{
    if (!http->continue_due || http->paused)
        return;
    http->continue_due = false;
    http_interim(http, "100 Continue", "");
}

void http_pause_body(struct http *http)
{
    http->paused = true;
}

void http_resume_body(struct http *http)
{
    if (!http->paused)
        return;
    http->paused = false;
    /* Within http_events.body the rest follows from there. */
    if (http->body_due)
        return;
    send_continue(http);
    http->events->resume(http->owner);
}

void http_watch(struct http *http)
{
    http->watched = true;
    http->paused = false;
    http->continue_due = false;
}

bool http_end_body(struct http *http)
{
    if (http->sink == NULL)
        return false;
    http->sink->end(http->sink_arg);
    return true;
}

void http_gone(struct http *http)
{
    const struct http_sink *sink = http->sink;
    http->sink = NULL;
    if (sink != NULL)
        sink->gone(http->sink_arg);
}

/* 0, or the status against the body that follows. */
static int check(struct http *http, const char **reason)
{
    const char *expect = http_header(http, "Expect");
    *reason = "only 100-continue can be expected";
    if (expect != NULL && strcasecmp(expect, "100-continue") != 0)
        return 417;
    http->continue_due = expect != NULL;
    *reason = "request body too large";
    return http->sink == NULL && http_body_announced(http) > HTTP_BODY_MAX ? 413 : 0;
}

int http_offer_body(struct http *http, const char **reason)
{
    /* An answer before the body's end ends the connection. */
    http->keep_alive = false;
    http->busy = true;
    http->in_request = true;
    http->events->body(http->owner, http);
    http->in_request = false;
    if (http->finished)
        return 0;
    http->busy = false;
    int status = check(http, reason);
    http->body_due = false;
    if (status == 0)
        send_continue(http);
    return status;
}

int http_body_bytes(struct http *http, const char *at, size_t size)
{
    http->body_size += size;
    if (http->sink != NULL) {
        http->sink->data(http->sink_arg, (const uint8_t *)at, size);
        /* Any status: what was answered is not answered again. */
        return http->finished ? 400 : 0;
    }
    if (http->body_size > HTTP_BODY_MAX)
        return 413;
    text_add_bytes(&http->body, at, size);
    return text_error(&http->body) < 0 ? 503 : 0;
}

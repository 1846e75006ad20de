/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static int fail(struct http *http, int status, const char *reason)
{
    http->status = status;
    http->reason = reason;
    return HPE_USER;
}

static int on_url(llhttp_t *parser, const char *at, size_t size)
{
    struct http *http = parser->data;
    if (http->head.size + size > HTTP_TARGET_MAX)
        return fail(http, 414, "request target too long");
    text_add_bytes(&http->head, at, size);
    return 0;
}

static int on_url_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    text_add_bytes(&http->head, "\0", 1);
    return 0;
}

/* Appends to the current header line, within the limit for all of them. */
static int add_header_bytes(struct http *http, const char *at, size_t size)
{
    http->header_size += size;
    if (http->header_size > http->header_limit)
        return fail(http, 431, "request header too large");
    /* Trailers (RFC 9110 section 6.5.1) are counted and dropped. */
    if (!http->headers_done)
        text_add_bytes(&http->head, at, size);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t size)
{
    struct http *http = parser->data;
    if (!http->headers_done && (http->value_open || http->header_count == 0)) {
        if (http->header_count == HTTP_HEADERS)
            return fail(http, 431, "too many header lines");
        http->headers[http->header_count].name = http->head.size;
        http->headers[http->header_count].value = 0;
        http->header_count++;
        http->value_open = false;
    }
    return add_header_bytes(http, at, size);
}

static int on_header_field_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    if (http->headers_done)
        return 0;
    text_add_bytes(&http->head, "\0", 1);
    http->headers[http->header_count - 1].value = http->head.size;
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t size)
{
    return add_header_bytes(parser->data, at, size);
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    if (http->headers_done)
        return 0;
    /* White space behind a value is no part of it (RFC 9110 section 5.5). */
    size_t begin = http->headers[http->header_count - 1].value;
    while (http->head.size > begin && strchr(" \t", http->head.data[http->head.size - 1]) != NULL)
        http->head.size--;
    text_add_bytes(&http->head, "\0", 1);
    http->value_open = true;
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    if (text_error(&http->head) < 0)
        return fail(http, 503, "out of memory");
    if (http->parser.http_major != 1)
        return fail(http, 505, "HTTP version not supported");
    http->headers_done = true;
    unsigned hosts = http_header_count(http, "Host");
    if (hosts > 1 || (hosts == 0 && http->parser.http_minor > 0))
        return fail(http, 400, "exactly one Host header is needed");
    http->body_due = !parser->upgrade && http->events->body != NULL &&
                     (parser->content_length > 0 || (parser->flags & F_CHUNKED) != 0);
    if (http->body_due)
        return HPE_PAUSED;
    /* Nothing follows that a client could wait to send. */
    if (http_header(http, "Expect") != NULL)
        return fail(http, 417, "Expect is not supported");
    if (parser->content_length > HTTP_BODY_MAX)
        return fail(http, 413, "request body too large");
    /* 2: no body, and the bytes behind the header belong to another protocol. */
    return parser->upgrade ? 2 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t size)
{
    struct http *http = parser->data;
    int status = http_body_bytes(http, at, size);
    return status == 0 ? 0 : fail(http, status, "request body too large");
}

static int on_message_complete(llhttp_t *parser)
{
    /* With an upgrade llhttp pauses by itself, right behind the request. */
    return parser->upgrade ? 0 : HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

static void next_request(struct http *http)
{
    http->head.size = 0;
    http->header_count = 0;
    http->header_size = 0;
    http->headers_done = false;
    http->value_open = false;
    text_free(&http->body);
    http->body_size = 0;
    http->problems = false;
    http->sink = NULL;
    http->body_due = false;
    http->receiving = false;
    http->paused = false;
    http->continue_due = false;
    http->watched = false;
    http->busy = false;
    http->started = false;
    http->upgrade = false;
    /* So that an error in the next request line is not answered as a HEAD is. */
    http->parser.method = HTTP_GET;
}

void http_init(struct http *http, size_t header_limit, const struct http_events *events,
               void *owner)
{
    memset(http, 0, sizeof(*http));
    /* libllhttp only reads the settings; its parameter lacks the const. */
    llhttp_init(&http->parser, HTTP_REQUEST, (llhttp_settings_t *)&settings);
    http->parser.data = http;
    http->header_limit = header_limit;
    http->events = events;
    http->owner = owner;
}

void http_free(struct http *http)
{
    text_free(&http->head);
    text_free(&http->body);
    text_free(&http->answer);
    text_free(&http->tail);
}

static void finish(struct http *http)
{
    if (http->finished)
        return;
    http->finished = true;
    http->events->finish(http->owner);
}

/* Answers with an error and ends the connection: the start of a next request can no longer be found
 * in the stream (RFC 9112 section 9.3). */
static int refuse_for(struct http *http, int status, const char *reason)
{
    http_gone(http);
    http->keep_alive = false;
    http->busy = true;
    http->events->failed(http->owner, status, reason);
    http_respond_text(http, status, http_reason(status), NULL);
    return -EPROTO;
}

/* Refuses a request that broke the protocol. */
static int refuse(struct http *http, enum llhttp_errno error)
{
    if (http->status != 0)
        return refuse_for(http, http->status, http->reason);
    const char *reason = llhttp_get_error_reason(&http->parser);
    if (reason == NULL || *reason == '\0')
        reason = llhttp_errno_name(error);
    return refuse_for(http, error == HPE_INVALID_VERSION ? 505 : 400, reason);
}

/* The parser stopped behind a whole request. */
static void dispatch(struct http *http, bool upgrade)
{
    http->busy = true;
    http->receiving = false;
    http->upgrade = upgrade;
    /* If the owner does not take the protocol over, the connection ends after the answer. */
    http->keep_alive = !upgrade && llhttp_should_keep_alive(&http->parser);
    http->in_request = true;
    http->events->request(http->owner, http);
    http->in_request = false;
}

/* The parser stopped behind a header, before the body. 0, or negative: the request is refused, or
 * answered already. */
static int offer(struct http *http)
{
    const char *reason;
    int status = http_offer_body(http, &reason);
    if (http->finished)
        return -EPIPE;
    return status == 0 ? 0 : refuse_for(http, status, reason);
}

/* Runs the parser over `data` until a request is complete; returns the bytes it used, or a
 * negative error. */
static long parse(struct http *http, const uint8_t *data, size_t size)
{
    enum llhttp_errno error = llhttp_execute(&http->parser, (const char *)data, size);
    if (error == HPE_OK)
        return (long)size;
    /* The body's sink has answered. */
    if (http->finished)
        return -EPIPE;
    size_t used = (size_t)((const uint8_t *)llhttp_get_error_pos(&http->parser) - data);
    if (error == HPE_PAUSED && http->body_due) {
        llhttp_resume(&http->parser);
        int refused = offer(http);
        return refused < 0 ? refused : (long)used;
    }
    if (error == HPE_PAUSED) {
        llhttp_resume(&http->parser);
        dispatch(http, false);
        return (long)used;
    }
    if (error == HPE_PAUSED_UPGRADE) {
        llhttp_resume_after_upgrade(&http->parser);
        /* Bytes behind the request belong to the next protocol. */
        text_add_bytes(&http->tail, data + used, size - used);
        if (text_error(&http->tail) < 0)
            return refuse_for(http, 503, "out of memory");
        dispatch(http, true);
        return (long)size;
    }
    return refuse(http, error);
}

/* Parses request after request until one is not answered at once. */
static void parse_all(struct http *http, const uint8_t *data, size_t size)
{
    while (size > 0 && !http->finished) {
        if (http->busy) {
            text_add_bytes(&http->tail, data, size);
            /* Without memory for the tail, the next request is lost: end the connection. */
            http->keep_alive = http->keep_alive && text_error(&http->tail) == 0;
            return;
        }
        http->started = true;
        long used = parse(http, data, size);
        if (used < 0)
            return;
        data += used;
        size -= (size_t)used;
    }
}

void http_feed(struct http *http, const uint8_t *data, size_t size)
{
    parse_all(http, data, size);
}

/* After an answer that was given later: parses the bytes received behind its request. */
static void parse_tail(struct http *http)
{
    if (http->in_request || http->tail.size == 0 || http->finished)
        return;
    struct text tail = http->tail;
    memset(&http->tail, 0, sizeof(http->tail));
    parse_all(http, (const uint8_t *)tail.data, tail.size);
    text_free(&tail);
}

const char *http_method(const struct http *http)
{
    return llhttp_method_name((llhttp_method_t)http->parser.method);
}

const char *http_target(const struct http *http)
{
    return text_string(&http->head);
}

const char *http_body(const struct http *http, size_t *size)
{
    *size = http->body.size;
    return text_string(&http->body);
}

/* Whether the header line has that name. Compares the first letter first, which nearly always
 * differs. */
static bool has_name(const struct http *http, unsigned i, const char *name)
{
    const char *own = http->head.data + http->headers[i].name;
    return ((own[0] ^ name[0]) & ~0x20) == 0 && strcasecmp(own, name) == 0;
}

const char *http_header(const struct http *http, const char *name)
{
    for (unsigned i = 0; i < http->header_count; i++) {
        if (has_name(http, i, name))
            return http->head.data + http->headers[i].value;
    }
    return NULL;
}

unsigned http_header_count(const struct http *http, const char *name)
{
    unsigned count = 0;
    for (unsigned i = 0; i < http->header_count; i++)
        count += has_name(http, i, name);
    return count;
}

void http_respond(struct http *http, const struct http_response *response)
{
    if ((!http->busy && !http->receiving) || http->finished)
        return;
    http->sink = NULL;
    struct text *head = &http->answer;
    bool keep_alive = http->keep_alive && !response->close;
    bool head_only = http->parser.method == HTTP_HEAD || response->status == 304;
    http_head(head, http, response, keep_alive);
    if (text_error(head) < 0)
        keep_alive = false;
    else
        http->events->write(http->owner, head->data, head->size, head_only ? NULL : response->blob,
                            response->offset, head_only ? 0 : response->size);
    head->size = 0;
    next_request(http);
    if (keep_alive)
        parse_tail(http);
    else
        finish(http);
}

void http_take_over(struct http *http, const char *head, size_t size)
{
    http->finished = true;
    http->busy = false;
    http->events->write(http->owner, head, size, NULL, 0, 0);
}

void http_timeout(struct http *http)
{
    if (http->finished)
        return;
    if (http->started && !http->busy) {
        http_gone(http);
        http->busy = true;
        http->keep_alive = false;
        http->events->failed(http->owner, 408, "the request was not complete in time");
        http_respond_text(http, 408, http_reason(408), NULL);
        return;
    }
    finish(http);
}

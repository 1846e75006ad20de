/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_HTTP_H
#define CADCAST_WEB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <llhttp.h>

#include "base/blob.h"
#include "base/text.h"

#define HTTP_HEADERS 100     /* header lines of one request */
#define HTTP_TARGET_MAX 8192 /* bytes of a request target (RFC 9112 section 3 asks for 8,000) */
#define HTTP_BODY_MAX 65536  /* bytes of a request body that is not streamed */

struct http;

/*
 * Events of an HTTP connection (RFC 9110, 9112), for its owner.
 */
struct http_events {
    /* A request is complete: inspect it with the functions below and call http_respond, now or
     * later; the next request is not parsed before. If http->upgrade is set, the peer asks for
     * another protocol; the owner may then call http_take_over instead of http_respond. */
    void (*request)(void *owner, struct http *http);
    /* Send these bytes, in this order. */
    void (*write)(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                  size_t size);
    /* The peer broke the protocol: log one line. The answer with that status is already written. */
    void (*failed)(void *owner, int status, const char *reason);
    /* The last answer is written: close when it is sent. */
    void (*finish)(void *owner);
    /* The header of a request is complete and a body follows; not with an upgrade. The owner may
     * call http_take_body, or answer at once: the connection ends then. May be NULL. */
    void (*body)(void *owner, struct http *http);
    /* The body may be read again, after http_resume_body. May be NULL if no body is taken. */
    void (*resume)(void *owner);
};

/* What takes a request's body while it comes. No event fires after the answer. */
struct http_sink {
    /* Bytes of the body, valid during the call; also a few after http_pause_body. May answer. */
    void (*data)(void *arg, const uint8_t *data, size_t size);
    /* The body is complete: answer now or later. */
    void (*end)(void *arg);
    /* The peer left, or broke the protocol, before the answer: `http` must not be used any more. */
    void (*gone)(void *arg);
};

struct http_header {
    size_t name; /* offsets into http->head, of zero-terminated strings */
    size_t value;
};

struct http {
    llhttp_t parser;
    const struct http_events *events;
    void *owner;
    const char *common; /* header lines of every answer; the owner's, may be NULL */
    struct text head;   /* target and header lines of this request */
    struct text tail;   /* bytes behind a request that is not answered yet */
    struct http_header headers[HTTP_HEADERS];
    unsigned header_count;
    size_t header_limit;          /* bytes of all header lines together, names and values */
    size_t header_size;           /* bytes of them received so far, trailers included */
    struct text body;             /* of this request, as far as it was received; not if streamed */
    uint64_t body_size;           /* bytes of body received */
    const struct http_sink *sink; /* takes the body; NULL: it is kept */
    void *sink_arg;
    int status; /* an error to answer with, 0: none */
    const char *reason;
    bool started; /* a byte of a request was received: a deadline runs */
    bool busy;    /* a request is not answered yet */
    bool upgrade;
    bool body_due;     /* the header is complete, and `body` not called yet */
    bool receiving;    /* the body is coming, and `sink` takes it */
    bool paused;       /* it shall not be read now */
    bool continue_due; /* the peer waits for 100 (RFC 9110 section 10.1.1) */
    bool watched;      /* the peer's end of the connection ends the request (http_watch) */
    bool keep_alive;
    bool finished;
    bool headers_done;  /* a header line from now on is a trailer */
    bool value_open;    /* the value of the current header line has begun */
    bool in_request;    /* within the call of events->request */
    bool problems;      /* errors of this request are answered as JSON (RFC 9457) */
    struct text answer; /* the head of the latest answer; its memory serves the next one */
    int64_t date_at;    /* the second that `date` is formatted for */
    char date[40];
};

/* Prepares `http`. `header_limit`: bytes. */
void http_init(struct http *http, size_t header_limit, const struct http_events *events,
               void *owner);

/* Parses `size` received bytes. The outcome is in `http`: `finished` after an error (`finish` was
 * called); if the owner called http_take_over, the bytes of the new protocol are in `tail`. */
void http_feed(struct http *http, const uint8_t *data, size_t size);

/* The request's method, its target as received, and a header's value (NULL: there is none; the
 * first of several; `name` in any case). Valid until http_respond. */
const char *http_method(const struct http *http);
const char *http_target(const struct http *http);
const char *http_header(const struct http *http, const char *name);
/* The request's body and its length, valid until http_respond. */
const char *http_body(const struct http *http, size_t *size);

/* The number of headers of that name. */
unsigned http_header_count(const struct http *http, const char *name);

/* Bodies. A peer that expects 100 gets it when its body is to be read: after http_events.body, or
 * when a streamed one is resumed. */

/* Within http_events.body: `sink` takes the body, which it has to limit. Instead of `request` its
 * `end` fires. */
void http_take_body(struct http *http, const struct http_sink *sink, void *arg);

/* Bytes that the header announces, 0 if it does not (RFC 9112 section 7.1). */
uint64_t http_body_announced(const struct http *http);

/* Within the sink's time: no more of the body is read, or again. */
void http_pause_body(struct http *http);
void http_resume_body(struct http *http);

/* The end of the peer's side before the answer, also an orderly one, ends the request: its sink is
 * told, if there is one, and the connection is closed. */
void http_watch(struct http *http);

/* Bytes that never change under their address, with a tag, whole or in a coding. */
struct http_resource {
    const char *tag;    /* of the bytes without a coding, without quotes */
    const char *coding; /* of `body`; NULL: none */
    struct blob *body;
    size_t size; /* bytes without a coding */
};

/* Answers with them, with Range and ETag (RFC 9110 sections 14 and 8.8.3), and tells that they may
 * be cached. Returns the bytes of body that are sent. */
size_t http_respond_resource(struct http *http, const struct http_resource *resource);

/* For the owner, within http_events.request: whether a sink takes the request, which then has. */
bool http_end_body(struct http *http);

/* For the owner: the connection closes. Tells the sink. */
void http_gone(struct http *http);

/* Sends an interim answer (RFC 9110 section 15.2), such as "102 Processing", with these header
 * lines, each ending with CRLF. */
void http_interim(struct http *http, const char *status, const char *headers);

/* Internal: bytes of body from the parser; 0 or the parser's error. */
int http_body_bytes(struct http *http, const char *at, size_t size);

/* Internal: offers a body to the owner. 0, or a status to refuse it with, for *reason. */
int http_offer_body(struct http *http, const char **reason);

/* Whether a comma-separated header holds this token (RFC 9110 section 5.6.1), in any case. */
bool http_has_token(const char *value, const char *token);

/* Whether an Accept-Encoding header (NULL: there is none) names this coding with a weight that is
 * not zero (RFC 9110 section 12.5.3). */
bool http_accepts_coding(const char *value, const char *coding);

/* Whether an If-None-Match header (NULL: there is none) names the representation with this tag, or
 * one of its codings, whose tags continue with "-" and the coding's name: weak comparison, and "*"
 * names all (RFC 9110 sections 8.8.3.2 and 13.1.2). `tag` is without quotes. */
bool http_tag_listed(const char *value, const char *tag);

/* Whether an If-Range header allows a part of the representation with this tag: strong comparison,
 * so a weak tag and a date do not (RFC 9110 section 13.1.5). True if there is no header. */
bool http_tag_allows_range(const char *value, const char *tag);

/* Reads "bytes=FIRST-LAST" (RFC 9110 section 14.1.2), one range only, of `total` bytes. 0: no range
 * that is supported, so serve the whole; 1: *first and *size are set; below 0: it cannot be
 * satisfied. NULL is allowed. */
int http_range(const char *value, size_t total, size_t *first, size_t *size);

/* Whether any header of that name holds the token: lines of one name are one list. */
bool http_header_has_token(const struct http *http, const char *name, const char *token);

/* The host inside an absolute target (RFC 9112 section 3.2.2), and its length. NULL: the target is
 * not absolute. */
const char *http_target_host(const char *target, size_t *size);

/* Decodes the path of a target into `out` (of `size` bytes): undoes percent-encoding once (RFC 3986
 * section 2.1), cuts off host and query. False: not an absolute path, a NUL or control character or
 * a backslash in it, a bad escape, a "." or ".." segment, or too long. */
bool http_path(const char *target, char *out, size_t size);

/* Decodes the value of a query's field, up to '&' or '#', into `out` (of `size` bytes): undoes
 * percent-encoding (RFC 3986 section 2.1), and a '+' is a space; a bad escape stays as it is.
 * False: too long, and `out` is empty. */
bool http_query_value(const char *value, char *out, size_t size);

/* The same of the first field with that name in a target. 1; 0: there is none; below 0: its value
 * is too long. */
int http_query_field(const char *target, const char *name, char *out, size_t size);

struct http_response {
    int status;
    const char *type;    /* Content-Type; NULL: none */
    const char *headers; /* further header lines, each ending with CRLF; NULL: none */
    struct blob *blob;   /* the body, or NULL; a reference is taken as needed */
    size_t offset;
    size_t size;
    bool close; /* close the connection after it */
};

/* Adds the head of a response to `head`. */
void http_head(struct text *head, struct http *http, const struct http_response *response,
               bool keep_alive);

/* Answers the current request; a HEAD request gets the header alone. */
void http_respond(struct http *http, const struct http_response *response);

/* Answers with a status and a short text as body. `headers` as in http_response. If http->problems
 * is set and the status is an error, the body is a problem of RFC 9457 with that text as its
 * `detail`. */
void http_respond_text(struct http *http, int status, const char *text, const char *headers);

/* Refuses the connection: answers as http_respond_text does, even if no whole request has come, and
 * closes it then. */
void http_refuse(struct http *http, int status, const char *text, const char *headers);

/* The connection closes after the answer to this request. */
void http_close_after(struct http *http);

/* Answers 200 with a text generated for this request, marked not to be stored by caches; 503 if
 * there is no memory for it. */
void http_respond_made(struct http *http, const char *type, const struct text *body);

/* Ends HTTP on this connection for a request with `upgrade` set: sends `head` (a whole response
 * head). Bytes received after the request are in http->tail until http_free. */
void http_take_over(struct http *http, const char *head, size_t size);

/* A deadline passed: answers 408 if a request had begun, and finishes. */
void http_timeout(struct http *http);

const char *http_reason(int status);

void http_free(struct http *http);

#endif

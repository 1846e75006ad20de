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
#define HTTP_BODY_MAX 65536  /* bytes of a request body, which nothing here reads */

struct http;

/*
 * What the owner of an HTTP connection (RFC 9110, 9112) is told, and does for it.
 */
struct http_events {
    /* A request is complete: look at it with the functions below and call http_respond, now or
     * later; no further request comes before. http->upgrade: the peer wants another protocol;
     * the owner may call http_take_over instead of http_respond. */
    void (*request)(void *owner, struct http *http);
    /* Send these bytes, in this order. */
    void (*write)(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                  size_t size);
    /* The peer broke the rules: one log line. The answer with that status is already written. */
    void (*failed)(void *owner, int status, const char *reason);
    /* Everything is said: close when it is sent. */
    void (*finish)(void *owner);
};

struct http_header {
    size_t name; /* offsets into http->head, of zero-terminated strings */
    size_t value;
};

struct http {
    llhttp_t parser;
    const struct http_events *events;
    void *owner;
    const char *common; /* header lines of every answer, of the owner, or NULL */
    struct text head;   /* target and header lines of this request */
    struct text tail;   /* bytes behind a request that is not answered yet */
    struct http_header headers[HTTP_HEADERS];
    unsigned header_count;
    size_t header_limit; /* bytes of all header lines together, names and values */
    size_t header_size;  /* of these, how many have come, trailers included */
    size_t body;         /* bytes of body seen */
    int status;          /* an error to answer with, 0: none */
    const char *reason;
    bool started; /* a byte of a request has come: a deadline runs */
    bool busy;    /* a request waits for its answer */
    bool upgrade;
    bool keep_alive;
    bool finished;
    bool headers_done;  /* what looks like a header line now is a trailer */
    bool value_open;    /* the header line at hand is in its value */
    bool in_request;    /* within the call of events->request */
    struct text answer; /* the head of the latest answer; its memory serves the next one */
    int64_t date_at;    /* the second of the clock that `date` is of */
    char date[40];
};

/* Prepares `http`. `header_limit`: bytes. */
void http_init(struct http *http, size_t header_limit, const struct http_events *events,
               void *owner);

/* Takes bytes off the wire. Returns 0; 1 where the connection changed its protocol, the tail
 * being with whoever called http_take_over; or a negative error after `finish`. */
int http_feed(struct http *http, const uint8_t *data, size_t size);

/* The request's method as text, its target as it came, and a header's value (NULL: not there; of
 * several, the first; `name` in any case). Valid until http_respond. */
const char *http_method(const struct http *http);
const char *http_target(const struct http *http);
const char *http_header(const struct http *http, const char *name);
/* How many headers of that name there are. */
unsigned http_header_count(const struct http *http, const char *name);

/* Whether a comma-separated header holds this token (RFC 9110 section 5.6.1), in any case. */
bool http_has_token(const char *value, const char *token);

/* Whether an Accept-Encoding header (NULL: there is none) names this coding with a weight that is
 * not zero (RFC 9110 section 12.5.3). */
bool http_accepts_coding(const char *value, const char *coding);

/* Whether any header of that name holds the token: lines of one name are one list. */
bool http_header_has_token(const struct http *http, const char *name, const char *token);

/* Where in the target the host stands, and its length: a target may be a whole URL (RFC 9112
 * section 3.2.2). NULL: it is none. */
const char *http_target_host(const char *target, size_t *size);

/* Decodes the path of a target into `out` (of `size` bytes): percent-encoding undone once (RFC
 * 3986 section 2.1), host and query cut off. False: not an absolute path, a NUL or control
 * character or a backslash in it, a bad escape, a "." or ".." segment, or too long. */
bool http_path(const char *target, char *out, size_t size);

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

/* Answers the request at hand; a HEAD request gets the header alone. */
void http_respond(struct http *http, const struct http_response *response);

/* Answers with a status and a short text of its own as body. `headers` as in http_response. */
void http_respond_text(struct http *http, int status, const char *text, const char *headers);

/* Answers 200 with a text that was made for this request alone, so nobody keeps it; 503 where there
 * was no memory for it. */
void http_respond_made(struct http *http, const char *type, const struct text *body);

/* Ends HTTP on this connection for a request with `upgrade` set: sends `head` (a whole response
 * head); bytes that had come behind the request are in http->tail, until http_free. */
void http_take_over(struct http *http, const char *head, size_t size);

/* A deadline passed: answers 408 where a request had begun, and finishes. */
void http_timeout(struct http *http);

const char *http_reason(int status);

void http_free(struct http *http);

#endif

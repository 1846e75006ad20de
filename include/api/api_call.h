/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_CALL_H
#define CADCAST_API_API_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/weak_pointer.h"
#include "view/session.h"

struct listener;
struct server;

/* The result of a call. */
struct api_call_answer {
    int status;           /* of HTTP */
    const char *detail;   /* an error: what is wrong, and what one can do; NULL: success */
    const char *headers;  /* further header lines, each with CRLF; may be NULL */
    const char *type;     /* of the bytes; JSON if NULL */
    struct blob *bytes;   /* borrowed; NULL: there are none */
    struct blob *picture; /* a PNG beside them, borrowed; only MCP has both; may be NULL */
    const char *path;     /* where the bytes can be fetched again; may be NULL */
    unsigned left_out;    /* parts that the bytes do not have */
};

/*
 * One question of a program, whichever way it came: over HTTP or MCP. Each operation takes a call
 * and ends it exactly once, at once or later, with one of the functions below; the call is freed
 * then. The asker may be gone by that time, which `answer` has to find out by `http`.
 */
struct api_call {
    struct server *server;
    struct weak_pointer *http;       /* struct http */
    const struct listener *listener; /* that it came over, valid until `run` returns; or NULL */
    char session[SESSION_NAME_MAX + 1];
    json_t *args; /* parameters by name: strings, or JSON values of MCP */
    json_t *body; /* an object; NULL: there is none */
    void (*answer)(struct api_call *call, const struct api_call_answer *answer);
    void *owner;                /* of `answer` */
    void (*owner_free)(void *); /* may be NULL */
};

/* A call without parameters yet; NULL: no memory. */
struct api_call *api_call_new(struct server *server, struct weak_pointer *http);

/* Answers. */
void api_call_end(struct api_call *call, const struct api_call_answer *answer);
void api_call_bytes(struct api_call *call, const char *type, struct blob *bytes);

/* Answers with JSON, a reference that is taken over; NULL: there was no memory for it. */
void api_call_json(struct api_call *call, json_t *json);

/* Answers with an error. */
void api_call_fail(struct api_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what may succeed later: with Retry-After. */
void api_call_busy(struct api_call *call, const char *why);

/* The session of the call; NULL: there is none of that name, and the call has ended. */
struct session *api_call_session(struct api_call *call);

/* A parameter as text; NULL: it is not given, or is no text. */
const char *api_call_text(const struct api_call *call, const char *name);

/* Whether a parameter that is 1 or 0, true or false, is given and on. */
bool api_call_flag(const struct api_call *call, const char *name);

#endif

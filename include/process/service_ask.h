/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_SERVICE_ASK_H
#define CADCAST_PROCESS_SERVICE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"

/*
 * Queries the server at `url`, "http[s]://HOST[:PORT]/viewer[?token=TOKEN]": the answer to GET
 * /status, a new reference; NULL: it does not answer. With https the certificate is not checked:
 * the address comes from a file of the user's own, and is one of this machine. Blocks for some
 * seconds at most.
 */
json_t *service_ask(const char *url);

/* The same for GET `path`. */
json_t *service_ask_json(const char *url, const char *path);

/* GET `path` of that server; `patience`: milliseconds for each step. Returns the answer's status
 * and appends its body to `body`; 0: no whole answer. */
int service_ask_get(const char *url, const char *path, int patience, struct text *body);

/* POST of a JSON text, with further header lines, each with CRLF. As service_ask_get. */
int service_ask_post(const char *url, const char *path, int patience, const char *lines,
                     const char *json, struct text *body);

/* A body that is sent. */
struct service_ask_body {
    uint64_t size;
    bool
        verify; /* with https the certificate has to be valid for the host: the URL is a person's */
    const char *type; /* Content-Type; NULL: none */
    /* Reads up to `room` bytes of it; their number, 0 or below if it fails. */
    long (*read)(void *arg, void *buffer, size_t room);
    /* So many bytes are sent; or the server says how far it is ("reading 40"). */
    void (*sent)(void *arg, uint64_t bytes);
    void (*progress)(void *arg, const char *text);
    void *arg;
};

/* PUT `path` of that server with that body. The answer's status, and its body in `answer`; 0: none,
 * -EIO: the body cannot be read, -ENOTCONN: nothing answers there, -EPROTO: its certificate is not
 * valid. Waits as long as the server takes, and half a minute for the connection. */
int service_ask_put(const char *url, const char *path, const struct service_ask_body *body,
                    struct text *answer);

/* Room for the address of a page on this machine. */
#define SERVICE_ASK_URL 64

/* The process id of the server that listens on that port of the loopback, of either family, if it
 * is a cadcast of this user and answers /healthz within half a second; else 0. Writes the address
 * of its page to `url`. Blocks that long at most for each step. */
long service_ask_pid(uint16_t port, char url[SERVICE_ASK_URL]);

#endif

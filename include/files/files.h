/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_FILES_H
#define CADCAST_FILES_FILES_H

#include <limits.h>
#include <stdbool.h>

#include "base/list.h"
#include "conn/conn.h"

struct front;

/*
 * Files that clients send to be shown. Each request has a process cadcast-import of its own, to
 * which the body goes as it comes; what that writes becomes a show of the session, as if a kernel
 * had sent it. A session has one at a time, and a server a few; the others wait, and their bodies
 * are not read meanwhile. A part of struct server.
 */
struct files {
    struct front *front;
    struct list imports; /* struct import, in the order of their requests */
    unsigned count;
    unsigned running;
    char program[PATH_MAX]; /* ""; cadcast-import is not there */
    uint64_t shown;         /* requests whose file became a picture */
    uint64_t failed;        /* those that were refused or came to nothing */
};

/* `program`: the path of cadcast-import, "" if there is none. */
void files_init(struct files *files, struct front *front, const char *program);

/* Within http_events.body, or for a request without a body: answers it whole, now or later. `name`:
 * that of the file in the path, "" if there is none. */
void files_put(struct files *files, struct conn *conn, struct http *http, const char *session,
               const char *name);

/* Whether a file for the session of that name is being shown, or waits for that. */
bool files_busy(const struct files *files, const char *session);

#endif

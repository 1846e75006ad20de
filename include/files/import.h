/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_IMPORT_H
#define CADCAST_FILES_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#include "base/list.h"
#include "base/text.h"
#include "conn/conn.h"
#include "conn/front.h"
#include "files/feed.h"
#include "files/folder.h"
#include "files/importer.h"
#include "files/request.h"

struct import;

/* What an import's owner is told; never inside a call of the functions below. */
struct import_events {
    /* It was answered, or its client has left: another one may begin. */
    void (*over)(void *owner, struct import *import);
    /* All its handles are closed: the owner frees it (import_free). */
    void (*closed)(void *owner, struct import *import);
};

enum import_outcome { IMPORT_OPEN, IMPORT_SHOWN, IMPORT_FAILED };

/*
 * One request that sends a file, from its header to its answer. It begins with import_start; what
 * comes of the body before is kept, and the rest is not read. Only import.c and files.c use the
 * members.
 */
struct import {
    struct list link; /* in files->imports */
    struct front *front;
    const struct import_events *events;
    void *owner;
    struct http *http; /* NULL: answered, or the client has left */
    struct request request;
    char session[SESSION_NAME_MAX + 1];
    char from[80];     /* the client's address, for the log */
    bool local;        /* a client of this machine */
    struct text early; /* bytes of the body that came before the start */
    uint64_t received; /* bytes of the body */
    bool complete;     /* the body is */
    bool started;
    bool over;
    bool working; /* the session's pages were told of it */
    bool given;   /* the session was given a message of it */
    enum import_outcome outcome;
    uint64_t begun;      /* milliseconds: when it was started */
    uint64_t told;       /* when the pages were last told */
    const char *program; /* of the importer */
    struct importer *importer;
    struct folder *folder; /* of several files */
    struct feed feed;
    json_t *facts;       /* the importer's last frame; NULL: not there yet */
    uv_timer_t soon;     /* runs what must not run inside an event */
    uv_timer_t deadline; /* while the importer is waited for */
    unsigned handles;    /* timers, importer and folder that are not closed */
};

/* A new import; it takes the request's body, or answers if `has_body` is false. Returns NULL
 * without memory: nothing was answered. */
struct import *import_new(struct front *front, const struct conn *conn, struct http *http,
                          const struct request *request, const char *session,
                          const struct import_events *events, void *owner);

/* Begins: starts the importer, and reads the body on. */
void import_start(struct import *import, const char *program);

void import_free(struct import *import);

#endif

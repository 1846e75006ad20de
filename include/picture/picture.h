/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PICTURE_PICTURE_H
#define CADCAST_PICTURE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"

/*
 * One picture: the last model of a session and all changes to it since. A session has one, and the
 * state on disk reads and writes one. Zeroed, it is empty; a member that is NULL is absent.
 */
struct picture {
    struct blob *model; /* the message as received; or a model file (model_is_file), if the kernel
                         * sent geometry */
    struct blob *text;  /* the message with the same as that file, once a browser needed it */
    struct blob *parts; /* the message with the exact geometry */
    json_t *settings;   /* `config` of the "ui" messages since, merged */
    struct blob *animation; /* the message */
    struct blob *time;      /* the message with the relative time */
    json_t *status;         /* status reports of the browsers, merged: see session_status */
    json_t *views;          /* by id of the page: the keys that make its view */
    struct blob *thumbnail; /* PNG */
    uint64_t number;        /* incremented when it is replaced, cleared or dropped; 0: none yet */
    int64_t shown;          /* seconds since 1970: when the picture was shown; 0: never */
};

/* Bytes of its blobs. */
size_t picture_bytes(const struct picture *picture);

/* Copies a picture for another thread: the blobs are shared, JSON is copied as deep as sessions
 * change it in place. Returns 0, or -ENOMEM with `copy` empty. */
int picture_copy(struct picture *copy, const struct picture *from);

/* Moves the members that `from` has to `to`, and frees the ones they replace; the others of `to`
 * stay. */
void picture_move(struct picture *to, struct picture *from);

/* Drops all references, and empties the picture. */
void picture_free(struct picture *picture);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PICTURE_HISTORY_H
#define CADCAST_PICTURE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "model/model.h"
#include "picture/picture.h"
#include "picture/retained.h"
#include "picture/stored.h"

/*
 * The pictures that a session showed before the one that it shows, the last ones (--history). A
 * step is a picture that was replaced: its model as a file, which browsers share with the session,
 * its exact geometry, and what changed it. Its text and reports are not kept. What its file and its
 * geometry share with those of the next step, or of the session's picture, is held once
 * (history_unshared).
 */
enum history_kind { HISTORY_FILE, HISTORY_PARTS, HISTORY_KINDS };

struct history_step {
    struct list link;          /* in history->steps */
    struct picture picture;    /* number, shown, settings, animation, time, thumbnail; `model` only
                                * until the file is made of it */
    struct model_file file;    /* what is known of it; without bytes */
    struct stored *stored;     /* its bytes; NULL: it is still being made */
    struct stored *parts;      /* the message with its exact geometry; NULL: there is none */
    bool tried[HISTORY_KINDS]; /* it has too little in common with the next one's */
};

struct history {
    struct list steps; /* struct history_step, by their numbers, the oldest first */
    unsigned count;
    size_t bytes;     /* of memory, without what the session's picture holds */
    uint64_t version; /* grows with every change */
    /* The file of the session's picture, and its exact geometry, if steps share them; NULL. */
    struct stored *current[HISTORY_KINDS];
    struct retained *retained;
};

void history_init(struct history *history, struct retained *retained);
void history_free(struct history *history);

/*
 * Adds a picture that is about to be replaced, as the newest step: takes `file` (without bytes: it
 * is being made, and history_made brings it), and settings, animation and time out of `picture`. A
 * copy of `thumbnail` is taken, which may be NULL. Beyond `most` steps the oldest go. Without
 * memory nothing is added or taken.
 */
void history_push(struct history *history, struct picture *picture, struct model_file *file,
                  const struct blob *thumbnail, unsigned most);

/* Gives a step that has none the message with its exact geometry; a reference is taken. */
void history_parts(struct history *history, struct history_step *step, struct blob *parts);

/* Fills `file`, and `parts` if there is exact geometry, for another thread; the file must be made.
 * 0; or -ENOMEM, and what was filled is still the caller's. */
int history_take(const struct history_step *step, struct stored_file *file,
                 struct stored_file *parts);

/* Adds a picture that was read from the disk, in its place by its number; takes over its members.
 * Its file is to be made of its model. */
void history_restore(struct history *history, struct picture *picture, unsigned most);

/* The file of the step with that number was made, or not (`status` below 0, and the step goes).
 * Takes over `file` if `status` is 0. */
void history_made(struct history *history, uint64_t number, int status, struct model_file *file);

/* The step with that number; NULL: there is none. */
struct history_step *history_find(const struct history *history, uint64_t number);

/* The step whose file has that hash. */
struct history_step *history_of_file(const struct history *history, const char *hash);

/* The step that so many pictures before the newest is asked for: 1 is the newest step. */
struct history_step *history_back(const struct history *history, uint64_t back);

/* Whether the newest step is that file, and nothing changed it: shown again, it is no new step. */
bool history_repeats(const struct history *history, const char *hash);

/* The number of the newest step; 0: there is none. */
uint64_t history_last(const struct history *history);

/* Gives a step its small picture, if it has none; a reference is taken. */
void history_thumbnail(struct history *history, struct history_step *step, struct blob *png);

/* The step that goes next; NULL: there is none. */
const struct history_step *history_oldest(const struct history *history);

/* Removes the oldest step; false: there is none. */
bool history_drop_oldest(struct history *history);

/* Removes the newest step, which is the file in `current`, the session's picture, shown again. */
void history_drop_newest(struct history *history, struct blob *current);

/* Bytes of a step that may be shared. */
struct history_sharing {
    enum history_kind kind;
    uint64_t number;     /* of the step */
    struct blob *whole;  /* as they are held: whole. Borrowed */
    struct stored *base; /* those of the one after it. Borrowed */
};

/*
 * The oldest step whose file, or else geometry, is held whole and may be shared with that of the
 * one after it; of the newest one with those of the session's picture, `current`, which may be
 * NULL. A step's base is always newer, so that the oldest may go at any time. False: there is none.
 */
bool history_unshared(struct history *history, struct blob *const current[HISTORY_KINDS],
                      struct history_sharing *sharing);

/* What these bytes do not share with their base: they are held so from now on, if they are still
 * held whole and that saves memory. Takes over `delta`, which may be NULL, and a reference of the
 * base. */
void history_share(struct history *history, const struct history_sharing *sharing,
                   struct delta *delta);

/* Rows of the steps whose files are made, the oldest first: a new reference, NULL: no memory. */
json_t *history_describe(const struct history *history);

#endif

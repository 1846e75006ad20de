/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_QUESTION_H
#define CADCAST_GEOMETRY_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/list.h"

/* The callback of pool_ask, see pool.h. */
typedef void (*question_done)(void *arg, int status, const char *json, size_t size);

/*
 * One question in the pool: the request for the helper, the callback for the answer, and the answer
 * once it is there.
 */
struct question {
    struct list by_age; /* among all questions without an answer, oldest first; or finished ones */
    struct list by_shard; /* among those queued for one worker */
    void *session;        /* the pool's; not owned */
    uint64_t deadline;    /* loop time in milliseconds */
    struct blob *text;    /* {"tool":...,"ids":[...]} */
    char *tool;
    char *parts;  /* the ids of its parts, one a line: put on record if it ends a helper */
    bool retried; /* a helper crashed at it once, and it is asked again */
    question_done done;
    void *arg;
    int status;
    struct blob *answer; /* NULL until finished, and if there was no memory for one */
};

/* A question of `tool` ("DistanceMeasurement", "PropertiesMeasurement") on `ids` (borrowed), a list
 * as browsers send it: [id1, id2, centers] or [id, flag]. NULL in `*question` with -EINVAL if that
 * is not a question of this tool, or -ENOMEM. */
int question_new(struct question **question, const char *tool, json_t *ids);

/* Sets the answer to a copy of `json`. */
void question_answer(struct question *question, int status, const char *json, size_t size);

/* Sets the answer to one that the browser's panel shows as `reason`: see docs/measuring.md. */
void question_refuse(struct question *question, int status, const char *reason);

/* Passes the answer to the callback, and frees the question. */
void question_deliver(struct question *question);

/* Copies the text of a FAIL frame's {"error":"..."} into `buf`; a general phrase if there is
 * none. */
const char *question_fault(const char *json, size_t size, char *buf, size_t room);

#endif

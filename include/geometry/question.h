/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_QUESTION_H
#define CADCAST_GEOMETRY_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/list.h"

/* As pool.h has it. */
typedef void (*question_done)(void *arg, int status, const char *json, size_t size);

/*
 * One question on its way through the pool: what is sent to the helper, who wants the answer, and
 * the answer once it is there.
 */
struct question {
    struct list by_age;  /* among all questions without an answer, oldest first; or finished ones */
    struct list by_lane; /* among those that wait for one worker */
    void *session;       /* the pool's; not owned */
    uint64_t deadline;   /* loop time in milliseconds */
    struct blob *text;   /* {"tool":...,"ids":[...]} */
    char *tool;
    char *suspect; /* the parts it touches, one a line: what is blamed where it kills a helper */
    bool retried;  /* a helper crashed while it had the question, and it is asked again */
    question_done done;
    void *arg;
    int status;
    struct blob *answer; /* NULL until finished, and where there was no memory for one */
};

/* A question of `tool` ("DistanceMeasurement", "PropertiesMeasurement") on `ids`, a JSON list as
 * browsers send it: [id1, id2, centers] or [id, flag]. NULL in `*question` with -EINVAL where that
 * is no question of this tool, or -ENOMEM. */
int question_new(struct question **question, const char *tool, const char *ids, size_t size);

/* Sets the answer to a copy of `json`. */
void question_answer(struct question *question, int status, const char *json, size_t size);

/* Sets the answer to one that the browser's panel shows as `reason`: see docs/measuring.md. */
void question_refuse(struct question *question, int status, const char *reason);

/* Hands the answer to who asked, and frees the question. */
void question_deliver(struct question *question);

/* Without delivering. */
void question_free(struct question *question);

/* The text of a FAIL frame's {"error":"..."}, into `buf`; a general phrase where there is none. */
const char *question_fault(const char *json, size_t size, char *buf, size_t room);

#endif

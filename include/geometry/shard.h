/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_SHARD_H
#define CADCAST_GEOMETRY_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/list.h"
#include "base/log.h"
#include "geometry/question.h"
#include "geometry/worker.h"

/*
 * The inside of the pool: a shard is one worker with the sessions pinned to it and the questions
 * queued for it. Only pool.c uses this header.
 */

/* The parts of one session. */
struct shard_session {
    struct list link; /* in the shard */
    struct shard *shard;
    uint32_t id;
    struct blob *blob; /* NULL: no parts */
    bool expected;     /* no parts yet, but they are being made */
    struct list early; /* questions by by_shard that wait for these */
    bool warm;         /* to be read before any question */
    bool wanted;       /* a question was asked on this session: new parts are read at once */
    bool loaded;       /* the helper process of life `life` has read its tree */
    uint64_t life;
    double left; /* parts that this process has not decoded yet */
    bool lazy;   /* decoding in advance failed: a part is decoded when a question needs it */
    unsigned load_kills; /* helper processes that ended while reading the tree */
    char *fault;         /* why no question on it can be answered; NULL: questions can be */
    int fault_status;
    struct list quarantine; /* geometry/quarantine.h */
};

/* Events of a shard, for its pool. */
struct shard_events {
    /* `question` has its answer and has left the shard. */
    void (*finished)(void *arg, struct question *question);
    /* After shard_close. */
    void (*closed)(void *arg);
};

struct shard {
    struct worker *worker;
    const struct shard_events *events;
    void *arg;
    const struct log *log;
    struct list sessions;
    unsigned session_count;
    struct list queue;             /* questions by by_shard, without the current one */
    struct question *current;      /* the one the worker has; NULL: none, or it timed out */
    struct shard_session *at_work; /* the session of the worker's job; NULL: none */
    enum frame_kind job;           /* the kind of that job */
    char *parts;                   /* the parts of that job; NULL: none, or no memory for them */
    double seconds;                /* a question's time limit, for the reason */
};

/* Opens an idle shard; its process starts with the first job. 0, or as worker_new. */
int shard_open(struct shard *shard, uv_loop_t *loop, const struct worker_options *options,
               const struct shard_events *events, void *arg);

/* Ends the process; the questions and sessions must be gone. */
void shard_close(struct shard *shard);

/* Starts the shard's process, so that the first question need not wait for it. */
void shard_prepare(struct shard *shard);

/* Adds a session without parts. NULL: no memory. */
struct shard_session *shard_add_session(struct shard *shard, uint32_t id);

/* Replaces the session's parts (`blob` NULL: by none): the state of the old ones is dropped, and
 * the helper stops working on them. Parts are no longer expected, and questions that waited for
 * them are queued. Takes over the reference to `blob`. */
void shard_set_parts(struct shard_session *session, struct blob *blob);

/* Removes the session; its questions must be gone. */
void shard_drop_session(struct shard_session *session);

/* Queues a question; shard_run asks it, once the session has parts. */
void shard_queue(struct shard *shard, struct question *question);

/* Removes a question from the shard, queued or current. */
void shard_forget(struct shard *shard, struct question *question);

/* Gives the worker the next job, if it is idle and there is one. May finish questions. */
void shard_run(struct shard *shard);

#endif

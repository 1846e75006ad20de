/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_LANE_H
#define CADCAST_GEOMETRY_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/list.h"
#include "base/log.h"
#include "geometry/question.h"
#include "geometry/worker.h"

/*
 * The inside of the pool: a lane is one worker with the sessions pinned to it and the questions
 * that wait for it. Only pool.c uses this header.
 */

/* The parts of one session. */
struct lane_session {
    struct list link; /* in the lane */
    struct lane *lane;
    uint32_t id;
    struct blob *blob; /* NULL: it has none */
    size_t offset;
    bool warm;   /* to be read even if nobody asks */
    bool wanted; /* somebody measured in this session: new parts are read at once */
    bool loaded; /* its tree, by the process of life `life` */
    uint64_t life;
    double left;         /* parts that this process has not decoded yet */
    bool lazy;           /* decoding ahead did no good: a part is decoded when it is asked for */
    unsigned load_kills; /* helpers that ended while they read the tree */
    char *fault;         /* why no question on it can be answered; NULL: they can */
    int fault_status;
    struct list suspects; /* geometry/suspects.h */
};

/* What a lane needs of its pool. */
struct lane_events {
    /* `question` has its answer; the lane no longer knows it. */
    void (*finished)(void *arg, struct question *question);
    /* After lane_close. */
    void (*closed)(void *arg);
};

struct lane {
    struct worker *worker;
    const struct lane_events *events;
    void *arg;
    const struct log *log;
    struct list sessions;
    unsigned session_count;
    struct list queue;            /* questions by by_lane, but for the one that is being asked */
    struct question *current;     /* being asked; NULL: none, or its time ran out meanwhile */
    struct lane_session *at_work; /* whose job the worker has; NULL: none */
    enum frame_kind job;          /* what that job is */
    char *blame;                  /* the suspect of that job; NULL: none, or no memory for it */
    double seconds;               /* a question's time, for the reason */
};

/* An idle lane; its process starts with the first job. 0, or as worker_new. */
int lane_open(struct lane *lane, uv_loop_t *loop, const struct worker_options *options,
              const struct lane_events *events, void *arg);

/* Ends the process; the questions and sessions must be gone. */
void lane_close(struct lane *lane);

/* Starts the lane's process, so that the first question need not wait for it. */
void lane_prepare(struct lane *lane);

/* A session of this lane without parts. NULL: no memory. */
struct lane_session *lane_add_session(struct lane *lane, uint32_t id);

/* Gives the session other parts (or none): what was known of the old ones is forgotten, and the
 * helper stops working on them. Takes over the reference to `blob`. */
void lane_set_parts(struct lane_session *session, struct blob *blob, size_t offset);

/* Forgets the session; its questions must be gone. */
void lane_drop_session(struct lane_session *session);

/* Queues a question; lane_run asks it. */
void lane_queue(struct lane *lane, struct question *question);

/* Takes a question away from the lane, wherever it is. */
void lane_forget(struct lane *lane, struct question *question);

/* Gives the worker the next job, if it is idle and there is one. May finish questions. */
void lane_run(struct lane *lane);

#endif

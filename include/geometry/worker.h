/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_WORKER_H
#define CADCAST_GEOMETRY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/frame.h"
#include "base/log.h"

/*
 * A helper that is always there: starts the process when there is a first job, gives it one job at
 * a time, kills it when a job takes too long, and starts it anew, after a pause that grows, when it
 * ended. What a process knew is lost with it: worker_life tells one life from the next.
 */
struct worker;

enum worker_loss {
    WORKER_CRASHED,  /* the process ended, or spoke nonsense, while it had the job */
    WORKER_LATE,     /* it took longer than the deadline and was killed */
    WORKER_NO_START, /* the program does not start: not the job's fault */
};

struct worker_options {
    const char *program; /* path; must outlive the worker */
    uint64_t memory;     /* bytes of address space for a process; 0: no limit */
    uint64_t deadline;   /* milliseconds for one job */
    const struct log *log;
    unsigned number; /* for the log */
};

/* Never called inside a call of the functions below. In each the worker is idle again. */
struct worker_events {
    /* The job's answer: READY, ANSWER or FAIL. `payload` is valid during the call. */
    void (*answer)(void *arg, const struct frame *frame, const char *payload);
    /* The job will have no answer. */
    void (*lost)(void *arg, enum worker_loss loss);
    /* The worker is gone, after worker_close. Comes once. */
    void (*closed)(void *arg);
};

/* A worker without a process yet. -ENOMEM or what libuv says: then no event ever comes. */
int worker_new(struct worker **worker, uv_loop_t *loop, const struct worker_options *options,
               const struct worker_events *events, void *arg);

/* Whether a job is running. */
bool worker_busy(const struct worker *worker);

/* The number of the life in which the next job runs, if nothing happens until then. */
uint64_t worker_life(const struct worker *worker);

/* The process id, 0 where none runs: for tests and the log. */
int worker_pid(const struct worker *worker);

/* Processes that were started so far: more than one means that one ended before its time. */
uint64_t worker_starts(const struct worker *worker);

/* Starts the process where none runs, so that the first job need not wait for it. Where that fails
 * the first job tries again. */
void worker_start(struct worker *worker);

/* Runs a job: `kind` is MODEL, DECODE or ASK, its payload `payload` from byte `offset` on, or
 * nothing (NULL), to which a reference is held. The worker must not be busy. -ENOMEM; else `answer`
 * or `lost` comes, unless worker_cancel or worker_close is called first. */
int worker_run(struct worker *worker, enum frame_kind kind, uint32_t session, struct blob *payload,
               size_t offset);

/* Tells a running process to forget a session's model. */
void worker_drop(struct worker *worker, uint32_t session);

/* Kills the process and forgets the job, if there is one: no event comes for it. */
void worker_cancel(struct worker *worker);

/* Ends all. May be called twice. */
void worker_close(struct worker *worker);

#endif

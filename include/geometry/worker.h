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
#include "geometry/process.h"

/*
 * A helper that is always available: starts the process at the first job, gives it one job at a
 * time, kills it when a job takes too long, and restarts it, after a growing pause, when it ended.
 * A process's state is lost with it: worker_life numbers its lives.
 */
struct worker;

enum worker_loss {
    WORKER_CRASHED,  /* the process ended, or broke the protocol, during the job */
    WORKER_LATE,     /* it took longer than the deadline and was killed */
    WORKER_NO_START, /* the program does not start, whatever the job */
};

struct worker_options {
    const char *program; /* path; must outlive the worker */
    uint64_t memory;     /* bytes of address space for a process; 0: no limit */
    uint64_t deadline;   /* milliseconds for one job */
    size_t answer;       /* bytes of the longest answer; 0: as process_limits */
    const struct log *log;
    unsigned number; /* for the log */
};

/* Never fire inside a call of the functions below. In each the worker is idle again. */
struct worker_events {
    /* The job's answer: READY, ANSWER, MESHED or FAIL. `payload` is valid during the call. */
    void (*answer)(void *arg, const struct frame *frame, const char *payload);
    /* The job failed and has no answer. */
    void (*lost)(void *arg, enum worker_loss loss);
    /* The worker is freed, after worker_close. Fires once. */
    void (*closed)(void *arg);
};

/* A worker without a process yet. -ENOMEM or an error of libuv: then no event ever fires. */
int worker_new(struct worker **worker, uv_loop_t *loop, const struct worker_options *options,
               const struct worker_events *events, void *arg);

/* Whether a job is running. */
bool worker_busy(const struct worker *worker);

/* The number of the life in which the next job runs, unless the process ends before. */
uint64_t worker_life(const struct worker *worker);

/* The process id, 0 if none runs: for tests and the log. */
int worker_pid(const struct worker *worker);

/* Processes started so far: more than one means that one ended early. */
uint64_t worker_starts(const struct worker *worker);

/* Starts the process if none runs, so that the first job need not wait for it. If that fails, the
 * first job tries again. */
void worker_start(struct worker *worker);

/* Runs a job: `kind` is MODEL, DECODE or ASK, its payload that of `payload`, to which a reference
 * is held, or empty (NULL). The worker must not be busy. -ENOMEM; else `answer` or `lost` fires,
 * unless worker_cancel or worker_close is called first. */
int worker_run(struct worker *worker, enum frame_kind kind, uint32_t session, struct blob *payload);

/* Runs a MESH job in the same way: `lead` goes before the shape in `payload`. */
int worker_run_mesh(struct worker *worker, const uint8_t lead[PROCESS_LEAD], struct blob *payload);

/* Takes the payload of the answer that is being delivered (worker_events.answer). NULL: no
 * memory. */
struct blob *worker_take(struct worker *worker);

/* Makes a running process drop a session's model. */
void worker_drop(struct worker *worker, uint32_t session);

/* Kills the process and drops the job, if there is one: no event fires for it. */
void worker_cancel(struct worker *worker);

/* Closes the worker. May be called twice. */
void worker_close(struct worker *worker);

#endif

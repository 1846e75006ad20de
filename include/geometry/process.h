/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_PROCESS_H
#define CADCAST_GEOMETRY_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/frame.h"

/*
 * One life of the geometry helper: a process and its two pipes. Frames go in, frames come out, and
 * it ends once. Whether to start another one is the worker's business.
 */
struct process;

struct process_events {
    /* A frame came; `payload` (frame->length bytes and a zero byte) is valid during the call. */
    void (*frame)(void *arg, const struct frame *frame, const char *payload);
    /* It ended by itself, or spoke what is no frame. `why` is a phrase for the log. Comes at most
     * once, not after process_close, and nothing but `closed` comes after it; the owner calls
     * process_close. */
    void (*ended)(void *arg, const char *why);
    /* All handles are closed and `process` is gone. Comes once, after process_close, from the
     * loop. */
    void (*closed)(void *arg);
};

/* Starts `program` with `--memory` and that many bytes (0: no limit). It gets no environment but
 * LD_LIBRARY_PATH and no descriptor but its pipes; its standard error is closed. Below 0 where it
 * cannot be started: then no event ever comes, and `*process` is NULL. */
int process_start(struct process **process, uv_loop_t *loop, const char *program, uint64_t memory,
                  const struct process_events *events, void *arg);

/* Queues a frame. Its payload is `payload` from byte `offset` on, or empty where that is NULL; a
 * reference is held until it is written. -ENOMEM, -EPIPE where the process has ended. */
int process_send(struct process *process, const struct frame *frame, struct blob *payload,
                 size_t offset);

/* Its process id, 0 once it has ended. */
int process_pid(const struct process *process);

/* Kills the process and closes the handles; `closed` comes later. May be called twice. */
void process_close(struct process *process);

#endif

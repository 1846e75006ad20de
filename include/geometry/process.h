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
 * One life of the geometry helper: a process and its two pipes, which carry frames. It ends once.
 * The worker decides whether to start another one.
 */
struct process;

struct process_events {
    /* A frame was received; `payload` (frame->length bytes and a zero byte) is valid during the
     * call. */
    void (*frame)(void *arg, const struct frame *frame, const char *payload);
    /* The process ended by itself, or sent an invalid frame. `why` is a phrase for the log. Fires
     * at most once, not after process_close, and only `closed` follows; the owner calls
     * process_close. */
    void (*ended)(void *arg, const char *why);
    /* All handles are closed and `process` is freed. Fires once, after process_close, from the
     * loop. */
    void (*closed)(void *arg);
};

/* Most bytes that process_send_led puts before a payload. */
#define PROCESS_LEAD 24

/* Limits passed to the program; 0: none. */
struct process_limits {
    uint64_t memory; /* --memory: bytes of address space */
    uint64_t time;   /* --time: milliseconds that a question may take */
    size_t answer;   /* bytes of the longest answer; 0: 64 MiB */
};

/* Starts `program` with these limits as its arguments. Its environment holds at most
 * LD_LIBRARY_PATH, its descriptors are the two pipes; its standard error is closed. Below 0 if it
 * cannot be started: then no event ever fires, and `*process` is NULL. */
int process_start(struct process **process, uv_loop_t *loop, const char *program,
                  const struct process_limits *limits, const struct process_events *events,
                  void *arg);

/* Queues a frame with the payload of `payload`, or an empty one if that is NULL; a reference is
 * held until it is written. -ENOMEM, -EPIPE if the process has ended. */
int process_send(struct process *process, const struct frame *frame, struct blob *payload);

/* The same, with `size` bytes at `lead` before the payload, at most PROCESS_LEAD. */
int process_send_led(struct process *process, const struct frame *frame, const void *lead,
                     size_t size, struct blob *payload);

/* Takes the payload of the frame that is being delivered (process_events.frame), so that it need
 * not be copied. NULL: no memory. */
struct blob *process_take(struct process *process);

/* Its process id, 0 once it has ended. */
int process_pid(const struct process *process);

/* Kills the process and closes the handles; `closed` comes later. May be called twice. */
void process_close(struct process *process);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_IMPORTER_H
#define CADCAST_FILES_IMPORTER_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/frame.h"

/*
 * One life of cadcast-import: a process that reads a file from its standard input and writes frames
 * (base/frame.h, FRAME_PROGRESS to FRAME_ERROR) to its standard output. Everything happens on one
 * loop; no event fires inside a call of the functions below, but for importer_resume.
 */
struct importer;

struct importer_events {
    /* A frame; `payload` (frame->length bytes and a zero byte) is valid during the call. */
    void (*frame)(void *arg, const struct frame *frame, const char *payload);
    /* Its input has taken what was written. */
    void (*drained)(void *arg);
    /* The process has ended, and all its frames were delivered: its exit status, or the signal that
     * ended it (else 0). -EPROTO as status: it wrote what is no frame. Fires at most once, not
     * after importer_close. */
    void (*ended)(void *arg, int64_t status, int signal_number);
    /* All handles are closed and it is freed. Fires once, after importer_close. */
    void (*closed)(void *arg);
};

/* Starts args[0] with these arguments. Its environment holds at most LD_LIBRARY_PATH, its
 * descriptors are the two pipes; its standard error is closed. `longest`: bytes of the longest
 * frame's payload. Below 0 if it cannot be started: then no event ever fires. */
int importer_start(struct importer **importer, uv_loop_t *loop, char **args, size_t longest,
                   const struct importer_events *events, void *arg);

/* Writes bytes (copied) to its input; after importer_close or its end they are dropped. 0 or
 * -ENOMEM. */
int importer_write(struct importer *importer, const void *data, size_t size);

/* Bytes that its input has not taken yet. */
size_t importer_queued(const struct importer *importer);

/* Ends its input, behind what was written. */
void importer_end_input(struct importer *importer);

/* Delivers no frames for now, or again. Within the event `frame` it is the last one. */
void importer_pause(struct importer *importer);
void importer_resume(struct importer *importer);

/* Takes the payload of the frame that is being delivered, so that it need not be copied. NULL: no
 * memory. */
struct blob *importer_take(struct importer *importer);

/* Kills the process and closes the handles; `closed` comes later. May be called twice. */
void importer_close(struct importer *importer);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_RECORDER_H
#define CADCAST_STATE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "loop/work.h"
#include "state/recording.h"
#include "view/hub.h"

/*
 * Writes every picture of every session to a recording. The loop takes a copy, which shares the
 * bytes; the worker pool writes one after the other. If the disk is slower than the shows, pictures
 * between are left out and counted, so the memory that waits is bounded and the newest picture of
 * each session is always written. What cannot be written is one line in the log, and costs no show.
 */
struct recorder {
    struct hub *hub;
    const struct log *log;
    const char *path; /* borrowed */
    struct recording recording;
    struct work_jobs jobs;
    struct list waiting;  /* struct recorder_picture, the oldest first */
    size_t waiting_bytes; /* of their blobs, each as often as it waits */
    unsigned waiting_count;
    uint64_t left_out; /* pictures that were, since the last one that waits */
    uint64_t order;    /* count of pictures that were taken */
    uint64_t pictures; /* that were written */
    uint64_t bytes;    /* of the file */
    uint64_t lost;     /* that were left out, or could not be written */
    uint64_t retry;    /* milliseconds: no try before it; 0: the last one succeeded */
    uint64_t looked;   /* milliseconds: when sessions were last checked for small changes */
    int trouble;       /* error of the last write, or RECORDING_FULL; 0: it succeeded */
    bool open;
    bool busy; /* a job writes */
    bool closing;
    void (*closed)(void *arg);
    void *arg;
};

/* Opens the recording and begins with the pictures that are there. 0, or an error after one line in
 * the log: all other functions do nothing then. `limit`: bytes of the file, 0: none. */
int recorder_open(struct recorder *recorder, const char *path, uint64_t limit, uv_loop_t *loop,
                  struct hub *hub);

/* The session's picture changed. */
void recorder_keep(struct recorder *recorder, const struct session *session);

/* The name has no session any more. */
void recorder_forget(struct recorder *recorder, const char *name);

/* Called about twice a second: checks every few seconds for small changes, such as the camera. */
void recorder_tick(struct recorder *recorder);

/* Writes what waits, then calls `closed` from the loop; if nothing is open, before this returns.
 * Must be called only once. */
void recorder_close(struct recorder *recorder, void (*closed)(void *arg), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_MESHER_H
#define CADCAST_GEOMETRY_MESHER_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/log.h"
#include "base/weak_pointer.h"

/*
 * Meshes shapes with several helper processes, one shape each at a time. Processes start with the
 * first shapes, or before them (mesher_warm), and end when there was nothing to do for a while.
 * Everything happens on one loop.
 *
 * Every shape ends with a mesh or a reason: a helper that crashes or hangs is killed, and costs the
 * shape that it had. A shape that crashed one helper is given to another one once, since the crash
 * may have had another cause; a shape that takes too long is meshed again as its edges alone.
 */
struct mesher;

enum mesher_flags {
    MESHER_COARSE = 1, /* a quick first mesh */
    MESHER_EDGES = 2,  /* edges alone */
};

/* A shape to mesh, and how. */
struct mesher_ask {
    struct blob *shape;         /* its payload; a reference is taken */
    double deviation;           /* of the box's size, as the clients have it */
    double angle;               /* radians */
    uint32_t flags;             /* enum mesher_flags */
    struct weak_pointer *owner; /* a reference is taken; see mesher_cancel */
    uint32_t number;            /* of the shape, for its owner */
};

struct mesher_result {
    struct weak_pointer *owner;
    uint32_t number;
    uint32_t asked;     /* the flags of the question */
    uint32_t flags;     /* those of the answer: MESHER_EDGES if it took too long otherwise */
    struct blob *mesh;  /* an instance file (model/instance.h), borrowed; NULL: it failed */
    const char *reason; /* why it failed, or why its faces are missing; else NULL */
};

struct mesher_options {
    const char *program; /* path of cadcast-geometry; copied */
    unsigned processes;  /* at most; at least 1 */
    unsigned first;      /* number of the first process in the log */
    uint64_t timeout;    /* milliseconds for one shape */
    uint64_t memory;     /* bytes of address space for one process; 0: no limit */
    size_t answer;       /* bytes of the largest mesh */
    const struct log *log;
    /* A shape is done; never inside a call of the functions below. */
    void (*done)(void *arg, const struct mesher_result *result);
    void *arg;
};

/* A mesher without processes yet. -ENOMEM, or an error of libuv. */
int mesher_new(struct mesher **mesher, uv_loop_t *loop, const struct mesher_options *options);

/* Queues a shape; a coarse one, or one of edges alone, before all others. 0: `done` is called,
 * unless mesher_cancel or mesher_close is called first. -ENOMEM. */
int mesher_ask(struct mesher *mesher, const struct mesher_ask *ask);

/* Drops the shapes of an owner: `done` is not called for them. Processes that are at work on one
 * are killed. */
void mesher_cancel(struct mesher *mesher, const struct weak_pointer *owner);

/* Starts as many processes as `shapes` shapes can use, so that the shapes need not wait for it. */
void mesher_warm(struct mesher *mesher, size_t shapes);

/* Ends all: shapes are dropped, processes are killed; then `closed` is called once, from the loop,
 * and the mesher is gone. */
void mesher_close(struct mesher *mesher, void (*closed)(void *arg), void *arg);

/* Processes that were started so far, and shapes that wait or are at work. */
uint64_t mesher_starts(const struct mesher *mesher);
unsigned mesher_waiting(const struct mesher *mesher);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_PLAN_H
#define CADCAST_MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * A show that sends geometry: the payload of an `E` message (docs/protocol.md), checked. Its tree
 * is that of a `D`, but its leaves refer to shapes, which the kernel sends by their hash. Needs no
 * loop: made for the worker pool.
 */
enum {
    PLAN_HASH = 32,              /* bytes of a shape's hash, SHA-256 */
    PLAN_SHAPES = 65536,         /* most shapes of one show */
    PLAN_DEPTH = 500,            /* deepest nesting of groups, as the helper's */
    PLAN_MAX = 64 * 1024 * 1024, /* bytes of the largest payload that is read */
    PLAN_WEIGHT = 8,             /* bytes of memory of a plan for each byte of its payload, about */
    PLAN_WHY = 160,              /* room for a reason, with its zero byte */
};

struct plan_shape {
    uint8_t hash[PLAN_HASH];
    uint64_t bytes;
    uint32_t same;    /* the first shape with this hash, which may be this one */
    const char *part; /* id of the first leaf that refers to it; NULL: none does */
};

struct plan {
    unsigned refs; /* changed on one thread only */
    json_t *root;  /* the payload; no thread changes it */
    json_t *tree;  /* borrowed from `root`, as all strings */
    json_t *config;
    double deviation;
    double angle; /* radians */
    int64_t count;
    struct plan_shape *shapes;
    uint32_t shape_count;
    const struct plan_shape **order; /* the shapes, sorted by hash and number */
    uint32_t leaves;
};

/* Reads a payload. `max_shape`: bytes of the largest shape that can be sent. 0: `*plan` has one
 * reference. -EINVAL: it is not such a payload; -EFBIG: a shape is too large; -ENOMEM. The reason
 * is in `why`. */
int plan_read(struct plan **plan, const void *text, size_t size, uint64_t max_shape,
              char why[PLAN_WHY]);

/* The first shape with that hash; -1 if there is none. */
long plan_find(const struct plan *plan, const uint8_t hash[PLAN_HASH]);

/* Whether a leaf of the tree refers to a shape; sets its number. */
bool plan_leaf(const json_t *leaf, uint32_t *number);

/* Adds a reference; returns `plan`. */
struct plan *plan_ref(struct plan *plan);

/* Drops a reference. NULL is allowed. */
void plan_unref(struct plan *plan);

#endif

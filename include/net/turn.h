/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_TURN_H
#define CADCAST_NET_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"

/* Memory that all streams of one loop read into, since nothing is read in two places at once. */
#define TURN_SCRATCH (256 * 1024)

/* Bytes that all streams of a loop together may read, and write, in one turn of it: about a
 * millisecond's work each, so that whoever else waits for the loop does not wait long. */
#define TURN_READ (512 * 1024)
#define TURN_WRITE (1024 * 1024)

/* What may be read while there is more to write than one turn can: small questions get their
 * answer, but a model that everybody is getting is passed on while it is still in the cache. */
#define TURN_READ_BUSY (8 * 1024)

/* Something that shall go on in the next turn, or once the callback at hand has returned. */
struct turn_wait {
    struct list link;
    void (*run)(struct turn_wait *wait);
};

/*
 * What the streams of one loop share: memory to read into, and how much each turn of the loop may
 * still do. A stream that finds nothing left waits here; all get their share one after the other.
 */
struct turn {
    uv_check_t check;
    uv_idle_t idle;   /* active while somebody waits: the loop then does not sleep */
    uint8_t *scratch; /* TURN_SCRATCH bytes */
    size_t read_left;
    size_t write_left;
    unsigned open;     /* handles that are not closed yet */
    unsigned sending;  /* streams that wait for their peer to take more */
    struct list later; /* struct turn_wait */
};

/* 0 or an error, and then nothing is open. */
int turn_open(struct turn *turn, uv_loop_t *loop);

/* Closes the handles; to be called once no stream uses it any more. May be called twice. */
void turn_close(struct turn *turn);

/* After the loop has ended. */
void turn_free(struct turn *turn);

/* Has `wait->run` called soon, but not from here. Nothing happens where it waits already; its link
 * must have been initialised. */
void turn_later(struct turn *turn, struct turn_wait *wait);

#endif

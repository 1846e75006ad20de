/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_LOOP_IO_BUDGET_H
#define CADCAST_LOOP_IO_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"

/* The receive buffer that all streams of one loop share, since only one of them reads at a time. */
#define IO_BUDGET_SCRATCH (256 * 1024)

/* Byte budgets of one turn, an iteration of the loop, for all its streams together, reading and
 * writing: about a millisecond's work each, so that other handles of the loop do not wait long. */
#define IO_BUDGET_READ (512 * 1024)
#define IO_BUDGET_WRITE (1024 * 1024)

/* Read budget of a turn while writes are pending: enough for small questions, too little for a
 * model to push the one being sent out of the cache. */
#define IO_BUDGET_READ_BUSY (8 * 1024)

/* A callback to be run in the next turn, or once the current callback has returned. */
struct io_budget_wait {
    struct list link;
    void (*run)(struct io_budget_wait *wait);
};

/*
 * What the streams of one loop share: the receive buffer, and the bytes that may still be read and
 * written in this turn. A stream that finds a budget used up waits in `later`; the queue is served
 * in order.
 */
struct io_budget {
    uv_check_t check;
    uv_idle_t idle;   /* active while `later` is not empty: the loop then does not block in poll */
    uint8_t *scratch; /* IO_BUDGET_SCRATCH bytes */
    size_t read_left;
    size_t write_left;
    unsigned open;     /* handles that are not closed yet */
    unsigned sending;  /* streams that wait for room in their peer's receive buffer */
    struct list later; /* struct io_budget_wait */
};

/* 0 or an error, after which nothing is open. */
int io_budget_open(struct io_budget *budget, uv_loop_t *loop);

/* Closes the handles; call it once no stream uses it any more. May be called twice. */
void io_budget_close(struct io_budget *budget);

/* Call it after the loop has ended. */
void io_budget_free(struct io_budget *budget);

/* Queues `wait->run` to be called soon, never inside this call. Does nothing if it is queued
 * already; its link must have been initialised. */
void io_budget_later(struct io_budget *budget, struct io_budget_wait *wait);

#endif

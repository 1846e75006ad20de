/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_MEASURE_H
#define CADCAST_CLUSTER_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "cluster/presence.h"
#include "cluster/room.h"
#include "cluster/rpc.h"
#include "geometry/pool.h"

/*
 * Measuring at another node, for nodes that have no helper. Of those that have one, the one is
 * asked that a hash of its name and of the exact geometry puts first (rendezvous hashing), so that
 * one node reads a geometry for all; then the next in that order.
 */
struct measure {
    struct node *node;
    struct rpc *rpc;
    const struct presence *presence;
    struct pool *pool;  /* NULL: nothing is measured here */
    uint64_t timeout;   /* milliseconds that a question may take */
    struct list asking; /* questions of pages here */
    struct list loads;  /* exact geometry of other nodes' sessions, read here */
    unsigned load_count;
    uint32_t last;     /* number of the last of them, for the pool */
    uint64_t asked;    /* questions that were put to other nodes */
    uint64_t answered; /* questions of other nodes */
};

void measure_init(struct measure *measure, struct node *node, struct rpc *rpc,
                  const struct presence *presence);

/* The engine or this node ends: so do all questions. */
void measure_end(struct measure *measure);

/* Whether another node measures. */
bool measure_possible(const struct measure *measure);

/* As pool_ask, but about the session of a room, and `done` may be called inside this call. */
int measure_ask(struct measure *measure, struct room *room, const char *tool, json_t *ids,
                pool_done done, void *arg);

/* Another node asks. */
void measure_hear(struct measure *measure, const struct rpc_question *question, json_t *what);

/* Called now and then. */
void measure_tick(struct measure *measure);

/* ---- for the measure_* files ---- */

void measure_answer_tick(struct measure *measure);
void measure_answer_end(struct measure *measure);

#endif

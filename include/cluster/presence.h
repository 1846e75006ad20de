/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_PRESENCE_H
#define CADCAST_CLUSTER_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "cluster/node.h"

/* Seconds without a beat after which a node counts as gone. */
#define PRESENCE_GONE 10

/* Another node, as it describes itself. */
struct presence_peer {
    struct list link;
    char name[NODE_NAME];
    char version[NODE_VERSION];
    char address[NODE_ADDRESS]; /* for people; "": it has none */
    unsigned places;            /* sessions that it can measure at a time; 0: it measures none */
    uint64_t run;               /* a number for this start of it */
    uint64_t age;               /* seconds since its last beat, by the engine's clock */
};

/*
 * Which nodes there are. Each writes a line about itself every 3 s; times are the engine's, so that
 * no clocks are compared. All lines are read back less often the more there are.
 */
struct presence {
    struct node *node;
    struct list peers; /* struct presence_peer: the others that live */
    unsigned count;    /* of them */
    unsigned beats;
    uint64_t beat_at; /* milliseconds: when the last beat was sent; 0: none was */
    bool read;        /* the lines were read since the engine was last there */
    /* A beat is due: what else is told at this pace. `again`: also what was told before, as the
     * engine may have lost it. */
    void (*beat)(void *owner, bool again);
    void *owner;
};

void presence_init(struct presence *presence, struct node *node,
                   void (*beat)(void *owner, bool again), void *owner);
void presence_free(struct presence *presence);

/* Called now and then. */
void presence_tick(struct presence *presence);

/* The engine is gone: nothing is known of the others. */
void presence_lost(struct presence *presence);

/* The node of that name; NULL: it is not there. */
const struct presence_peer *presence_find(const struct presence *presence, const char *name);

/* All nodes, this one first; a new reference. */
json_t *presence_describe(const struct presence *presence);

#endif

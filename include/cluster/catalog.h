/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_CATALOG_H
#define CADCAST_CLUSTER_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/node.h"
#include "cluster/presence.h"

/*
 * The sessions of all nodes, for the lists of sessions here: read from the engine when another node
 * says that they have changed, and now and then.
 */
struct catalog {
    struct node *node;
    const struct presence *presence;
    uint64_t asked_at; /* milliseconds; 0: not since the engine was last there */
    bool changed;      /* another node said so */
};

/* Called now and then. */
void catalog_tick(struct catalog *catalog);

/* The engine is gone: the list is that of this node. */
void catalog_lost(struct catalog *catalog);

/* Writes the name of the channel on which nodes say that the list has changed. */
void catalog_channel(const struct node *node, char out[NODE_PREFIX + 16]);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_SHOTS_H
#define CADCAST_CLUSTER_SHOTS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/list.h"
#include "cluster/presence.h"
#include "cluster/room.h"
#include "cluster/rpc.h"

/*
 * Screenshots of pages at another node, for kernels here: of the nodes at which pages of the
 * session are, the one whose page was used last is asked. The picture comes back as a content, by
 * its hash.
 */
struct shots {
    struct node *node;
    struct rpc *rpc;
    const struct presence *presence;
    struct list answers; /* what pages here were asked for by other nodes */
};

/* The data URL of the picture; NULL: there is none. It is borrowed. */
typedef void (*shots_done)(void *arg, struct blob *data_url);

void shots_init(struct shots *shots, struct node *node, struct rpc *rpc,
                const struct presence *presence);
void shots_end(struct shots *shots);

/* Asks. Returns an error, or `done` is called exactly once, never inside this call. */
int shots_ask(struct shots *shots, struct room *room, shots_done done, void *arg);

/* Another node asks. */
void shots_hear(struct shots *shots, const struct rpc_question *question, json_t *what);

/* A page has sent the picture with that name, or will not (NULL). False: no other node asked. */
bool shots_sent(struct shots *shots, const char *filename, const json_t *data_url);

#endif

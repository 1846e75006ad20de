/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_RPC_H
#define CADCAST_CLUSTER_RPC_H

#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "cluster/node.h"

enum { RPC_MOST = 64 * 1024 }; /* longest question and answer, in bytes of JSON */

/* A question of another node. */
struct rpc_question {
    char from[NODE_NAME];
    uint64_t id;
};

/*
 * Questions of one node to another, each on the channel of the other: JSON both ways. An answer
 * comes, or the reason why not: the other node is not there, or does not answer in time.
 */
struct rpc {
    struct node *node;
    struct list asked; /* questions that wait for their answer */
    uint64_t last;     /* number of the last question */
    /* Another node asks; answer with rpc_answer, at once or later. `what` is borrowed. */
    void (*question)(void *owner, const struct rpc_question *question, json_t *what);
    void *owner;
};

/* The answer, borrowed, or NULL with an error: -EHOSTUNREACH: that node is not there; -ETIMEDOUT;
 * -EPIPE: the engine is gone. */
typedef void (*rpc_done)(void *arg, int error, const json_t *answer);

void rpc_init(struct rpc *rpc, struct node *node,
              void (*question)(void *owner, const struct rpc_question *question, json_t *what),
              void *owner);

/* Ends all questions. */
void rpc_end(struct rpc *rpc);

/* Writes the name of a node's channel. */
void rpc_channel(const struct node *node, const char *name, char out[NODE_PREFIX + NODE_NAME + 8]);

/* Asks; takes over `what`. `wait`: milliseconds. Returns an error, or `done` is called exactly
 * once, never inside this call. */
int rpc_ask(struct rpc *rpc, const char *name, json_t *what, uint64_t wait, rpc_done done,
            void *arg);

/* Answers another node's question; takes over `answer`. */
void rpc_answer(struct rpc *rpc, const struct rpc_question *question, json_t *answer);

/* A notice on this node's channel. */
void rpc_hear(struct rpc *rpc, const struct resp *text);

/* Called now and then: ends what waits for too long. */
void rpc_tick(struct rpc *rpc);

#endif

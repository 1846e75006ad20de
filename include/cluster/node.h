/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_NODE_H
#define CADCAST_CLUSTER_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/link.h"
#include "engine/pieces.h"
#include "loop/work.h"
#include "view/hub.h"

enum {
    NODE_NAME = 128,  /* room for a node's name */
    NODE_PREFIX = 64, /* room for what all keys begin with */
    NODE_VERSION = 32,
    NODE_ADDRESS = 256,
};

/* A content whose pieces the engine has lost. Zeroed: other nodes were not asked for them. */
struct node_want {
    unsigned times; /* that they were */
    uint64_t next;  /* milliseconds: not fetched before */
};

struct pool;

struct node_options {
    struct engine engine;
    char prefix[NODE_PREFIX];
    char name[NODE_NAME];
    size_t max_content; /* longest content that is fetched, in bytes */
    /* What others are told of this node. */
    char version[NODE_VERSION];
    char address[NODE_ADDRESS]; /* of its page, for people; "": none */
    unsigned places;            /* sessions that it can measure at a time */
    uint8_t *model_key;         /* 32 bytes that name model files: replaced by those of all nodes */
    void (*keyed)(void *owner); /* they were */
    void *owner;
    struct pool *pool;        /* measures; NULL: nothing does */
    bool asks;                /* then other nodes are asked to */
    uint64_t measure_timeout; /* milliseconds */
    uint64_t run;             /* a number for this start of it, below 2 to the power of 53 */
};

/* The engine's clock, which is that of all nodes: what a node shows while it cannot reach the
 * engine has its place among what others show meanwhile. */
struct node_clock {
    int64_t ahead; /* milliseconds that the engine's clock is ahead of this machine's */
    double error;  /* milliseconds by which that may be wrong */
    uint64_t read; /* milliseconds: when it was read last */
    uint64_t sent; /* nanoseconds: when it was asked for; 0: no answer is due */
    bool known;
    bool again; /* it may be another engine's than before */
    bool told;  /* the log has how far it is away */
};

/* What the shared sessions of this server have in common. */
struct node {
    struct node_options options;
    struct tls_context *tls; /* for the connections; NULL: plain */
    uv_loop_t *loop;
    struct hub *hub;
    const struct log *log;
    /* Connections: for commands; for what other nodes publish; for pieces, so that a large picture
     * never delays a notice. */
    struct link commands;
    struct link notices;
    struct link bulk;
    unsigned open;                      /* of these, and the timer */
    unsigned fetches;                   /* large pictures that are being fetched */
    struct work_jobs jobs;              /* on the pool */
    struct list rooms;                  /* struct room: shared sessions */
    uv_timer_t timer;                   /* looks at the rooms once the current callbacks are over */
    uv_timer_cb work;                   /* which does that */
    void (*settled)(struct node *node); /* nothing of it is left, after `closing` was set */
    char script[41];     /* the name that the engine gave the script; "": not loaded */
    uint64_t newest;     /* stamp of the newest show that was seen */
    uint64_t full_since; /* milliseconds: since when the engine has no memory; 0: it has */
    struct node_clock clock;
    uint64_t lag;     /* milliseconds that the last comparison took */
    uint64_t shown;   /* shows given to the engine */
    uint64_t heard;   /* shows taken from it */
    uint64_t missing; /* pictures whose pieces it had lost */
    bool applying;    /* a change of another node is being made in the view */
    bool closing;
};

/* Checks --cluster, --cluster-prefix and --node-name. NULL, or the fault. `name` NULL: the name of
 * the machine and `port`. */
const char *node_options(struct node_options *options, const char *url, const char *prefix,
                         const char *name, uint16_t port);

/* Whether it is a node's name: 1 to 100 of A-Z a-z 0-9 . _ - */
bool node_name_ok(const char *name);

/* Whether the engine can be used. */
bool node_is_ready(const struct node *node);

/* Writes the name of the channel on which nodes ask for pieces that the engine has lost: any node
 * may have them, whether a page looks there or not. A notice is the session's name and the hash. */
void node_want_channel(const struct node *node, char out[PIECES_BASE]);

/* Asks other nodes to give the engine the pieces of a content of that session again. False: they
 * were asked for some seconds, and none has it. */
bool node_want(struct node *node, struct node_want *want, const char *session, const char *hash);

/* Looks at all rooms soon. */
void node_soon(struct node *node);

/* Asks for the engine's clock. `again`: it may be another engine than before. */
void node_ask_clock(struct node *node, bool again);

/* Milliseconds since 1970 by the engine's clock. */
uint64_t node_now(const struct node *node);

/* A stamp for a show that was made at that time, in milliseconds since 1970; 0: that is made now.
 */
uint64_t node_stamp(struct node *node, uint64_t milliseconds);

/* Its time, in milliseconds since 1970. */
uint64_t node_stamp_time(uint64_t stamp);

/* A show has that stamp. False: no clock has it. */
bool node_stamp_seen(struct node *node, uint64_t stamp);

/* The engine refused something for want of memory (`full`), or took it. */
void node_full(struct node *node, bool full);

/* Sends a command whose answer is not needed. */
void node_say(struct node *node, struct link *link, const char *const *words);

/* An answer or a transfer is over: ends the node if that is due. */
void node_settle(struct node *node);

#endif

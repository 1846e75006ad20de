/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_CLUSTER_H
#define CADCAST_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#include "cluster/catalog.h"
#include "cluster/measure.h"
#include "cluster/node.h"
#include "cluster/presence.h"
#include "cluster/rpc.h"
#include "cluster/shots.h"
#include "engine/sentinel.h"
#include "loop/io_budget.h"
#include "view/hub.h"

/*
 * This server as one node of several that share their sessions through an engine, which speaks the
 * Redis protocol. The nodes are the truth: each keeps what its own browsers and kernels use. The
 * engine is a cache of pictures and an order of shows, and may lose everything: then a node that
 * has a picture gives it back. Without the engine a node works on alone.
 *
 * The view does not know of it: the server's services tell what happened to sessions (below), and
 * what other nodes show reaches the view as a kernel's message would.
 */
struct cluster {
    struct node node;
    struct presence presence;
    struct catalog catalog;
    struct rpc rpc;
    struct measure measure;
    struct shots shots;
    struct sentinel sentinel; /* used if the engine's address is to be asked for */
    uint64_t gone_since;      /* milliseconds: since when the engine cannot be used; 0: it can */
    uint64_t looked;          /* milliseconds: when positions were last compared */
    uint64_t asked;           /* milliseconds: when another Sentinel was last turned to */
    uint64_t losses;          /* of the connection for commands */
    unsigned looks;           /* at all that pages show, so far */
    bool told;                /* the log has the reason why the engine cannot be used */
    void (*closed)(void *arg);
    void *arg;
};

/* Begins to connect. 0 or -ENOMEM. */
int cluster_new(struct cluster **cluster, uv_loop_t *loop, struct io_budget *budget,
                struct hub *hub, const struct node_options *options);

/* Ends it; `closed` is called once nothing of it is left. */
void cluster_close(struct cluster *cluster, void (*closed)(void *arg), void *arg);

/* The view's services tell what happened to a session. All are allowed with NULL as `cluster`. */
void cluster_changed(struct cluster *cluster, struct session *session, enum view_change change);
void cluster_keep(struct cluster *cluster, struct session *session);
void cluster_renamed(struct cluster *cluster, struct session *session);
void cluster_end(struct cluster *cluster, struct session *session);

/* A page here measures, and this server can: whether exact geometry of the session, which is not
 * here, will come; then session_parts is called, also if it does not come after all. */
bool cluster_want_parts(struct cluster *cluster, struct session *session);

/* Has another node measure, as pool_ask; but `done` may be called inside this call. -ENOTSUP: there
 * is no cluster. */
int cluster_measure(struct cluster *cluster, struct session *session, const char *tool, json_t *ids,
                    pool_done done, void *arg);

/* Has a page at another node draw the session. -ENOTSUP: there is no cluster, or an error; or
 * `done` is called exactly once, later. */
int cluster_shot(struct cluster *cluster, struct session *session, shots_done done, void *arg);

/* A page has sent the screenshot with that name, or will not (NULL). True: it was for another node.
 */
bool cluster_shot_sent(struct cluster *cluster, const char *filename, const json_t *data_url);

/* Called about twice a second. */
void cluster_tick(struct cluster *cluster);

/* The member "cluster" of /status; a new reference. */
json_t *cluster_describe(const struct cluster *cluster);

/* ---- for the cluster_* files ---- */

/* Begins to connect. */
void cluster_links_start(struct cluster *cluster, struct io_budget *budget);

/* Whether Sentinels say where the engine is. */
bool cluster_has_sentinels(const struct cluster *cluster);

/* Why the engine cannot be used; "": it can, or nothing is known yet. */
const char *cluster_trouble(const struct cluster *cluster);

/* Logs that, once. */
void cluster_tell_gone(struct cluster *cluster);

/* A connection, or the timer, is closed. `owner`: the cluster. */
void cluster_part_closed(void *owner);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_FRONT_H
#define CADCAST_CONN_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/io_budget.h"
#include "loop/watch.h"
#include "loop/work.h"
#include "net/owner.h"
#include "settings/options.h"
#include "view/hub.h"
#include "web/guard.h"

/* Limit of refused connections that are given time to send their request. */
#define FRONT_LINGERERS 32

struct conn;
struct front;
struct http;
struct block_cache;
struct tls_context;

/* Callbacks of a connection into its server. */
struct front_events {
    /* A connection was accepted. True: read from it, even if it is refused (conn->refused); false:
     * it has been answered and is being closed. */
    bool (*admit)(struct front *front, struct conn *conn);
    /* The header of a request with a body was received; see http_events.body. May be NULL. */
    void (*body)(struct front *front, struct conn *conn, struct http *http);
    /* A complete request was received. The callee answers it, at once or later. */
    void (*request)(struct front *front, struct conn *conn, struct http *http);
    /* The connection is about to be freed, and is in no list any more. */
    void (*gone)(struct front *front, struct conn *conn);
};

/*
 * The part of a server that its connections see: shared objects and counts. Embedded in the server,
 * which fills in the events; used by the loop thread only, but for `blocks`.
 */
struct front {
    uv_loop_t *loop;
    struct log *log;         /* borrowed, as are options and hub */
    struct options *options; /* read at every use: a reload may change them */
    struct hub *hub;
    const struct front_events *events;
    void *owner; /* of the events */

    struct io_budget budget;    /* what all streams together may read and write in one turn */
    struct watch watch;         /* finds turns of the loop that take too long */
    struct work_jobs jobs;      /* work on the pool */
    struct block_cache *blocks; /* memory kept for the next model; used on the pool too */
    struct tls_context *tls;    /* NULL: plain only */

    struct guard guard;       /* access control of requests */
    struct owner peer_owners; /* finds the user that owns the peer of a loopback connection */
    uint64_t owner_tried;     /* uv_now() of the last attempt to reopen peer_owners */
    bool check_owner;
    struct text security; /* header lines of every answer */

    struct list conns; /* struct conn */
    unsigned conn_count;
    unsigned refused_count;                  /* connections among them that are refused */
    struct conn *lingerers[FRONT_LINGERERS]; /* refused ones that may send a request; NULL: free */
    unsigned next_lingerer;                  /* index of the oldest of them */

    uint64_t requests;
    uint64_t bad_requests;
    uint64_t accepted;
    uint64_t refused;
    uint64_t bytes_in; /* of messages */
    uint64_t bytes_out;
    bool closing; /* the server ends: no new connections */
};

/* Sets every member to a state that front_close and access_end can undo. `log`, `options` and
 * `hub` must outlive it. */
void front_init(struct front *front, uv_loop_t *loop, struct log *log, struct options *options,
                struct hub *hub, const struct front_events *events, void *owner);

/* Opens the handles and allocates memory. Returns 0 or a negative errno value; the caller must call
 * front_close in both cases. */
int front_open(struct front *front);

/* Closes the handles; they are gone once front_is_open is false. May be called twice. */
void front_close(struct front *front);

bool front_is_open(const struct front *front);

/* After the loop has ended: frees the rest. May be called for one that was never opened. */
void front_free(struct front *front);

#endif

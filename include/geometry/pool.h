/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_POOL_H
#define CADCAST_GEOMETRY_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "base/log.h"

/*
 * Exact geometry for many sessions: keeps each session's parts, and answers questions on them
 * through a few helper processes. A session always asks the same process. A process starts at the
 * first question, or before it (pool_prepare, pool_warm), reads a session's parts when that session
 * first asks, and new parts at once from then on, and ends when its last session is dropped.
 * Everything happens on one loop.
 *
 * Every question ends with an answer or a reason, at the latest `timeout` after the asking: a
 * helper that crashes, hangs or talks nonsense is ended and started anew, and given the parts
 * again. Where decoding ahead ended it, parts are decoded as they are asked for; a part that ends
 * it twice is set aside.
 */
struct pool;

struct pool_options {
    const char *program;   /* path of cadcast-geometry; copied */
    unsigned processes;    /* at most; at least 1 */
    uint64_t timeout;      /* milliseconds from the asking */
    uint64_t memory;       /* bytes of address space for one process; 0: no limit */
    unsigned queue;        /* questions that may wait at a time; 0: 1,024 */
    const struct log *log; /* may be NULL; must outlive the pool */
};

/*
 * What came of a question. `json` is always a whole `backend_response` for the browser that asked:
 * the answer, or one whose panel shows a short reason; valid during the call. `status` tells which:
 *
 *   0            the answer
 *   -ENOENT      the helper has a reason: no such shape, one that cannot be read or measured
 *   -ETIMEDOUT   it took too long
 *   -EIO         the helper crashed at it, or does not start
 *   -EACCES      its parts are set aside, since they ended the helper before
 *   -ECANCELED   a new model came, or the session or the pool went
 *   -EBUSY       too many questions are waiting
 *   -ENODATA     the session has no parts
 *   -ENOMEM      no memory
 */
typedef void (*pool_done)(void *arg, int status, const char *json, size_t size);

/* A pool without processes yet. -ENOMEM, or what libuv says. */
int pool_new(struct pool **pool, uv_loop_t *loop, const struct pool_options *options);

/* Stores the parts of a session: the JSON of a `B` message, which begins at byte `offset` of
 * `blob`. Holds a reference. Questions on earlier parts end with -ECANCELED. 0 or -ENOMEM, the
 * session then being as it was. Nothing is parsed. */
int pool_model(struct pool *pool, uint32_t session, struct blob *blob, size_t offset);

/* Forgets a session. Its questions end with -ECANCELED. */
void pool_drop(struct pool *pool, uint32_t session);

/* Starts the session's process, for parts that are on their way: it is there when they are. */
void pool_prepare(struct pool *pool, uint32_t session);

/* Starts the session's process and lets it read the parts, so that the first answer comes sooner:
 * for a browser that takes up a measuring tool. */
void pool_warm(struct pool *pool, uint32_t session);

/* Asks. `tool` is "DistanceMeasurement" or "PropertiesMeasurement", `ids` the JSON list of the
 * browser's selectedShapeIDs, copied. 0: `done` is called once, later, not inside this call (nor
 * inside any other but the end of pool_close). -EINVAL where this is no question of that tool,
 * -ENOMEM: then `done` is never called. */
int pool_ask(struct pool *pool, uint32_t session, const char *tool, const char *ids, size_t size,
             pool_done done, void *arg);

/* Ends all: questions end with -ECANCELED, processes are killed; then `closed` is called once, from
 * the loop, and the pool is gone. */
void pool_close(struct pool *pool, void (*closed)(void *arg), void *arg);

/* The process id of the helper a session is pinned to, 0 where none runs. */
int pool_pid(const struct pool *pool, uint32_t session);

/* Processes that were started so far, and questions that wait for their answer. */
uint64_t pool_starts(const struct pool *pool);
unsigned pool_waiting(const struct pool *pool);

#endif

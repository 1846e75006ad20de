/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_POOL_H
#define CADCAST_GEOMETRY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/log.h"

/*
 * Exact geometry for many sessions: keeps each session's parts, and answers questions on them
 * through a few helper processes. A session always asks the same process. A process starts at the
 * first question, or before it (pool_prepare, pool_warm), reads a session's parts at that session's
 * first question, and new parts at once from then on, and ends when its last session is dropped.
 * Everything happens on one loop.
 *
 * Every question ends with an answer or a reason, at the latest `timeout` after it was asked: a
 * helper that crashes, hangs or breaks the protocol is killed and restarted, and given the parts
 * again. If decoding in advance ended it, parts are decoded when a question needs them; a part that
 * ends it twice is put into quarantine.
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
 * The result of a question. `json` is always a whole `backend_response` for the browser that asked:
 * the answer, or one whose panel shows a short reason; valid during the call. `status`:
 *
 *   0            the answer
 *   -ENOENT      the helper's reason: no such shape, one that cannot be read or measured
 *   -ETIMEDOUT   it took too long
 *   -EIO         the helper crashed at it, or does not start
 *   -EACCES      its parts are in quarantine, since they ended the helper before
 *   -ECANCELED   a new model replaced its own, or the session or the pool was closed
 *   -EBUSY       too many questions are waiting
 *   -ENODATA     the session has no parts, and none are expected
 *   -ENOMEM      no memory
 */
typedef void (*pool_done)(void *arg, int status, const char *json, size_t size);

/* A pool without processes yet. -ENOMEM, or an error of libuv. */
int pool_new(struct pool **pool, uv_loop_t *loop, const struct pool_options *options);

/* Stores the parts of a session: the JSON of a `B` message, the payload of `blob`. Holds a
 * reference. Questions on earlier parts end with -ECANCELED. 0, -ENOMEM, which leaves the session
 * unchanged, or -ECANCELED: the pool is closing. Nothing is parsed. */
int pool_model(struct pool *pool, uint32_t session, struct blob *blob);

/* The session's new parts are being made: questions on earlier parts end with -ECANCELED, and those
 * that are asked from now on wait for pool_model, or end with -ENODATA at pool_drop. 0, -ENOMEM, or
 * -ECANCELED: the pool is closing. */
int pool_expect(struct pool *pool, uint32_t session);

/* The session has no parts any more: those that are asked for wait no longer (-ENODATA), questions
 * on earlier ones end with -ECANCELED. Its process stays, for parts that may come next. */
void pool_empty(struct pool *pool, uint32_t session);

/* Drops a session. Its questions end with -ECANCELED. */
void pool_drop(struct pool *pool, uint32_t session);

/* Starts the session's process in advance, while its parts are still being received. */
void pool_prepare(struct pool *pool, uint32_t session);

/* Starts the session's process and lets it read the parts, so that the first answer is sooner:
 * called when a browser opens a measuring tool. */
void pool_warm(struct pool *pool, uint32_t session);

/* Asks. `tool` is "DistanceMeasurement", "PropertiesMeasurement" or "Mass", `ids` the list of the
 * browser's selectedShapeIDs, borrowed. 0: `done` is called once, later, not inside this call (nor
 * inside any other but the end of pool_close). -EINVAL if this is not a question of that tool,
 *   -ENOMEM: then `done` is never called. */
int pool_ask(struct pool *pool, uint32_t session, const char *tool, json_t *ids, pool_done done,
             void *arg);

/* Asks for the properties of a shape, or, if `id2` is not NULL or empty, for the distance of two;
 * `centers`: of their centres. As pool_ask. */
int pool_measure(struct pool *pool, uint32_t session, const char *id, const char *id2, bool centers,
                 pool_done done, void *arg);

/* Asks for the volume and the area of a part, or of all parts of a group:
 * {"id":..,"parts":n,"volume":v,"area":a}. As pool_ask. */
int pool_weigh(struct pool *pool, uint32_t session, const char *id, pool_done done, void *arg);

/* Ends all: questions end with -ECANCELED, processes are killed; then `closed` is called once, from
 * the loop, and the pool is gone. */
void pool_close(struct pool *pool, void (*closed)(void *arg), void *arg);

/* The process id of the helper a session is pinned to, 0 if it does not run. */
int pool_pid(const struct pool *pool, uint32_t session);

/* Processes that were started so far, and questions that wait for their answer. */
uint64_t pool_starts(const struct pool *pool);
unsigned pool_waiting(const struct pool *pool);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/lane.h"

#define QUEUE_DEFAULT 1024

struct pool {
    uv_loop_t *loop;
    char *program;
    uint64_t timeout; /* milliseconds */
    unsigned queue_limit;
    uv_timer_t expiry;   /* when the oldest open question's time is over */
    uv_timer_t delivery; /* runs at once, where `finished` is not empty */
    struct list open;    /* questions by by_age that have no answer yet, oldest first */
    unsigned open_count;
    struct list finished; /* questions by by_age that wait for their delivery */
    unsigned handles;     /* timers and lanes that are not closed; at 0 the pool is freed */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    unsigned lane_count;
    struct lane lanes[];
};

static void on_expiry(uv_timer_t *timer);
static void on_delivery(uv_timer_t *timer);

static void arm_expiry(struct pool *pool)
{
    if (pool->closing)
        return;
    if (list_empty(&pool->open)) {
        uv_timer_stop(&pool->expiry);
        return;
    }
    const struct question *oldest = list_entry(pool->open.next, struct question, by_age);
    uint64_t now = uv_now(pool->loop);
    uv_timer_start(&pool->expiry, on_expiry, oldest->deadline > now ? oldest->deadline - now : 0,
                   0);
}

/* The question has its answer: it goes out from the loop, never from inside a call. */
static void finish(struct pool *pool, struct question *question)
{
    list_remove(&question->by_age);
    list_append(&pool->finished, &question->by_age);
    pool->open_count--;
    if (!pool->closing)
        uv_timer_start(&pool->delivery, on_delivery, 0, 0);
}

static void on_finished(void *arg, struct question *question)
{
    finish(arg, question);
}

static void refuse(struct pool *pool, struct question *question, int status, const char *reason)
{
    const struct lane_session *session = question->session;
    if (session != NULL)
        lane_forget(session->lane, question);
    question_refuse(question, status, reason);
    finish(pool, question);
}

static void deliver_all(struct pool *pool)
{
    while (!list_empty(&pool->finished)) {
        struct question *question = list_entry(pool->finished.next, struct question, by_age);
        list_remove(&question->by_age);
        question_deliver(question);
    }
}

/* What is told may ask again or close the pool: deliver_all looks at the list each time, and a pool
 * that closes is not freed before the loop's next turn. */
static void on_delivery(uv_timer_t *timer)
{
    deliver_all(timer->data);
}

static void on_expiry(uv_timer_t *timer)
{
    struct pool *pool = timer->data;
    uint64_t now = uv_now(pool->loop);
    char reason[64];
    snprintf(reason, sizeof(reason), "no answer within %g s", (double)pool->timeout / 1000);
    while (!list_empty(&pool->open)) {
        struct question *oldest = list_entry(pool->open.next, struct question, by_age);
        if (oldest->deadline > now)
            break;
        refuse(pool, oldest, -ETIMEDOUT, reason);
    }
    arm_expiry(pool);
}

static void release(struct pool *pool)
{
    if (--pool->handles > 0)
        return;
    void (*closed)(void *arg) = pool->closed;
    void *arg = pool->closed_arg;
    deliver_all(pool);
    free(pool->program);
    free(pool);
    if (closed != NULL)
        closed(arg);
}

static void on_lane_closed(void *arg)
{
    release(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static const struct lane_events lane_events = {
    .finished = on_finished,
    .closed = on_lane_closed,
};

static int open_timer(struct pool *pool, uv_timer_t *timer)
{
    int error = uv_timer_init(pool->loop, timer);
    if (error < 0)
        return error;
    timer->data = pool;
    pool->handles++;
    return 0;
}

static int open_lanes(struct pool *pool, const struct pool_options *options, unsigned count)
{
    struct worker_options worker = { .program = pool->program,
                                     .memory = options->memory,
                                     .deadline = options->timeout,
                                     .log = options->log };
    for (unsigned i = 0; i < count; i++) {
        worker.number = i + 1;
        int error = lane_open(&pool->lanes[i], pool->loop, &worker, &lane_events, pool);
        if (error < 0)
            return error;
        pool->lane_count++;
        pool->handles++;
    }
    return 0;
}

static void close_handles(struct pool *pool)
{
    if (uv_handle_get_type((uv_handle_t *)&pool->expiry) == UV_TIMER)
        uv_close((uv_handle_t *)&pool->expiry, on_timer_closed);
    if (uv_handle_get_type((uv_handle_t *)&pool->delivery) == UV_TIMER)
        uv_close((uv_handle_t *)&pool->delivery, on_timer_closed);
    for (unsigned i = 0; i < pool->lane_count; i++)
        lane_close(&pool->lanes[i]);
}

int pool_new(struct pool **result, uv_loop_t *loop, const struct pool_options *options)
{
    *result = NULL;
    unsigned lanes = options->processes > 0 ? options->processes : 1;
    struct pool *pool = calloc(1, sizeof(*pool) + lanes * sizeof(pool->lanes[0]));
    if (pool == NULL)
        return -ENOMEM;
    pool->loop = loop;
    pool->timeout = options->timeout;
    pool->queue_limit = options->queue > 0 ? options->queue : QUEUE_DEFAULT;
    list_init(&pool->open);
    list_init(&pool->finished);
    pool->program = strdup(options->program);
    int error = pool->program != NULL ? 0 : -ENOMEM;
    if (error == 0)
        error = open_timer(pool, &pool->expiry);
    if (error == 0)
        error = open_timer(pool, &pool->delivery);
    if (error == 0)
        error = open_lanes(pool, options, lanes);
    if (error < 0) {
        pool->closing = true;
        if (pool->handles > 0) {
            close_handles(pool);
        } else {
            free(pool->program);
            free(pool);
        }
        return error;
    }
    *result = pool;
    return 0;
}

static struct lane_session *find_session(const struct pool *pool, uint32_t id)
{
    for (unsigned i = 0; i < pool->lane_count; i++) {
        list_each(at, next, &pool->lanes[i].sessions)
        {
            struct lane_session *session = list_entry(at, struct lane_session, link);
            if (session->id == id)
                return session;
        }
    }
    return NULL;
}

/* A new session goes where the fewest are. */
static struct lane_session *add_session(struct pool *pool, uint32_t id)
{
    struct lane *best = &pool->lanes[0];
    for (unsigned i = 1; i < pool->lane_count; i++) {
        if (pool->lanes[i].session_count < best->session_count)
            best = &pool->lanes[i];
    }
    return lane_add_session(best, id);
}

/* Ends all open questions of a session, or of all sessions (NULL). */
static void cancel(struct pool *pool, const struct lane_session *session, const char *reason)
{
    list_each(at, next, &pool->open)
    {
        struct question *question = list_entry(at, struct question, by_age);
        if (session == NULL || question->session == session)
            refuse(pool, question, -ECANCELED, reason);
    }
}

int pool_model(struct pool *pool, uint32_t id, struct blob *blob, size_t offset)
{
    struct lane_session *session = find_session(pool, id);
    if (session == NULL)
        session = pool->closing ? NULL : add_session(pool, id);
    if (session == NULL)
        return pool->closing ? -ECANCELED : -ENOMEM;
    cancel(pool, session, "a new model came");
    lane_set_parts(session, blob_ref(blob), offset);
    lane_run(session->lane);
    arm_expiry(pool);
    return 0;
}

void pool_drop(struct pool *pool, uint32_t id)
{
    struct lane_session *session = find_session(pool, id);
    if (session == NULL)
        return;
    struct lane *lane = session->lane;
    cancel(pool, session, "the model is gone");
    lane_drop_session(session);
    lane_run(lane);
    arm_expiry(pool);
}

void pool_prepare(struct pool *pool, uint32_t id)
{
    struct lane_session *session = find_session(pool, id);
    if (session == NULL && !pool->closing)
        session = add_session(pool, id);
    if (session != NULL)
        lane_prepare(session->lane);
}

void pool_warm(struct pool *pool, uint32_t id)
{
    struct lane_session *session = find_session(pool, id);
    if (session == NULL || pool->closing)
        return;
    session->warm = true;
    session->wanted = true;
    lane_run(session->lane);
}

int pool_ask(struct pool *pool, uint32_t id, const char *tool, const char *ids, size_t size,
             pool_done done, void *arg)
{
    struct question *question;
    if (pool->closing)
        return -ECANCELED;
    int error = question_new(&question, tool, ids, size);
    if (error < 0)
        return error;
    struct lane_session *session = find_session(pool, id);
    question->done = done;
    question->arg = arg;
    question->session = session;
    question->deadline = uv_now(pool->loop) + pool->timeout;
    list_append(&pool->open, &question->by_age);
    pool->open_count++;
    if (session == NULL || session->blob == NULL) {
        refuse(pool, question, -ENODATA, "there is no exact geometry for this model");
    } else if (pool->open_count > pool->queue_limit) {
        refuse(pool, question, -EBUSY, "too many questions are waiting");
    } else {
        lane_queue(session->lane, question);
        lane_run(session->lane);
    }
    arm_expiry(pool);
    return 0;
}

void pool_close(struct pool *pool, void (*closed)(void *arg), void *arg)
{
    if (pool->closing)
        return;
    pool->closing = true;
    pool->closed = closed;
    pool->closed_arg = arg;
    cancel(pool, NULL, "the server is ending");
    for (unsigned i = 0; i < pool->lane_count; i++) {
        list_each(at, next, &pool->lanes[i].sessions)
            lane_drop_session(list_entry(at, struct lane_session, link));
    }
    close_handles(pool);
}

int pool_pid(const struct pool *pool, uint32_t id)
{
    const struct lane_session *session = find_session(pool, id);
    return session != NULL ? worker_pid(session->lane->worker) : 0;
}

uint64_t pool_starts(const struct pool *pool)
{
    uint64_t starts = 0;
    for (unsigned i = 0; i < pool->lane_count; i++)
        starts += worker_starts(pool->lanes[i].worker);
    return starts;
}

unsigned pool_waiting(const struct pool *pool)
{
    return pool->open_count;
}

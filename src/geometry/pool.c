/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/shard.h"

#define QUEUE_DEFAULT 1024

#define NO_PARTS "there is no exact geometry for this model"
#define REPLACED "a new model came"

struct pool {
    uv_loop_t *loop;
    char *program;
    uint64_t timeout; /* milliseconds */
    unsigned queue_limit;
    uv_timer_t expiry;   /* fires when the oldest open question times out */
    uv_timer_t delivery; /* fires at once while `finished` is not empty */
    struct list open;    /* unanswered questions by by_age, oldest first */
    unsigned open_count;
    struct list finished; /* answered questions by by_age, to be delivered */
    unsigned handles;     /* timers and shards that are not closed; at 0 the pool is freed */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    unsigned shard_count;
    struct shard shards[];
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

/* The question has its answer: queues it for delivery from the loop, never inside a call. */
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
    const struct shard_session *session = question->session;
    if (session != NULL)
        shard_forget(session->shard, question);
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

/* A callback may ask again or close the pool: deliver_all reads the list anew each time, and a
 * closing pool is not freed before the loop's next turn. */
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

static void on_shard_closed(void *arg)
{
    release(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static const struct shard_events shard_events = {
    .finished = on_finished,
    .closed = on_shard_closed,
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

static int open_shards(struct pool *pool, const struct pool_options *options, unsigned count)
{
    struct worker_options worker = { .program = pool->program,
                                     .memory = options->memory,
                                     .deadline = options->timeout,
                                     .log = options->log };
    for (unsigned i = 0; i < count; i++) {
        worker.number = i + 1;
        int error = shard_open(&pool->shards[i], pool->loop, &worker, &shard_events, pool);
        if (error < 0)
            return error;
        pool->shard_count++;
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
    for (unsigned i = 0; i < pool->shard_count; i++)
        shard_close(&pool->shards[i]);
}

int pool_new(struct pool **result, uv_loop_t *loop, const struct pool_options *options)
{
    *result = NULL;
    unsigned shards = options->processes > 0 ? options->processes : 1;
    struct pool *pool = calloc(1, sizeof(*pool) + shards * sizeof(pool->shards[0]));
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
        error = open_shards(pool, options, shards);
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

static struct shard_session *find_session(const struct pool *pool, uint32_t id)
{
    for (unsigned i = 0; i < pool->shard_count; i++) {
        list_each(at, next, &pool->shards[i].sessions) {
            struct shard_session *session = list_entry(at, struct shard_session, link);
            if (session->id == id)
                return session;
        }
    }
    return NULL;
}

/* Pins a new session to the shard with the fewest. */
static struct shard_session *add_session(struct pool *pool, uint32_t id)
{
    struct shard *best = &pool->shards[0];
    for (unsigned i = 1; i < pool->shard_count; i++) {
        if (pool->shards[i].session_count < best->session_count)
            best = &pool->shards[i];
    }
    return shard_add_session(best, id);
}

/* Refuses all open questions of a session, or of all sessions (NULL). */
static void refuse_all(struct pool *pool, const struct shard_session *session, int status,
                       const char *reason)
{
    list_each(at, next, &pool->open) {
        struct question *question = list_entry(at, struct question, by_age);
        if (session == NULL || question->session == session)
            refuse(pool, question, status, reason);
    }
}

static struct shard_session *find_or_add(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_session(pool, id);
    return session == NULL && !pool->closing ? add_session(pool, id) : session;
}

static void cancel_old(struct pool *pool, const struct shard_session *session)
{
    refuse_all(pool, session, -ECANCELED, REPLACED);
}

int pool_expect(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_or_add(pool, id);
    if (session == NULL)
        return pool->closing ? -ECANCELED : -ENOMEM;
    cancel_old(pool, session);
    shard_set_parts(session, NULL);
    session->expected = true;
    shard_run(session->shard);
    arm_expiry(pool);
    return 0;
}

int pool_model(struct pool *pool, uint32_t id, struct blob *blob)
{
    struct shard_session *session = find_or_add(pool, id);
    if (session == NULL)
        return pool->closing ? -ECANCELED : -ENOMEM;
    if (!session->expected)
        cancel_old(pool, session);
    shard_set_parts(session, blob_ref(blob));
    shard_run(session->shard);
    arm_expiry(pool);
    return 0;
}

/* Ends the questions of a session whose parts are gone, or will not come. */
static void end_questions(struct pool *pool, const struct shard_session *session, const char *why)
{
    if (session->expected)
        refuse_all(pool, session, -ENODATA, NO_PARTS);
    else
        refuse_all(pool, session, -ECANCELED, why);
}

void pool_empty(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_session(pool, id);
    if (session == NULL)
        return;
    end_questions(pool, session, REPLACED);
    shard_set_parts(session, NULL);
    shard_run(session->shard);
    arm_expiry(pool);
}

void pool_drop(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_session(pool, id);
    if (session == NULL)
        return;
    struct shard *shard = session->shard;
    end_questions(pool, session, "the model is gone");
    shard_drop_session(session);
    shard_run(shard);
    arm_expiry(pool);
}

void pool_prepare(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_or_add(pool, id);
    if (session != NULL)
        shard_prepare(session->shard);
}

void pool_warm(struct pool *pool, uint32_t id)
{
    struct shard_session *session = find_session(pool, id);
    if (session == NULL || pool->closing)
        return;
    session->warm = true;
    session->wanted = true;
    shard_run(session->shard);
}

int pool_ask(struct pool *pool, uint32_t id, const char *tool, json_t *ids, pool_done done,
             void *arg)
{
    struct question *question;
    if (pool->closing)
        return -ECANCELED;
    int error = question_new(&question, tool, ids);
    if (error < 0)
        return error;
    struct shard_session *session = find_session(pool, id);
    question->done = done;
    question->arg = arg;
    question->session = session;
    question->deadline = uv_now(pool->loop) + pool->timeout;
    list_append(&pool->open, &question->by_age);
    pool->open_count++;
    if (session == NULL || (session->blob == NULL && !session->expected)) {
        refuse(pool, question, -ENODATA, NO_PARTS);
    } else if (pool->open_count > pool->queue_limit) {
        refuse(pool, question, -EBUSY, "too many questions are waiting");
    } else {
        shard_queue(session->shard, question);
        shard_run(session->shard);
    }
    arm_expiry(pool);
    return 0;
}

int pool_measure(struct pool *pool, uint32_t session, const char *id, const char *id2, bool centers,
                 pool_done done, void *arg)
{
    bool two = id2 != NULL && id2[0] != '\0';
    json_t *ids = json_array();
    json_array_append_new(ids, json_string(id));
    if (two)
        json_array_append_new(ids, json_string(id2));
    json_array_append_new(ids, json_boolean(centers));
    const char *tool = two ? "DistanceMeasurement" : "PropertiesMeasurement";
    int error = pool_ask(pool, session, tool, ids, done, arg);
    json_decref(ids);
    return error;
}

int pool_weigh(struct pool *pool, uint32_t session, const char *id, pool_done done, void *arg)
{
    json_t *ids = json_pack("[s, b]", id, 0);
    int error = ids == NULL ? -ENOMEM : pool_ask(pool, session, "Mass", ids, done, arg);
    json_decref(ids);
    return error;
}

void pool_close(struct pool *pool, void (*closed)(void *arg), void *arg)
{
    if (pool->closing)
        return;
    pool->closing = true;
    pool->closed = closed;
    pool->closed_arg = arg;
    refuse_all(pool, NULL, -ECANCELED, "the server is ending");
    for (unsigned i = 0; i < pool->shard_count; i++) {
        list_each(at, next, &pool->shards[i].sessions)
            shard_drop_session(list_entry(at, struct shard_session, link));
    }
    close_handles(pool);
}

int pool_pid(const struct pool *pool, uint32_t id)
{
    const struct shard_session *session = find_session(pool, id);
    return session != NULL ? worker_pid(session->shard->worker) : 0;
}

uint64_t pool_starts(const struct pool *pool)
{
    uint64_t starts = 0;
    for (unsigned i = 0; i < pool->shard_count; i++)
        starts += worker_starts(pool->shards[i].worker);
    return starts;
}

unsigned pool_waiting(const struct pool *pool)
{
    return pool->open_count;
}

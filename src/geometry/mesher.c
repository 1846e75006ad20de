/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/mesher.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/list.h"
#include "geometry/question.h"
#include "geometry/worker.h"

/* Milliseconds without a shape after which the processes end: each holds some 50 MB. */
#define IDLE_MS 60000

/* The helper's flag beside those of enum mesher_flags: use one thread. */
#define ONE_THREAD 4
/* Bytes of a shape that keeps the processors busy by itself, and of one that is meshed before a
 * second thread has started. */
#define LARGE_SHAPE ((size_t)256 * 1024)
#define SMALL_SHAPE ((size_t)8 * 1024)

/* A shape that waits or is at work. */
struct asked {
    struct list link; /* in the queue; or in itself */
    struct mesher_ask ask;
    uint32_t flags;
    bool retried; /* it crashed a process once */
    bool late;    /* it took too long once: its faces are not meshed */
};

struct hand {
    struct mesher *mesher;
    struct worker *worker;
    struct asked *asked; /* NULL: idle */
};

struct mesher {
    uv_loop_t *loop;
    struct mesher_options options;
    char *program;
    uv_timer_t idle;
    struct list queue;
    unsigned waiting;
    unsigned open; /* the timer and workers that are not closed; at 0 it is freed */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    unsigned hand_count;
    struct hand hands[];
};

static void forget(struct mesher *mesher, struct asked *asked)
{
    mesher->waiting--;
    list_remove(&asked->link);
    blob_unref(asked->ask.shape);
    weak_pointer_unref(asked->ask.owner);
    free(asked);
}

static void on_idle(uv_timer_t *timer)
{
    struct mesher *mesher = timer->data;
    for (unsigned i = 0; i < mesher->hand_count; i++) {
        if (mesher->hands[i].asked == NULL)
            worker_cancel(mesher->hands[i].worker);
    }
}

/* Doubles are written as their bits, which the helper reads in the same order. */
static void put_double(uint8_t *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bytes_put(to, bits, 8);
}

/* With many small shapes the processes keep all processors busy: threads would only wait for each
 * other. */
static bool is_for_one_thread(const struct mesher *mesher, const struct asked *asked)
{
    size_t size = blob_payload_size(asked->ask.shape);
    return size < SMALL_SHAPE || (mesher->waiting > 2 * mesher->hand_count && size < LARGE_SHAPE);
}

static void start(struct hand *hand, struct asked *asked)
{
    uint8_t lead[PROCESS_LEAD] = { 0 };
    uint32_t flags = asked->flags | (is_for_one_thread(hand->mesher, asked) ? ONE_THREAD : 0);
    put_double(lead, asked->ask.deviation);
    put_double(lead + 8, asked->ask.angle);
    bytes_put(lead + 16, flags, 4);
    list_remove(&asked->link);
    hand->asked = asked;
    worker_run_mesh(hand->worker, lead, asked->ask.shape);
}

static void run(struct mesher *mesher)
{
    for (unsigned i = 0; i < mesher->hand_count && !list_empty(&mesher->queue); i++) {
        if (mesher->hands[i].asked == NULL)
            start(&mesher->hands[i], list_entry(mesher->queue.next, struct asked, link));
    }
    if (mesher->waiting == 0)
        uv_timer_start(&mesher->idle, on_idle, IDLE_MS, 0);
    else
        uv_timer_stop(&mesher->idle);
}

static void finish(struct hand *hand, struct blob *mesh, const char *reason)
{
    struct mesher *mesher = hand->mesher;
    struct asked *asked = hand->asked;
    struct mesher_result result = { .owner = asked->ask.owner,
                                    .number = asked->ask.number,
                                    .asked = asked->ask.flags,
                                    .flags = asked->flags,
                                    .mesh = mesh,
                                    .reason = reason };
    char late[96];
    if (asked->late && mesh != NULL) {
        snprintf(late, sizeof(late), "its faces take longer than --mesh-timeout (%g s)",
                 (double)mesher->options.timeout / 1000);
        result.reason = late;
    }
    hand->asked = NULL;
    mesher->options.done(mesher->options.arg, &result);
    forget(mesher, asked);
}

static void on_answer(void *arg, const struct frame *frame, const char *payload)
{
    struct hand *hand = arg;
    struct mesher *mesher = hand->mesher;
    char reason[96];
    if (frame->kind == FRAME_MESHED) {
        struct blob *mesh = worker_take(hand->worker);
        finish(hand, mesh, mesh == NULL ? "out of memory" : NULL);
        blob_unref(mesh);
    } else {
        finish(hand, NULL, question_fault(payload, (size_t)frame->length, reason, sizeof(reason)));
    }
    run(mesher);
}

/* Gives the shape to a process once more, before all others. */
static void again(struct hand *hand)
{
    struct asked *asked = hand->asked;
    hand->asked = NULL;
    list_prepend(&hand->mesher->queue, &asked->link);
}

static void on_lost(void *arg, enum worker_loss loss)
{
    struct hand *hand = arg;
    struct mesher *mesher = hand->mesher;
    struct asked *asked = hand->asked;
    char reason[96];
    if (loss == WORKER_CRASHED && !asked->retried) {
        asked->retried = true;
        again(hand);
    } else if (loss == WORKER_LATE && (asked->flags & MESHER_EDGES) == 0) {
        asked->late = true;
        asked->flags = MESHER_EDGES;
        again(hand);
    } else if (loss == WORKER_LATE) {
        snprintf(reason, sizeof(reason), "it takes longer than --mesh-timeout (%g s)",
                 (double)mesher->options.timeout / 1000);
        finish(hand, NULL, reason);
    } else {
        finish(hand, NULL,
               loss == WORKER_CRASHED ? "the geometry helper crashed at it"
                                      : "the geometry helper does not start");
    }
    run(mesher);
}

static void release(struct mesher *mesher)
{
    if (--mesher->open > 0)
        return;
    void (*closed)(void *arg) = mesher->closed;
    void *arg = mesher->closed_arg;
    free(mesher->program);
    free(mesher);
    if (closed != NULL)
        closed(arg);
}

static void on_worker_closed(void *arg)
{
    struct hand *hand = arg;
    release(hand->mesher);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static const struct worker_events worker_events = {
    .answer = on_answer,
    .lost = on_lost,
    .closed = on_worker_closed,
};

static int open_hands(struct mesher *mesher, unsigned count)
{
    struct worker_options options = { .program = mesher->program,
                                      .memory = mesher->options.memory,
                                      .deadline = mesher->options.timeout,
                                      .answer = mesher->options.answer,
                                      .log = mesher->options.log };
    for (unsigned i = 0; i < count; i++) {
        struct hand *hand = &mesher->hands[i];
        hand->mesher = mesher;
        options.number = mesher->options.first + i;
        int error = worker_new(&hand->worker, mesher->loop, &options, &worker_events, hand);
        if (error < 0)
            return error;
        mesher->hand_count++;
        mesher->open++;
    }
    return 0;
}

int mesher_new(struct mesher **result, uv_loop_t *loop, const struct mesher_options *options)
{
    unsigned count = options->processes > 0 ? options->processes : 1;
    *result = NULL;
    struct mesher *mesher = calloc(1, sizeof(*mesher) + count * sizeof(mesher->hands[0]));
    if (mesher == NULL)
        return -ENOMEM;
    mesher->loop = loop;
    mesher->options = *options;
    mesher->program = strdup(options->program);
    mesher->options.program = mesher->program;
    list_init(&mesher->queue);
    int error = mesher->program == NULL ? -ENOMEM : uv_timer_init(loop, &mesher->idle);
    if (error < 0) {
        free(mesher->program);
        free(mesher);
        return error;
    }
    mesher->idle.data = mesher;
    mesher->open = 1;
    error = open_hands(mesher, count);
    if (error < 0) {
        mesher_close(mesher, NULL, NULL);
        return error;
    }
    *result = mesher;
    return 0;
}

int mesher_ask(struct mesher *mesher, const struct mesher_ask *ask)
{
    if (mesher->closing)
        return -ECANCELED;
    struct asked *asked = calloc(1, sizeof(*asked));
    if (asked == NULL)
        return -ENOMEM;
    asked->ask = *ask;
    asked->flags = ask->flags;
    blob_ref(ask->shape);
    weak_pointer_ref(ask->owner);
    mesher->waiting++;
    if (ask->flags != 0)
        list_prepend(&mesher->queue, &asked->link);
    else
        list_append(&mesher->queue, &asked->link);
    run(mesher);
    return 0;
}

/* Drops the shapes of an owner, or of all (NULL). */
static void cancel(struct mesher *mesher, const struct weak_pointer *owner)
{
    list_each(pos, next, &mesher->queue) {
        struct asked *asked = list_entry(pos, struct asked, link);
        if (owner == NULL || asked->ask.owner == owner)
            forget(mesher, asked);
    }
    for (unsigned i = 0; i < mesher->hand_count; i++) {
        struct hand *hand = &mesher->hands[i];
        if (hand->asked == NULL || (owner != NULL && hand->asked->ask.owner != owner))
            continue;
        worker_cancel(hand->worker);
        forget(mesher, hand->asked);
        hand->asked = NULL;
    }
}

void mesher_cancel(struct mesher *mesher, const struct weak_pointer *owner)
{
    if (mesher->closing)
        return;
    cancel(mesher, owner);
    run(mesher);
}

void mesher_warm(struct mesher *mesher, size_t shapes)
{
    for (unsigned i = 0; !mesher->closing && i < mesher->hand_count && i < shapes; i++)
        worker_start(mesher->hands[i].worker);
    if (!mesher->closing)
        run(mesher);
}

void mesher_close(struct mesher *mesher, void (*closed)(void *arg), void *arg)
{
    if (mesher->closing)
        return;
    mesher->closing = true;
    mesher->closed = closed;
    mesher->closed_arg = arg;
    cancel(mesher, NULL);
    for (unsigned i = 0; i < mesher->hand_count; i++)
        worker_close(mesher->hands[i].worker);
    uv_close((uv_handle_t *)&mesher->idle, on_timer_closed);
}

uint64_t mesher_starts(const struct mesher *mesher)
{
    uint64_t starts = 0;
    for (unsigned i = 0; i < mesher->hand_count; i++)
        starts += worker_starts(mesher->hands[i].worker);
    return starts;
}

unsigned mesher_waiting(const struct mesher *mesher)
{
    return mesher->waiting;
}

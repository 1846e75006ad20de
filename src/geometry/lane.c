/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "geometry/suspects.h"

/* A model whose tree ended this many helpers is set aside. */
#define KILLS_ALLOWED 2

static void finish(struct lane *lane, struct question *question)
{
    lane_forget(lane, question);
    lane->events->finished(lane->arg, question);
}

static void refuse(struct lane *lane, struct question *question, int status, const char *reason)
{
    const struct lane_session *session = question->session;
    log_info(lane->log, "geometry", "session %u: %s refused: %s", session->id, question->tool,
             reason);
    question_refuse(question, status, reason);
    finish(lane, question);
}

static void set_fault(struct lane_session *session, int status, const char *reason)
{
    free(session->fault);
    session->fault = strdup(reason);
    session->fault_status = status;
}

static bool is_loaded(const struct lane_session *session)
{
    return session->loaded && session->life == worker_life(session->lane->worker);
}

static void end_job(struct lane *lane)
{
    free(lane->blame);
    lane->blame = NULL;
    lane->at_work = NULL;
    lane->current = NULL;
}

static int start_job(struct lane *lane, struct lane_session *session, enum frame_kind kind,
                     struct blob *payload, size_t offset)
{
    int error = worker_run(lane->worker, kind, session->id, payload, offset);
    if (error == 0) {
        lane->at_work = session;
        lane->job = kind;
    }
    return error;
}

static int start_load(struct lane *lane, struct lane_session *session)
{
    return start_job(lane, session, FRAME_MODEL, session->blob, session->offset);
}

static int start_question(struct lane *lane, struct question *question)
{
    struct lane_session *session = question->session;
    int error = start_job(lane, session, FRAME_ASK, question->text, 0);
    if (error == 0) {
        list_remove(&question->by_lane);
        lane->current = question;
        lane->blame = strdup(question->suspect);
    }
    return error;
}

/* Does what the question needs next: a reason, the parts, or the asking. */
static void advance(struct lane *lane, struct question *question)
{
    struct lane_session *session = question->session;
    if (session->fault != NULL) {
        refuse(lane, question, session->fault_status, session->fault);
    } else if (suspects_hold(&session->suspects, question->suspect)) {
        refuse(lane, question, -EACCES, "this part crashes the geometry kernel and is set aside");
    } else {
        int error = is_loaded(session) ? start_question(lane, question) : start_load(lane, session);
        if (error < 0)
            refuse(lane, question, -ENOMEM, "out of memory");
    }
}

/* Whether parts of the session are to be decoded while nobody asks. */
static bool can_decode(const struct lane_session *session)
{
    return is_loaded(session) && !session->lazy && session->left > 0;
}

/* Nobody asks: what was announced is read, and what was read is decoded, a little at a time. */
static void work_ahead(struct lane *lane)
{
    list_each(at, next, &lane->sessions)
    {
        struct lane_session *session = list_entry(at, struct lane_session, link);
        if (session->blob == NULL || session->fault != NULL)
            continue;
        if (session->warm && !is_loaded(session)) {
            session->warm = false;
            start_load(lane, session);
            return;
        }
        if (can_decode(session)) {
            start_job(lane, session, FRAME_DECODE, NULL, 0);
            return;
        }
    }
}

void lane_run(struct lane *lane)
{
    while (!worker_busy(lane->worker) && !list_empty(&lane->queue))
        advance(lane, list_entry(lane->queue.next, struct question, by_lane));
    if (!worker_busy(lane->worker))
        work_ahead(lane);
}

/* The helper says how many parts are not decoded yet. */
static void take_report(struct lane *lane, struct lane_session *session, const struct frame *frame,
                        const char *payload)
{
    json_t *report = json_loadb(payload, (size_t)frame->length, 0, NULL);
    double left = json_number_value(json_object_get(report, "left"));
    json_decref(report);
    /* No progress: there is no memory for more. */
    if (lane->job == FRAME_DECODE && left >= session->left)
        session->lazy = true;
    session->left = left;
    if (left <= 0)
        log_info(lane->log, "geometry", "session %u: parts read: %s", session->id, payload);
}

/* The tree is read, or the helper says why it cannot be. */
static void on_loaded(struct lane *lane, const struct frame *frame, const char *payload)
{
    struct lane_session *session = lane->at_work;
    char reason[256];
    session->warm = false;
    if (frame->kind == FRAME_READY) {
        session->loaded = true;
        session->life = worker_life(lane->worker);
        take_report(lane, session, frame, payload);
        return;
    }
    question_fault(payload, (size_t)frame->length, reason, sizeof(reason));
    log_warning(lane->log, "geometry", "session %u: %s", session->id, reason);
    set_fault(session, -ENOENT, reason);
}

static void on_decoded(struct lane *lane, const struct frame *frame, const char *payload)
{
    if (frame->kind == FRAME_READY)
        take_report(lane, lane->at_work, frame, payload);
    else
        lane->at_work->lazy = true;
}

static void on_answered(struct lane *lane, const struct frame *frame, const char *payload)
{
    struct question *question = lane->current;
    char reason[256];
    if (question == NULL)
        return;
    if (frame->kind == FRAME_ANSWER) {
        question_answer(question, 0, payload, (size_t)frame->length);
        finish(lane, question);
    } else {
        question_fault(payload, (size_t)frame->length, reason, sizeof(reason));
        refuse(lane, question, -ENOENT, reason);
    }
}

static void on_answer(void *arg, const struct frame *frame, const char *payload)
{
    struct lane *lane = arg;
    if (lane->job == FRAME_MODEL)
        on_loaded(lane, frame, payload);
    else if (lane->job == FRAME_DECODE)
        on_decoded(lane, frame, payload);
    else
        on_answered(lane, frame, payload);
    end_job(lane);
    lane_run(lane);
}

/* No question of this lane can be answered now. */
static void refuse_all(struct lane *lane, const char *reason)
{
    if (lane->current != NULL)
        refuse(lane, lane->current, -EIO, reason);
    list_each(at, next, &lane->queue)
        refuse(lane, list_entry(at, struct question, by_lane), -EIO, reason);
}

/* Reading the tree ended a helper: once more, after that never again. */
static void on_load_lost(struct lane_session *session)
{
    if (++session->load_kills >= KILLS_ALLOWED)
        set_fault(session, -EACCES, "this model crashes the geometry kernel and is set aside");
}

/* A helper that crashed may have done so before the question reached it: it is asked once more. */
static void on_question_lost(struct lane *lane, enum worker_loss loss)
{
    struct question *question = lane->current;
    char reason[128];
    if (!suspects_blame(&lane->at_work->suspects, lane->blame != NULL ? lane->blame : ""))
        set_fault(lane->at_work, -EACCES, "too many parts of this model crash the geometry kernel");
    if (question == NULL)
        return;
    if (loss == WORKER_LATE) {
        snprintf(reason, sizeof(reason), "no answer within %g s", lane->seconds);
        refuse(lane, question, -ETIMEDOUT, reason);
    } else if (question->retried) {
        refuse(lane, question, -EIO, "the geometry kernel crashed at this question");
    } else {
        question->retried = true;
        lane->current = NULL;
        list_prepend(&lane->queue, &question->by_lane);
    }
}

static void on_lost(void *arg, enum worker_loss loss)
{
    struct lane *lane = arg;
    if (loss == WORKER_NO_START)
        refuse_all(lane, "the geometry helper does not start");
    else if (lane->job == FRAME_MODEL)
        on_load_lost(lane->at_work);
    else if (lane->job == FRAME_DECODE)
        lane->at_work->lazy = true;
    else
        on_question_lost(lane, loss);
    end_job(lane);
    lane_run(lane);
}

static void on_closed(void *arg)
{
    struct lane *lane = arg;
    lane->events->closed(lane->arg);
}

static const struct worker_events worker_events = {
    .answer = on_answer,
    .lost = on_lost,
    .closed = on_closed,
};

int lane_open(struct lane *lane, uv_loop_t *loop, const struct worker_options *options,
              const struct lane_events *events, void *arg)
{
    memset(lane, 0, sizeof(*lane));
    list_init(&lane->sessions);
    list_init(&lane->queue);
    lane->events = events;
    lane->arg = arg;
    lane->log = options->log;
    lane->seconds = (double)options->deadline / 1000;
    return worker_new(&lane->worker, loop, options, &worker_events, lane);
}

void lane_close(struct lane *lane)
{
    worker_close(lane->worker);
    end_job(lane);
}

void lane_prepare(struct lane *lane)
{
    worker_start(lane->worker);
}

struct lane_session *lane_add_session(struct lane *lane, uint32_t id)
{
    struct lane_session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->id = id;
    session->lane = lane;
    list_init(&session->suspects);
    list_append(&lane->sessions, &session->link);
    lane->session_count++;
    return session;
}

void lane_set_parts(struct lane_session *session, struct blob *blob, size_t offset)
{
    struct lane *lane = session->lane;
    /* Killing is quicker than waiting for an answer that nobody wants any more. */
    if (lane->at_work == session) {
        worker_cancel(lane->worker);
        end_job(lane);
    } else if (is_loaded(session)) {
        worker_drop(lane->worker, session->id);
    }
    blob_unref(session->blob);
    suspects_forget(&session->suspects);
    free(session->fault);
    session->fault = NULL;
    session->blob = blob;
    session->offset = offset;
    session->warm = session->wanted;
    session->loaded = false;
    session->lazy = false;
    session->load_kills = 0;
}

void lane_drop_session(struct lane_session *session)
{
    struct lane *lane = session->lane;
    lane_set_parts(session, NULL, 0);
    list_remove(&session->link);
    free(session);
    if (--lane->session_count == 0)
        worker_cancel(lane->worker);
}

void lane_queue(struct lane *lane, struct question *question)
{
    struct lane_session *session = question->session;
    session->wanted = true;
    list_append(&lane->queue, &question->by_lane);
}

void lane_forget(struct lane *lane, struct question *question)
{
    list_remove(&question->by_lane);
    if (lane->current == question)
        lane->current = NULL;
}

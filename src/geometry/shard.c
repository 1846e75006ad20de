/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "geometry/quarantine.h"

/* A model whose tree ended this many helpers is refused. */
#define KILLS_ALLOWED 2

static void finish(struct shard *shard, struct question *question)
{
    shard_forget(shard, question);
    shard->events->finished(shard->arg, question);
}

static void refuse(struct shard *shard, struct question *question, int status, const char *reason)
{
    const struct shard_session *session = question->session;
    log_info(shard->log, "geometry", "session %u: %s refused: %s", session->id, question->tool,
             reason);
    question_refuse(question, status, reason);
    finish(shard, question);
}

static void set_fault(struct shard_session *session, int status, const char *reason)
{
    free(session->fault);
    session->fault = strdup(reason);
    session->fault_status = status;
}

static bool is_loaded(const struct shard_session *session)
{
    return session->loaded && session->life == worker_life(session->shard->worker);
}

static void end_job(struct shard *shard)
{
    free(shard->parts);
    shard->parts = NULL;
    shard->at_work = NULL;
    shard->current = NULL;
}

static int start_job(struct shard *shard, struct shard_session *session, enum frame_kind kind,
                     struct blob *payload)
{
    int error = worker_run(shard->worker, kind, session->id, payload);
    if (error == 0) {
        shard->at_work = session;
        shard->job = kind;
    }
    return error;
}

static int start_load(struct shard *shard, struct shard_session *session)
{
    return start_job(shard, session, FRAME_MODEL, session->blob);
}

static int start_question(struct shard *shard, struct question *question)
{
    struct shard_session *session = question->session;
    int error = start_job(shard, session, FRAME_ASK, question->text);
    if (error == 0) {
        list_remove(&question->by_shard);
        shard->current = question;
        shard->parts = strdup(question->parts);
    }
    return error;
}

/* Takes the question's next step: refuses it, loads the parts, or asks the helper. */
static void advance(struct shard *shard, struct question *question)
{
    struct shard_session *session = question->session;
    if (session->fault != NULL) {
        refuse(shard, question, session->fault_status, session->fault);
    } else if (quarantine_holds(&session->quarantine, question->parts)) {
        refuse(shard, question, -EACCES, "this part crashes the geometry kernel and is set aside");
    } else {
        int error =
            is_loaded(session) ? start_question(shard, question) : start_load(shard, session);
        if (error < 0)
            refuse(shard, question, -ENOMEM, "out of memory");
    }
}

/* Whether parts of the session are to be decoded in advance. */
static bool can_decode(const struct shard_session *session)
{
    return is_loaded(session) && !session->lazy && session->left > 0;
}

/* No question waits: loads announced parts, and decodes loaded ones, a little at a time. */
static void work_ahead(struct shard *shard)
{
    list_each(at, next, &shard->sessions) {
        struct shard_session *session = list_entry(at, struct shard_session, link);
        if (session->blob == NULL || session->fault != NULL)
            continue;
        if (session->warm && !is_loaded(session)) {
            session->warm = false;
            start_load(shard, session);
            return;
        }
        if (can_decode(session)) {
            start_job(shard, session, FRAME_DECODE, NULL);
            return;
        }
    }
}

void shard_run(struct shard *shard)
{
    while (!worker_busy(shard->worker) && !list_empty(&shard->queue))
        advance(shard, list_entry(shard->queue.next, struct question, by_shard));
    if (!worker_busy(shard->worker))
        work_ahead(shard);
}

/* Reads from an answer how many parts are not decoded yet. */
static void take_report(struct shard *shard, struct shard_session *session,
                        const struct frame *frame, const char *payload)
{
    json_t *report = json_loadb(payload, (size_t)frame->length, 0, NULL);
    double left = json_number_value(json_object_get(report, "left"));
    json_decref(report);
    /* No progress: the helper has no memory for more. */
    if (shard->job == FRAME_DECODE && left >= session->left)
        session->lazy = true;
    session->left = left;
    if (left <= 0)
        log_info(shard->log, "geometry", "session %u: parts read: %s", session->id, payload);
}

/* The helper has read the tree, or answers why it cannot. */
static void on_loaded(struct shard *shard, const struct frame *frame, const char *payload)
{
    struct shard_session *session = shard->at_work;
    char reason[256];
    session->warm = false;
    if (frame->kind == FRAME_READY) {
        session->loaded = true;
        session->life = worker_life(shard->worker);
        take_report(shard, session, frame, payload);
        return;
    }
    question_fault(payload, (size_t)frame->length, reason, sizeof(reason));
    log_warning(shard->log, "geometry", "session %u: %s", session->id, reason);
    set_fault(session, -ENOENT, reason);
}

static void on_decoded(struct shard *shard, const struct frame *frame, const char *payload)
{
    if (frame->kind == FRAME_READY)
        take_report(shard, shard->at_work, frame, payload);
    else
        shard->at_work->lazy = true;
}

static void on_answered(struct shard *shard, const struct frame *frame, const char *payload)
{
    struct question *question = shard->current;
    char reason[256];
    if (question == NULL)
        return;
    if (frame->kind == FRAME_ANSWER) {
        question_answer(question, 0, payload, (size_t)frame->length);
        finish(shard, question);
    } else {
        question_fault(payload, (size_t)frame->length, reason, sizeof(reason));
        refuse(shard, question, -ENOENT, reason);
    }
}

static void on_answer(void *arg, const struct frame *frame, const char *payload)
{
    struct shard *shard = arg;
    if (shard->job == FRAME_MODEL)
        on_loaded(shard, frame, payload);
    else if (shard->job == FRAME_DECODE)
        on_decoded(shard, frame, payload);
    else
        on_answered(shard, frame, payload);
    end_job(shard);
    shard_run(shard);
}

/* Refuses all questions of this shard. */
static void refuse_all(struct shard *shard, const char *reason)
{
    if (shard->current != NULL)
        refuse(shard, shard->current, -EIO, reason);
    list_each(at, next, &shard->queue)
        refuse(shard, list_entry(at, struct question, by_shard), -EIO, reason);
}

/* A helper ended while reading the tree: try once more, then refuse the model. */
static void on_load_lost(struct shard_session *session)
{
    if (++session->load_kills >= KILLS_ALLOWED)
        set_fault(session, -EACCES, "this model crashes the geometry kernel and is set aside");
}

/* A helper that crashed may have done so before the question reached it: ask once more. */
static void on_question_lost(struct shard *shard, enum worker_loss loss)
{
    struct question *question = shard->current;
    char reason[128];
    if (!quarantine_record(&shard->at_work->quarantine, shard->parts != NULL ? shard->parts : ""))
        set_fault(shard->at_work, -EACCES,
                  "too many parts of this model crash the geometry kernel");
    if (question == NULL)
        return;
    if (loss == WORKER_LATE) {
        snprintf(reason, sizeof(reason), "no answer within %g s", shard->seconds);
        refuse(shard, question, -ETIMEDOUT, reason);
    } else if (question->retried) {
        refuse(shard, question, -EIO, "the geometry kernel crashed at this question");
    } else {
        question->retried = true;
        shard->current = NULL;
        list_prepend(&shard->queue, &question->by_shard);
    }
}

static void on_lost(void *arg, enum worker_loss loss)
{
    struct shard *shard = arg;
    if (loss == WORKER_NO_START)
        refuse_all(shard, "the geometry helper does not start");
    else if (shard->job == FRAME_MODEL)
        on_load_lost(shard->at_work);
    else if (shard->job == FRAME_DECODE)
        shard->at_work->lazy = true;
    else
        on_question_lost(shard, loss);
    end_job(shard);
    shard_run(shard);
}

static void on_closed(void *arg)
{
    struct shard *shard = arg;
    shard->events->closed(shard->arg);
}

static const struct worker_events worker_events = {
    .answer = on_answer,
    .lost = on_lost,
    .closed = on_closed,
};

int shard_open(struct shard *shard, uv_loop_t *loop, const struct worker_options *options,
               const struct shard_events *events, void *arg)
{
    memset(shard, 0, sizeof(*shard));
    list_init(&shard->sessions);
    list_init(&shard->queue);
    shard->events = events;
    shard->arg = arg;
    shard->log = options->log;
    shard->seconds = (double)options->deadline / 1000;
    return worker_new(&shard->worker, loop, options, &worker_events, shard);
}

void shard_close(struct shard *shard)
{
    worker_close(shard->worker);
    end_job(shard);
}

void shard_prepare(struct shard *shard)
{
    worker_start(shard->worker);
}

struct shard_session *shard_add_session(struct shard *shard, uint32_t id)
{
    struct shard_session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->id = id;
    session->shard = shard;
    list_init(&session->quarantine);
    list_init(&session->early);
    list_append(&shard->sessions, &session->link);
    shard->session_count++;
    return session;
}

static void queue_early(struct shard_session *session)
{
    list_each(at, next, &session->early) {
        list_remove(at);
        list_append(&session->shard->queue, at);
    }
}

void shard_set_parts(struct shard_session *session, struct blob *blob)
{
    struct shard *shard = session->shard;
    /* The answer is not wanted any more, and killing the helper is quicker than waiting for it. */
    if (shard->at_work == session) {
        worker_cancel(shard->worker);
        end_job(shard);
    } else if (is_loaded(session)) {
        worker_drop(shard->worker, session->id);
    }
    blob_unref(session->blob);
    quarantine_clear(&session->quarantine);
    free(session->fault);
    session->fault = NULL;
    session->blob = blob;
    session->warm = session->wanted;
    session->loaded = false;
    session->lazy = false;
    session->load_kills = 0;
    session->expected = false;
    queue_early(session);
}

void shard_drop_session(struct shard_session *session)
{
    struct shard *shard = session->shard;
    shard_set_parts(session, NULL);
    list_remove(&session->link);
    free(session);
    if (--shard->session_count == 0)
        worker_cancel(shard->worker);
}

void shard_queue(struct shard *shard, struct question *question)
{
    struct shard_session *session = question->session;
    session->wanted = true;
    list_append(session->expected ? &session->early : &shard->queue, &question->by_shard);
}

void shard_forget(struct shard *shard, struct question *question)
{
    list_remove(&question->by_shard);
    if (shard->current == question)
        shard->current = NULL;
}

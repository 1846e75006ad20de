/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_job.h"

#include <errno.h>
#include <stdio.h>

#include "server/server.h"

void server_job_queue_init(struct server_job_queue *queue, struct server *server,
                           const struct server_job_kind *kind)
{
    queue->server = server;
    queue->kind = kind;
    list_init(&queue->waiting);
}

void server_job_init(struct server_job *job, struct server_job_queue *queue, const char *session,
                     struct weak_pointer *who)
{
    list_init(&job->link);
    job->queue = queue;
    job->server = queue->server;
    job->http = who == NULL ? NULL : weak_pointer_ref(who);
    const struct session *now = hub_find(&queue->server->hub, session);
    job->id = now == NULL ? 0 : now->id;
    snprintf(job->session, sizeof(job->session), "%s", session);
}

void server_job_free(struct server_job *job)
{
    weak_pointer_unref(job->http);
    picture_free(&job->picture);
    stored_drop(&job->stored);
    stored_drop(&job->parts);
    model_file_free(&job->file);
}

bool server_job_acceptable(struct server_job_queue *queue, struct http *http, const char *name)
{
    const struct session *session = hub_find(&queue->server->hub, name);
    if (session == NULL || (session->picture.model == NULL && session->history.count == 0))
        http_respond_text(http, 404, "nothing is shown here", NULL);
    else if (queue->count >= SERVER_JOB_WAITING)
        http_respond_text(http, 503, queue->kind->many, "Retry-After: 1\r\n");
    else
        return true;
    return false;
}

bool server_job_choose(struct server_job *job, int64_t step)
{
    const struct session *session = hub_of(&job->server->hub, job->id);
    const struct history_step *found =
        session == NULL || step == 0 ? NULL : session_step(session, step);
    job->step = found == NULL ? 0 : found->picture.number;
    return step == 0 || found != NULL;
}

size_t server_job_room(struct server *server)
{
    struct hub *hub = &server->hub;
    size_t used = hub_bytes(hub) + hub->in_flight + hub->view.exact_bytes +
                  retained_bytes(&hub->view.retained);
    size_t most = server->options->max_memory;
    return used < most ? most - used : 0;
}

static int take_step(struct server_job *job, const struct session *session)
{
    const struct history_step *step = session_step(session, (int64_t)job->step);
    if (step == NULL)
        return -ENODATA;
    job->number = job->step;
    if (picture_copy(&job->picture, &step->picture) < 0)
        return -ENOMEM;
    job->file = step->file;
    return history_take(step, &job->stored, &job->parts);
}

int server_job_take(struct server_job *job)
{
    const struct session *session = hub_of(&job->server->hub, job->id);
    job->room = server_job_room(job->server);
    job->taken = true;
    if (session != NULL && job->step != 0)
        return take_step(job, session);
    if (session == NULL || session->picture.model == NULL)
        return -ENODATA;
    job->number = session->picture.number;
    job->same = session->reported == session->picture.number;
    if (session_copy_picture(session, &job->picture) < 0)
        return -ENOMEM;
    if (session->file_state == SESSION_FILE_READY) {
        job->file = session->file;
        blob_ref(job->file.bytes);
    }
    return 0;
}

int server_job_model(struct server_job *job, size_t most)
{
    const struct model_options options = { .max_bytes = most,
                                           .cancel = &job->cancel,
                                           .blocks = job->server->front.blocks };
    if (job->file.bytes == NULL && job->step != 0) {
        job->fault = "out of memory";
        job->file.bytes = stored_make(&job->stored, job->server->front.blocks);
        return job->file.bytes == NULL ? -ENOMEM : 0;
    }
    if (job->file.bytes != NULL)
        return 0;
    job->fault = "the model cannot be read";
    return model_make(job->picture.model, &options, &job->file);
}

int server_job_parts(struct server_job *job)
{
    if (job->picture.parts != NULL || job->parts.base == NULL)
        return 0;
    job->fault = "out of memory";
    job->picture.parts = stored_make(&job->parts, job->server->front.blocks);
    return job->picture.parts == NULL ? -ENOMEM : 0;
}

static void start_next(struct server_job_queue *queue);

static void end(struct server_job *job, int status, const char *fault)
{
    job->status = status;
    job->fault = fault;
    job->queue->kind->end(job);
}

static void run(struct work *work)
{
    struct server_job *job = (struct server_job *)work;
    job->queue->kind->run(job);
}

static void done(struct work *work, int status)
{
    struct server_job *job = (struct server_job *)work;
    struct server_job_queue *queue = job->queue;
    queue->running = NULL;
    job->spent = (double)(uv_hrtime() - work->queued - work->waited) / 1e6;
    if (status < 0)
        end(job, -ECANCELED, "the server ends");
    else
        queue->kind->end(job);
    start_next(queue);
}

/* Starts a job, or ends it. */
static void start(struct server_job *job)
{
    struct server_job_queue *queue = job->queue;
    if (job->http != NULL && weak_pointer_get(job->http) == NULL) {
        end(job, -ECANCELED, "its request is gone");
        return;
    }
    if (job->server->cancel) {
        end(job, -ECANCELED, "the server ends");
        return;
    }
    const struct session *session = hub_of(&job->server->hub, job->id);
    int error = job->taken ? 0 : server_job_take(job);
    if (error == 0 && queue->kind->take != NULL && session != NULL)
        error = queue->kind->take(job, session);
    if (error == 0 &&
        work_start(&job->work, &job->server->front.jobs, queue->kind->what, run, done) == 0)
        queue->running = job;
    else if (error == -ENODATA)
        end(job, error, "nothing is shown here");
    else
        end(job, -ENOMEM, "out of memory");
}

static void start_next(struct server_job_queue *queue)
{
    while (queue->running == NULL && !list_empty(&queue->waiting)) {
        struct server_job *job = list_entry(queue->waiting.next, struct server_job, link);
        list_remove(&job->link);
        queue->count--;
        start(job);
    }
}

void server_job_add(struct server_job *job)
{
    list_append(&job->queue->waiting, &job->link);
    job->queue->count++;
    start_next(job->queue);
}

void server_job_tick(struct server_job_queue *queue)
{
    struct server_job *job = queue->running;
    if (job != NULL && job->http != NULL && weak_pointer_get(job->http) == NULL)
        atomic_store(&job->cancel, true);
}

void server_job_cancel(struct server_job_queue *queue)
{
    if (queue->running != NULL)
        atomic_store(&queue->running->cancel, true);
}

void server_job_queue_free(struct server_job_queue *queue)
{
    while (!list_empty(&queue->waiting)) {
        struct server_job *job = list_entry(queue->waiting.next, struct server_job, link);
        list_remove(&job->link);
        weak_pointer_unref(job->http);
        job->http = NULL;
        end(job, -ECANCELED, "the server ends");
    }
    queue->count = 0;
}

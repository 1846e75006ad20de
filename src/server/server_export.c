/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_query.h"
#include "loop/work.h"
#include "model/model.h"
#include "server/server.h"

/* Files that may wait, and how long one may take. */
#define WAITING_MAX 16
#define EXPORT_MS 60000

/* One file, from the request to its end. */
struct export_job {
    struct work work;
    struct list link; /* in the queue */
    struct server *server;
    char session[SESSION_NAME_MAX + 1]; /* by name: it may be freed before its turn */
    struct weak_pointer *http;          /* the request */
    enum export_format format;
    struct export_query query;
    struct picture picture; /* what is written, from its turn on */
    struct model_file file; /* its model; made by the job if the session has none yet */
    bool reported;          /* the browsers' report is about this picture */
    size_t room;            /* bytes of memory that it may take */
    struct export_result result;
    int status;
    atomic_bool cancel;
};

static void job_end(struct export_job *job)
{
    /* While it is being sent, it counts. */
    retained_release(&job->server->hub.view.retained, job->result.bytes);
    weak_pointer_unref(job->http);
    picture_free(&job->picture);
    model_file_free(&job->file);
    export_query_free(&job->query);
    free(job);
}

/* ---- on the pool ---- */

static void run(struct work *work)
{
    struct export_job *job = (struct export_job *)work;
    const struct export_options options = {
        .format = job->format,
        .parts = job->query.parts,
        .hide = job->query.hide,
        .visible = job->query.visible,
        .states = job->reported ? json_object_get(job->picture.status, "states") : NULL,
        .max_bytes = job->room,
        .max_ms = EXPORT_MS,
        .cancel = &job->cancel,
    };
    const struct model_options making = { .max_bytes = job->room,
                                          .cancel = &job->cancel,
                                          .blocks = job->server->front.blocks };
    if (job->file.bytes == NULL)
        job->status = model_make(job->picture.model, &making, &job->file);
    if (job->status < 0)
        snprintf(job->result.fault, sizeof(job->result.fault), "the model cannot be read");
    else
        job->status =
            export_write(job->file.bytes->data, job->file.bytes->size, &options, &job->result);
}

/* ---- on the loop ---- */

static void answer_error(struct http *http, int error, const char *fault)
{
    bool busy = error == -EFBIG || error == -ETIMEDOUT || error == -ECANCELED || error == -ENOMEM;
    bool none = error == -ENOENT || error == -ENODATA;
    http_respond_text(http,
                      none   ? 404
                      : busy ? 503
                             : 422,
                      fault, busy ? "Retry-After: 10\r\n" : NULL);
}

static void answer(const struct export_job *job)
{
    char headers[200];
    struct http *http = weak_pointer_get(job->http);
    struct blob *bytes = job->result.bytes;
    if (http == NULL)
        return;
    if (job->status < 0) {
        answer_error(http, job->status, job->result.fault);
        return;
    }
    snprintf(headers, sizeof(headers),
             "Cache-Control: no-cache\r\nX-Cadcast-Left-Out: %u\r\n"
             "Content-Disposition: attachment; filename=\"%s.%s\"\r\n",
             job->result.left_out, job->session, export_extension(job->format));
    struct http_response response = { .status = 200,
                                      .type = export_type(job->format),
                                      .headers = headers,
                                      .blob = bytes,
                                      .size = bytes->size };
    job->server->front.bytes_out += bytes->size;
    http_respond(http, &response);
}

static void start_next(struct server *server);

static void done(struct work *work, int status)
{
    struct export_job *job = (struct export_job *)work;
    struct server *server = job->server;
    if (status < 0) {
        job->status = status;
        snprintf(job->result.fault, sizeof(job->result.fault), "the server ends");
    }
    log_info(&server->log, "export", "session %s as %s: %s in %.1f ms", job->session,
             export_extension(job->format), job->status < 0 ? job->result.fault : "written",
             (double)(uv_hrtime() - work->queued - work->waited) / 1e6);
    answer(job);
    job_end(job);
    server->exports.running = NULL;
    start_next(server);
}

static size_t room_for(struct server *server)
{
    struct hub *hub = &server->hub;
    size_t used = hub_bytes(hub) + hub->in_flight + hub->view.exact_bytes +
                  retained_bytes(&hub->view.retained);
    size_t most = server->options->max_memory;
    return used < most ? most - used : 0;
}

/* Takes what the session shows now. 0, -ENODATA: nothing; or -ENOMEM. */
static int take_picture(struct export_job *job)
{
    struct session *session = hub_find(&job->server->hub, job->session);
    if (session == NULL || session->picture.model == NULL)
        return -ENODATA;
    job->reported = session->reported == session->picture.number;
    job->room = room_for(job->server);
    if (picture_copy(&job->picture, &session->picture) < 0)
        return -ENOMEM;
    if (session->file_state == SESSION_FILE_READY) {
        job->file = session->file;
        blob_ref(job->file.bytes);
    }
    return 0;
}

/* Starts a job; false: it has ended instead. */
static bool start(struct export_job *job)
{
    struct server *server = job->server;
    if (weak_pointer_get(job->http) == NULL) {
        job_end(job);
        return false;
    }
    job->status = take_picture(job);
    snprintf(job->result.fault, sizeof(job->result.fault), "%s",
             job->status == -ENODATA ? "nothing is shown here" : "out of memory");
    if (job->status == 0 &&
        work_start(&job->work, &server->front.jobs, "a file of a model", run, done) == 0) {
        server->exports.running = job;
        return true;
    }
    job->status = job->status == 0 ? -ENOMEM : job->status;
    answer(job);
    job_end(job);
    return false;
}

static void start_next(struct server *server)
{
    struct server_export_queue *queue = &server->exports;
    while (queue->running == NULL && !list_empty(&queue->waiting)) {
        struct export_job *job = list_entry(queue->waiting.next, struct export_job, link);
        list_remove(&job->link);
        queue->count--;
        start(job);
    }
}

void server_export_init(struct server *server)
{
    list_init(&server->exports.waiting);
}

/* Whether the request can be answered at all; answers it if not. */
static bool acceptable(struct server *server, struct http *http, const char *name)
{
    const struct session *session = hub_find(&server->hub, name);
    if (session == NULL || session->picture.model == NULL)
        http_respond_text(http, 404, "nothing is shown here", NULL);
    else if (server->exports.count >= WAITING_MAX)
        http_respond_text(http, 503, "too many files are waiting", "Retry-After: 1\r\n");
    else
        return true;
    return false;
}

void server_export_respond(struct server *server, struct conn *conn, struct http *http,
                           const char *session, const char *extension, const char *query)
{
    struct text why = { 0 };
    struct export_job *job = acceptable(server, http, session) ? calloc(1, sizeof(*job)) : NULL;
    if (job == NULL) {
        if (http->busy)
            http_respond_text(http, 503, "out of memory", "Retry-After: 10\r\n");
        return;
    }
    list_init(&job->link);
    job->server = server;
    job->format = export_format_of(extension);
    snprintf(job->session, sizeof(job->session), "%s", session);
    int error = export_query_read(&job->query, query, &why);
    if (error < 0) {
        http_respond_text(http, error == -ENOMEM ? 503 : 400, text_string(&why), NULL);
        job_end(job);
    } else {
        job->http = weak_pointer_ref(conn->http_weak);
        list_append(&server->exports.waiting, &job->link);
        server->exports.count++;
        start_next(server);
    }
    text_free(&why);
}

void server_export_tick(struct server *server)
{
    struct export_job *job = server->exports.running;
    if (job != NULL && weak_pointer_get(job->http) == NULL)
        atomic_store(&job->cancel, true);
}

void server_export_cancel(struct server *server)
{
    if (server->exports.running != NULL)
        atomic_store(&server->exports.running->cancel, true);
}

void server_export_free(struct server *server)
{
    list_each(pos, next, &server->exports.waiting)
        job_end(list_entry(pos, struct export_job, link));
    list_init(&server->exports.waiting);
    server->exports.count = 0;
}

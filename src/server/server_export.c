/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/export.h"
#include "export/export_html.h"
#include "export/export_query.h"
#include "process/paths.h"
#include "server/server.h"
#include "steps/past.h"
#include "view/message.h"

/* How long one file may take. */
#define EXPORT_MS 60000

/* One file, from the request to its end. */
struct export_job {
    struct server_job job;
    struct export_query query;
    struct export_result result;
    struct past past;        /* of HTML: the pictures before */
    server_export_done done; /* NULL: the request is answered */
    void *arg;
};

/* ---- on the pool ---- */

/* How that page was looked at, or the one that was used last; NULL: as it was sent. */
static const json_t *view_of(const struct server_job *job, const char *page)
{
    const json_t *view = json_object_get(job->picture.views, page);
    return view != NULL ? view : job->same ? job->picture.status : NULL;
}

static void add_message(struct text *values, const struct blob *message)
{
    if (message != NULL)
        export_html_message(values, message->data + message->skip, message->size - message->skip);
}

static void add_settings(struct text *values, json_t *settings)
{
    struct blob *message = message_settings("", settings);
    values->failed = values->failed || message == NULL;
    add_message(values, message);
    blob_unref(message);
}

void server_export_values(struct text *values, const struct server_job *job, const char *page)
{
    struct server *server = job->server;
    const struct picture *picture = &job->picture;
    struct text settings = { 0 };
    uv_mutex_lock(&server->config_lock);
    values->failed = config_page(server->config, &settings) < 0;
    uv_mutex_unlock(&server->config_lock);
    export_html_values(values, text_string(&settings), view_of(job, page));
    text_free(&settings);
    if (picture->settings != NULL)
        add_settings(values, picture->settings);
    add_message(values, picture->animation);
    add_message(values, picture->time);
    export_html_end(values);
}

/* The steps of the history, as far as there is room beside the model. */
static int make_past(struct export_job *export, struct export_page *page)
{
    struct past *past = &export->past;
    struct blob *file = export->job.file.bytes;
    struct limit limit = limit_start(EXPORT_MS, &export->job.cancel);
    size_t left = file->size < EXPORT_HTML_MOST ? EXPORT_HTML_MOST - file->size : 0;
    size_t room = export->job.room / 4;
    size_t most = room < file->size ? 0 : left < EXPORT_HTML_PAST ? left : EXPORT_HTML_PAST;
    int error = past_make(past, file, most < room ? most : room, &limit);
    page->steps = past->written;
    page->step_count = past->made;
    page->steps_left = past->count - past->made;
    return error;
}

static int write_file(struct export_job *export, struct export_options *options)
{
    const struct model_file *file = &export->job.file;
    struct text values = { 0 };
    struct export_page page = { .name = file->name[0] != '\0' ? file->name : export->job.session };
    if (options->format != EXPORT_HTML)
        return export_write(file->bytes->data, file->bytes->size, options, &export->result);
    char *path = paths_onefile(export->job.server->data_folder);
    server_export_values(&values, &export->job, export->query.page);
    page.path = path;
    page.values = text_string(&values);
    options->page = &page;
    int error = text_error(&values);
    snprintf(export->result.fault, EXPORT_WHY, "out of memory");
    if (error == 0)
        error = make_past(export, &page);
    if (error == 0)
        error = export_write(file->bytes->data, file->bytes->size, options, &export->result);
    options->page = NULL;
    text_free(&values);
    free(path);
    return error;
}

static int take(struct server_job *job, const struct session *session)
{
    struct export_job *export = (struct export_job *)job;
    bool wanted = export->query.format == EXPORT_HTML && job->step == 0 && !export->query.alone;
    return wanted ? past_take(&export->past, session) : 0;
}

static bool is_exact(const struct export_job *export)
{
    return export->query.format == EXPORT_STEP || export->query.format == EXPORT_BREP;
}

static void run(struct server_job *job)
{
    struct export_job *export = (struct export_job *)job;
    struct export_exact_source source = { .program = job->server->files.program,
                                          .name = job->session,
                                          .shown = job->picture.shown,
                                          .memory = job->server->options->import_memory };
    struct export_options options = {
        .format = export->query.format,
        .parts = export->query.parts,
        .hide = export->query.hide,
        .visible = export->query.visible,
        .states = job->same ? json_object_get(job->picture.status, "states") : NULL,
        .max_bytes = job->room,
        .max_ms = EXPORT_MS,
        .cancel = &job->cancel,
        .exact = &source,
    };
    job->status = server_job_model(job, job->room);
    if (job->status == 0 && is_exact(export))
        job->status = server_job_parts(job);
    if (job->status < 0)
        return;
    source.parts = job->picture.parts;
    job->status = write_file(export, &options);
    job->fault = export->result.fault;
}

/* ---- on the loop ---- */

static void answer_error(struct http *http, int error, const char *fault)
{
    bool busy = error == -EFBIG || error == -ETIMEDOUT || error == -ECANCELED || error == -ENOMEM;
    bool none = error == -ENOENT || error == -ENODATA;
    http_respond_text(http,
                      none                ? 404
                      : busy              ? 503
                      : error == -ENXIO   ? 409
                      : error == -ENOTSUP ? 501
                                          : 422,
                      fault, busy ? "Retry-After: 10\r\n" : NULL);
}

static void answer(const struct export_job *export)
{
    char headers[200];
    const struct server_job *job = &export->job;
    struct http *http = weak_pointer_get(job->http);
    struct blob *bytes = export->result.bytes;
    if (http == NULL)
        return;
    if (job->status < 0) {
        answer_error(http, job->status, job->fault);
        return;
    }
    snprintf(headers, sizeof(headers),
             "Cache-Control: no-cache\r\nX-Cadcast-Left-Out: %u\r\n"
             "Content-Disposition: attachment; filename=\"%s.%s\"\r\n",
             export->result.left_out, job->session, export_extension(export->query.format));
    struct http_response response = { .status = 200,
                                      .type = export_type(export->query.format),
                                      .headers = headers,
                                      .blob = bytes,
                                      .size = bytes->size };
    job->server->front.bytes_out += bytes->size;
    http_respond(http, &response);
}

static void drop(struct export_job *export)
{
    export_query_free(&export->query);
    past_free(&export->past);
    server_job_free(&export->job);
    free(export);
}

static void warn(const struct export_job *export)
{
    const struct log *log = &export->job.server->log;
    const struct past *past = &export->past;
    if (export->query.format != EXPORT_HTML || export->job.status < 0)
        return;
    if (export->result.bytes->size > EXPORT_HTML_LARGE)
        log_warning(log, "export",
                    "session %s: an HTML file of %zu MB: browsers take long to open it",
                    export->job.session, export->result.bytes->size >> 20);
    if (past->made < past->count)
        log_warning(log, "export",
                    "session %s: %u of %u earlier pictures are not in the HTML file: too large",
                    export->job.session, past->count - past->made, past->count);
}

static void end(struct server_job *job)
{
    struct export_job *export = (struct export_job *)job;
    log_info(&job->server->log, "export", "session %s as %s: %s in %.1f ms", job->session,
             export_extension(export->query.format), job->status < 0 ? job->fault : "written",
             job->spent);
    warn(export);
    if (export->done != NULL)
        export->done(export->arg, job->status, job->fault, export->result.bytes,
                     export->result.left_out);
    else
        answer(export);
    /* While it is being sent, it counts. */
    retained_release(&job->server->hub.view.retained, export->result.bytes);
    drop(export);
}

void server_export_init(struct server *server)
{
    static const struct server_job_kind kind = { .what = "a file of a model",
                                                 .many = "too many files are waiting",
                                                 .take = take,
                                                 .run = run,
                                                 .end = end };
    server_job_queue_init(&server->exports, server, &kind);
    list_init(&server->exports_early);
}

/* Whether the exact geometry that a file is made of comes in a moment. */
static bool is_early(const struct export_job *export)
{
    const struct session *session = hub_find(&export->job.server->hub, export->job.session);
    return export->job.step == 0 && is_exact(export) && session != NULL && session->parts_making;
}

static void add(struct export_job *export)
{
    if (is_early(export))
        list_append(&export->job.server->exports_early, &export->job.link);
    else
        server_job_add(&export->job);
}

static void add_early(struct server *server, bool all)
{
    list_each(pos, next, &server->exports_early) {
        struct export_job *export = (struct export_job *)list_entry(pos, struct server_job, link);
        bool wanted = export->job.http == NULL || weak_pointer_get(export->job.http) != NULL;
        if (!all && wanted && is_early(export))
            continue;
        list_remove(pos);
        server_job_add(&export->job);
    }
}

void server_export_tick(struct server *server)
{
    add_early(server, server->front.closing);
    server_job_tick(&server->exports);
}

void server_export_free(struct server *server)
{
    add_early(server, true);
    server_job_queue_free(&server->exports);
}

void server_export_respond(struct server *server, struct conn *conn, struct http *http,
                           const char *session, const char *extension, const char *query)
{
    struct text why = { 0 };
    struct export_job *export = NULL;
    if (!server_job_acceptable(&server->exports, http, session))
        return;
    export = calloc(1, sizeof(*export));
    if (export == NULL) {
        http_respond_text(http, 503, "out of memory", "Retry-After: 10\r\n");
        return;
    }
    export->query.format = export_format_of(extension);
    int error = export_query_read(&export->query, query, &why);
    if (error < 0) {
        http_respond_text(http, error == -ENOMEM ? 503 : 400, text_string(&why), NULL);
        export_query_free(&export->query);
        free(export);
    } else {
        server_job_init(&export->job, &server->exports, session, conn->http_weak);
        if (!server_job_choose(&export->job, export->query.step)) {
            http_respond_text(http, 404, SERVER_JOB_NO_STEP, NULL);
            drop(export);
            text_free(&why);
            return;
        }
        /* A client that leaves ends its file: that may take a minute otherwise. */
        http_watch(http);
        add(export);
    }
    text_free(&why);
}

int server_export_ask(struct server *server, const char *session, enum export_format format,
                      const char *query, struct weak_pointer *who, server_export_done then,
                      void *arg, struct text *why)
{
    if (server->exports.count >= SERVER_JOB_WAITING)
        return -EBUSY;
    struct export_job *export = calloc(1, sizeof(*export));
    if (export == NULL)
        return -ENOMEM;
    export->query.format = format;
    export->done = then;
    export->arg = arg;
    int error = export_query_read(&export->query, query, why);
    if (error < 0) {
        export_query_free(&export->query);
        free(export);
        return error;
    }
    server_job_init(&export->job, &server->exports, session, who);
    if (!server_job_choose(&export->job, export->query.step)) {
        text_add(why, SERVER_JOB_NO_STEP);
        drop(export);
        return -ENOENT;
    }
    add(export);
    return 0;
}

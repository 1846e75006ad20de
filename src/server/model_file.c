/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compress.h"
#include "base/error.h"
#include "loop/work.h"
#include "model/model.h"
#include "server/server.h"
#include "view/session_shots.h"

/* One conversion on the pool. */
struct conversion {
    struct work work;
    struct server *server;
    struct blob *message;
    uint32_t session; /* by number: it may be freed before the job is done */
    uint64_t number;
    size_t limit;
    struct model_file file;
    int status;
};

static void run(struct work *work)
{
    struct conversion *job = (struct conversion *)work;
    struct model_options options = { .max_bytes = job->limit,
                                     .cancel = &job->server->cancel,
                                     .blocks = job->server->front.blocks };
    memcpy(options.key, job->server->model_key, sizeof(options.key));
    job->status = model_make(job->message, &options, &job->file);
}

static void done(struct work *work, int status)
{
    struct conversion *job = (struct conversion *)work;
    struct server *server = job->server;
    struct session *session = hub_of(&server->hub, job->session);
    const char *name = hub_name(&server->hub, job->session);
    char text[64];
    watch_count(&server->front.watch.convert, uv_hrtime() - work->queued);
    if (status < 0)
        job->status = status;
    if (job->status < 0)
        log_warning(&server->log, "model", "session %s: model stays as text: %s", name,
                    error_text(job->status, text, sizeof(text)));
    else if (job->file.bytes != job->message)
        log_info(&server->log, "show",
                 "session %s: %zu bytes of text converted to %zu bytes in %.1f ms", name,
                 job->message->size, job->file.bytes->size,
                 (double)(uv_hrtime() - work->queued - work->waited) / 1e6);
    if (session != NULL)
        hub_converted(&server->hub, session, job->number, job->status, &job->file);
    else if (job->status == 0)
        model_file_free(&job->file);
    blob_unref(job->message);
    free(job);
}

/* Starts to convert a picture of the session. 0, or -ENOMEM. */
static int start(struct server *server, const struct session *session,
                 const struct picture *picture)
{
    struct conversion *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return -ENOMEM;
    job->server = server;
    job->message = blob_ref(picture->model);
    job->number = picture->number;
    job->limit = server->options->max_memory;
    job->session = session->id;
    if (work_start(&job->work, &server->front.jobs, "a converted model", run, done) == 0)
        return 0;
    blob_unref(job->message);
    free(job);
    return -ENOMEM;
}

void model_file_convert(struct server *server, struct session *session)
{
    /* Without the binary form, every browser gets the model as text. */
    if (start(server, session, &session->picture) < 0)
        session->file_state = SESSION_FILE_FAILED;
}

void model_file_convert_step(struct server *server, struct session *session,
                             const struct history_step *step)
{
    int error = start(server, session, &step->picture);
    if (error < 0)
        history_made(&session->history, step->picture.number, error, NULL);
}

/* Answers with the model, or with its compressed form if `packed` is not NULL. */
static void respond(struct server *server, struct http *http, const struct model_file *file,
                    enum compress_kind kind, struct blob *packed)
{
    const struct http_resource resource = { .tag = file->hash,
                                            .coding = packed == NULL ? NULL : compress_name(kind),
                                            .body = packed == NULL ? file->bytes : packed,
                                            .size = file->bytes->size };
    server->front.bytes_out += http_respond_resource(http, &resource);
}

/* ---- compression, for browsers on other machines ---- */

#define WAITERS_MAX 256

struct packing {
    struct work work;
    struct list link; /* in server->packings */
    struct server *server;
    struct weak_pointer *waiters[WAITERS_MAX]; /* struct http: requests waiting for the result */
    unsigned waiter_count;
    struct blob *in;
    struct blob *out;
    enum compress_kind kind;
    uint32_t session; /* its number */
    char hash[33];
    int status;
};

static void run_packing(struct work *work)
{
    struct packing *job = (struct packing *)work;
    int level = job->kind == COMPRESS_ZSTD ? COMPRESS_ZSTD_LEVEL : COMPRESS_GZIP_LEVEL;
    job->status = compress_blob(job->kind, level, job->in, &job->server->cancel, &job->out);
}

/* `session`, or NULL, if it has the model of that hash; else NULL. */
static struct session *with_model(struct session *session, const char *hash)
{
    if (session == NULL || session->file_state != SESSION_FILE_READY ||
        strcmp(session->file.hash, hash) != 0)
        return NULL;
    return session;
}

/* A model that is not held any more. If a newer one replaced it, the page is already sent the new
 * address: 204, because browsers log a 404 as an error. */
static void not_held(struct http *http, const struct session *session)
{
    static const struct http_response replaced = { .status = 204,
                                                   .headers = "Cache-Control: no-store\r\n" };
    if (session != NULL && session->picture.model != NULL)
        http_respond(http, &replaced);
    else
        http_respond_text(http, 404, "this model is not held any more", NULL);
}

static void done_packing(struct work *work, int status)
{
    struct packing *job = (struct packing *)work;
    struct session *any = hub_of(&job->server->hub, job->session);
    struct session *session = with_model(any, job->hash);
    list_remove(&job->link);
    if (session != NULL && job->status == 0 && session->packed[job->kind] == NULL)
        session->packed[job->kind] = blob_ref(job->out);
    for (unsigned i = 0; i < job->waiter_count; i++) {
        struct http *http = weak_pointer_get(job->waiters[i]);
        if (http != NULL && session != NULL)
            respond(job->server, http, &session->file, job->kind, session->packed[job->kind]);
        else if (http != NULL)
            not_held(http, any);
        weak_pointer_unref(job->waiters[i]);
    }
    blob_unref(job->in);
    blob_unref(job->out);
    free(job);
}

/* Adds the request to a running compression of the same model. False: there is none. */
static bool join_packing(struct server *server, struct conn *conn, const struct session *session,
                         enum compress_kind kind)
{
    list_each(pos, next, &server->packings) {
        struct packing *job = list_entry(pos, struct packing, link);
        if (job->kind != kind || job->waiter_count == WAITERS_MAX ||
            strcmp(job->hash, session->file.hash) != 0)
            continue;
        job->waiters[job->waiter_count++] = weak_pointer_ref(conn->http_weak);
        return true;
    }
    return false;
}

/* Starts a compression, which then answers; false if it could not be started. */
static bool pack(struct server *server, struct conn *conn, struct session *session,
                 enum compress_kind kind)
{
    if (join_packing(server, conn, session, kind))
        return true;
    struct packing *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return false;
    job->server = server;
    job->waiters[job->waiter_count++] = weak_pointer_ref(conn->http_weak);
    list_append(&server->packings, &job->link);
    job->in = blob_ref(session->file.bytes);
    job->kind = kind;
    job->session = session->id;
    snprintf(job->hash, sizeof(job->hash), "%s", session->file.hash);
    if (work_start(&job->work, &server->front.jobs, "a compressed model", run_packing,
                   done_packing) == 0)
        return true;
    list_remove(&job->link);
    weak_pointer_unref(job->waiters[0]);
    blob_unref(job->in);
    free(job);
    return false;
}

static void respond_packed(struct server *server, struct conn *conn, struct http *http,
                           struct session *session)
{
    const char *accepted = http_header(http, "Accept-Encoding");
    bool zstd = http_accepts_coding(accepted, "zstd");
    enum compress_kind kind = zstd ? COMPRESS_ZSTD : COMPRESS_GZIP;
    bool wanted = !conn->local && (zstd || http_accepts_coding(accepted, "gzip")) &&
                  http_header(http, "Range") == NULL;
    if (wanted && session->packed[kind] == NULL && pack(server, conn, session, kind))
        return;
    respond(server, http, &session->file, kind, wanted ? session->packed[kind] : NULL);
}

/* Answers with what is ready of a model that is being made. */
static bool respond_preview(struct server *server, struct http *http, const char *session_name,
                            const char *hash)
{
    const struct session *session = hub_find(&server->hub, session_name);
    if (session == NULL || session->preview.bytes == NULL ||
        strcmp(session->preview.hash, hash) != 0)
        return false;
    respond(server, http, &session->preview, COMPRESS_GZIP, NULL);
    return true;
}

/* Answers with a replaced model, if a pending screenshot needs it. */
static bool respond_replaced(struct server *server, struct http *http, const char *session_name,
                             const char *hash)
{
    const struct session *session = hub_find(&server->hub, session_name);
    struct model_file file = { .bytes =
                                   session == NULL ? NULL : session_shots_file(session, hash) };
    if (file.bytes == NULL)
        return false;
    snprintf(file.hash, sizeof(file.hash), "%s", hash);
    respond(server, http, &file, COMPRESS_GZIP, NULL);
    return true;
}

/* ---- steps of the history ---- */

static void no_memory(struct http *http)
{
    http_respond_text(http, 503, "out of memory", "Retry-After: 1\r\n");
}

static void step_made(void *owner, struct weak_pointer *who, const struct model_file *file)
{
    struct http *http = weak_pointer_get(who);
    if (file->bytes == NULL)
        no_memory(http);
    else
        respond(owner, http, file, COMPRESS_GZIP, NULL);
}

static void step_sent(void *owner, struct weak_pointer *who, const struct model_file *file)
{
    struct http *http = weak_pointer_get(who);
    if (file->bytes == NULL)
        no_memory(http);
    else
        model_file_send(owner, http, file->bytes);
}

/* Answers at once, or when the file is made. */
static void send_step(struct server *server, struct conn *conn, const struct history_step *step,
                      assembly_done then)
{
    struct model_file file;
    if (assembly_has(&server->assembly, step, &file))
        then(server, conn->http_weak, &file);
    else if (assembly_ask(&server->assembly, step, conn->http_weak, then, server) < 0)
        no_memory(weak_pointer_get(conn->http_weak));
}

/* Answers with a picture that the session showed before. */
static bool respond_step(struct server *server, struct conn *conn, const char *session_name,
                         const char *hash)
{
    const struct session *session = hub_find(&server->hub, session_name);
    const struct history_step *step =
        session == NULL ? NULL : history_of_file(&session->history, hash);
    if (step != NULL)
        send_step(server, conn, step, step_made);
    return step != NULL;
}

void model_file_send(struct server *server, struct http *http, struct blob *bytes)
{
    struct http_response response = { .status = 200,
                                      .type = "application/octet-stream",
                                      .headers = "Cache-Control: no-cache\r\n",
                                      .blob = bytes,
                                      .size = bytes->size };
    server->front.bytes_out += response.size;
    http_respond(http, &response);
}

void model_file_respond_step(struct server *server, struct conn *conn,
                             const struct history_step *step)
{
    send_step(server, conn, step, step_sent);
}

void model_file_respond(struct server *server, struct conn *conn, struct http *http,
                        const char *session_name, const char *hash)
{
    struct session *any = hub_find(&server->hub, session_name);
    struct session *session = with_model(any, hash);
    if (session != NULL)
        respond_packed(server, conn, http, session);
    else if (!respond_preview(server, http, session_name, hash) &&
             !respond_step(server, conn, session_name, hash) &&
             !respond_replaced(server, http, session_name, hash))
        not_held(http, any);
}

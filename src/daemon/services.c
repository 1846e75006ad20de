/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What the view asks of the rest of the program (view/hub.h). Whatever may block runs on the
 * worker pool and finds its way back through weak references. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "daemon/conn.h"
#include "daemon/model_file.h"
#include "daemon/screenshot.h"
#include "daemon/server.h"
#include "geometry/pool.h"
#include "net/work.h"
#include "view/message.h"

/* A job that belongs to one peer, or to one request. */
struct job {
    struct work work;
    struct server *server;
    struct weak *peer; /* a struct peer, or a struct http */
    struct blob *message;
    json_t *json;
    json_error_t error;
    char *name; /* of a file or a session */
    struct text text;
    int status;
    bool splash;
    server_settings_cb answer;
};

static struct job *job_new(struct server *server, struct weak *peer)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->server = server;
    job->peer = peer == NULL ? NULL : weak_ref(peer);
    return job;
}

static void job_free(struct job *job)
{
    weak_unref(job->peer);
    blob_unref(job->message);
    json_decref(job->json);
    text_free(&job->text);
    free(job->name);
    free(job);
}

/* Starts the job; false: it could not be, and is freed. */
static bool job_start(struct job *job, void (*run)(struct work *), void (*done)(struct work *, int))
{
    if (work_start(&job->work, job->server->loop, run, done) == 0) {
        job->server->jobs++;
        return true;
    }
    job_free(job);
    return false;
}

static uint64_t service_now(void *owner)
{
    struct server *server = owner;
    return uv_now(server->loop);
}

/* ---- settings ---- */

static void run_config(struct work *work)
{
    struct job *job = (struct job *)work;
    uv_mutex_lock(&job->server->config_lock);
    config_answer(job->server->config, job->splash, &job->text);
    uv_mutex_unlock(&job->server->config_lock);
}

static void done_config(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct peer *peer = weak_get(job->peer);
    server_job_done(job->server, work, "settings for a kernel");
    if (peer != NULL && text_error(&job->text) == 0)
        hub_answer_config(peer, job->text.data, job->text.size);
    else if (peer != NULL)
        peer_close(peer, 1011, "out of memory");
    job_free(job);
}

/* Nearly always the file is as it was. False: the disk has to be asked. */
static bool answer_at_once(struct server *server, struct peer *peer, bool splash)
{
    struct text text = { 0 };
    if (uv_mutex_trylock(&server->config_lock) < 0)
        return false;
    bool answered = config_answer_at_once(server->config, splash, &text) == 0;
    uv_mutex_unlock(&server->config_lock);
    if (answered)
        hub_answer_config(peer, text.data, text.size);
    text_free(&text);
    return answered;
}

static void service_config(void *owner, struct peer *peer, bool splash)
{
    if (answer_at_once(owner, peer, splash))
        return;
    struct job *job = job_new(owner, peer->weak);
    if (job != NULL)
        job->splash = splash;
    if (job == NULL || !job_start(job, run_config, done_config))
        peer_close(peer, 1011, "out of memory");
}

static void run_settings(struct work *work)
{
    struct job *job = (struct job *)work;
    uv_mutex_lock(&job->server->config_lock);
    config_page(job->server->config, &job->text);
    uv_mutex_unlock(&job->server->config_lock);
}

static void done_settings(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct http *http = weak_get(job->peer);
    server_job_done(job->server, work, "settings for the page");
    if (http != NULL && text_error(&job->text) == 0)
        job->answer(job->server, http, job->name, text_string(&job->text));
    else if (http != NULL)
        http_respond_text(http, 503, "out of memory", NULL);
    job_free(job);
}

int server_settings(struct server *server, struct weak *http, const char *name,
                    server_settings_cb answer)
{
    struct job *job = job_new(server, http);
    if (job == NULL)
        return -ENOMEM;
    job->answer = answer;
    job->name = strdup(name);
    if (job->name == NULL) {
        job_free(job);
        return -ENOMEM;
    }
    return job_start(job, run_settings, done_settings) ? 0 : -ENOMEM;
}

/* ---- large JSON ---- */

static void run_parse(struct work *work)
{
    struct job *job = (struct job *)work;
    job->json = message_json(job->message, &job->error);
}

static void done_parse(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct peer *peer = weak_get(job->peer);
    server_job_done(job->server, work, "parsed JSON");
    if (peer != NULL)
        hub_parsed(peer, job->message, job->json, &job->error);
    job_free(job);
}

static void service_parse(void *owner, struct peer *peer, struct blob *message)
{
    struct job *job = job_new(owner, peer->weak);
    if (job != NULL)
        job->message = blob_ref(message);
    if (job == NULL || !job_start(job, run_parse, done_parse))
        peer_close(peer, 1011, "out of memory");
}

/* ---- pictures ---- */

static void run_screenshot(struct work *work)
{
    struct job *job = (struct job *)work;
    job->status = screenshot_write(job->name, json_string_value(job->json),
                                   json_string_length(job->json), &job->text);
}

static void done_screenshot(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    server_job_done(job->server, work, "a screenshot");
    if (job->status < 0)
        log_warning(&job->server->log, "screenshot", "%s: %s", job->name, text_string(&job->text));
    else
        log_info(&job->server->log, "screenshot", "wrote %s", job->name);
    job_free(job);
}

static void service_screenshot(void *owner, const char *filename, json_t *data_url)
{
    struct server *server = owner;
    struct job *job = job_new(server, NULL);
    char *name = strdup(filename);
    if (job == NULL || name == NULL) {
        log_warning(&server->log, "screenshot", "%s: out of memory", filename);
        free(job);
        free(name);
        return;
    }
    job->name = name;
    /* The only reference that the pool thread touches; its count is changed on the loop alone. */
    job->json = json_incref(data_url);
    job_start(job, run_screenshot, done_screenshot);
}

static void service_thumbnail(void *owner, struct session *session, json_t *data_url)
{
    static const char head[] = "data:image/png;base64,";
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    const char *url = json_string_value(data_url);
    size_t size = json_string_length(data_url);
    if (strncmp(url, head, sizeof(head) - 1) != 0)
        return;
    size -= sizeof(head) - 1;
    struct blob *picture = blob_new(size / 4 * 3 + 3);
    if (picture == NULL)
        return;
    long n = base64_decode(picture->data, url + sizeof(head) - 1, size);
    if (n < 8 || memcmp(picture->data, signature, 8) != 0) {
        blob_unref(picture);
        return;
    }
    picture->size = (size_t)n;
    session_replace_blob(session, &session->thumbnail, picture);
    blob_unref(picture);
    session->hub->list_changed = true;
}

/* ---- models ---- */

static void service_convert(void *owner, struct session *session)
{
    model_file_convert(owner, session);
}

/* ---- exact geometry ---- */

static void service_parts(void *owner, struct session *session)
{
    struct server *server = owner;
    state_keep(&server->life.state, session, true);
    if (server->pool == NULL)
        return;
    if (session->parts == NULL)
        pool_drop(server->pool, session->id);
    else if (pool_model(server->pool, session->id, session->parts, session->parts_offset) < 0)
        log_warning(&server->log, "measure", "session %s: no memory for its parts", session->name);
    else if (session->browsers > 0)
        pool_prepare(server->pool, session->id);
}

static void service_expect(void *owner, struct session *session)
{
    struct server *server = owner;
    if (server->pool != NULL)
        pool_prepare(server->pool, session->id);
}

static void service_warm(void *owner, struct session *session)
{
    struct server *server = owner;
    if (server->pool != NULL && session->parts != NULL)
        pool_warm(server->pool, session->id);
}

static void answered(void *arg, int status, const char *json, size_t size)
{
    struct weak *weak = arg;
    struct peer *peer = weak_get(weak);
    if (peer != NULL)
        hub_answer_measure(peer, json, size);
    weak_unref(weak);
}

static void ask_pool(struct server *server, struct peer *peer, const char *tool, json_t *ids)
{
    char *text = json_dumps(ids, JSON_COMPACT);
    int error = -ENOMEM;
    if (text != NULL)
        error = pool_ask(server->pool, peer->session->id, tool, text, strlen(text), answered,
                         weak_ref(peer->weak));
    /* -EINVAL: a selection that asks nothing, as one of a single shape for a distance. */
    if (error < 0 && text != NULL)
        weak_unref(peer->weak);
    if (error == -ENOMEM)
        hub_measure_failed(peer, tool, "out of memory");
    free(text);
}

static void service_ask(void *owner, struct peer *peer, const char *tool, json_t *ids)
{
    struct server *server = owner;
    if (server->pool != NULL)
        ask_pool(server, peer, tool, ids);
    else if (session_backend(peer->session) != NULL)
        session_ask_backend(peer->session, peer, tool, ids);
    else
        hub_measure_failed(peer, tool, "exact measuring is not available");
}

static void service_keep(void *owner, struct session *session)
{
    struct server *server = owner;
    state_keep(&server->life.state, session, false);
}

static void service_end(void *owner, struct session *session, bool forget)
{
    struct server *server = owner;
    if (forget)
        state_forget(&server->life.state, session);
    if (server->pool != NULL)
        pool_drop(server->pool, session->id);
}

/* Whoever gets replaced bytes is behind: after a new connection it gets what is new. */
static void service_shed(void *owner)
{
    struct server *server = owner;
    list_each(pos, next, &server->conns)
    {
        struct conn *conn = list_entry(pos, struct conn, link);
        if (conn->closing || stream_queued(&conn->stream) == 0 ||
            !hub_lingers(&server->hub, conn->large))
            continue;
        log_warning(&server->log, "conn", "%s: closed, memory is short and it is behind",
                    conn->name);
        conn_close(conn);
    }
}

struct hub_services server_services(struct server *server)
{
    return (struct hub_services){
        .owner = server,
        .now = service_now,
        .config = service_config,
        .parse = service_parse,
        .screenshot = service_screenshot,
        .thumbnail = service_thumbnail,
        .convert = service_convert,
        .parts = service_parts,
        .expect = service_expect,
        .warm = service_warm,
        .ask = service_ask,
        .keep = service_keep,
        .end = service_end,
        .shed = service_shed,
    };
}

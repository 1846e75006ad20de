/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The services for the view (view/view.h). Work that may block runs on the worker pool, and its
 * result reaches the peer or request through weak pointers. */
#include "server/view_services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/png.h"
#include "base/text.h"
#include "cluster/cluster.h"
#include "conn/conn.h"
#include "geometry/pool.h"
#include "loop/work.h"
#include "server/exact_jobs.h"
#include "server/model_file.h"
#include "server/screenshot.h"
#include "server/server.h"
#include "server/server_image.h"
#include "server/server_settings.h"
#include "view/dispatch.h"
#include "view/message.h"

/* A job that belongs to one peer, or to one request. */
struct job {
    struct work work;
    struct server *server;
    struct weak_pointer *peer; /* a struct peer, or a struct http */
    struct blob *message;
    json_t *json;
    json_error_t error;
    char *name; /* of a file */
    struct view_services_place place;
    struct text text;
    int status;
    bool splash;
    view_services_settings_cb answer;
};

static struct job *job_new(struct server *server, struct weak_pointer *peer)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->server = server;
    job->peer = peer == NULL ? NULL : weak_pointer_ref(peer);
    return job;
}

static void job_free(struct job *job)
{
    weak_pointer_unref(job->peer);
    blob_unref(job->message);
    json_decref(job->json);
    text_free(&job->text);
    free(job->name);
    free(job);
}

/* Starts the job; false: that failed, and the job is freed. */
static bool job_start(struct job *job, const char *what, void (*run)(struct work *),
                      void (*done)(struct work *, int))
{
    if (work_start(&job->work, &job->server->front.jobs, what, run, done) == 0)
        return true;
    job_free(job);
    return false;
}

static uint64_t service_now(void *owner)
{
    struct server *server = owner;
    return uv_now(server->front.loop);
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
    struct peer *peer = weak_pointer_get(job->peer);
    server_settings_tell(job->server);
    if (peer != NULL && text_error(&job->text) == 0)
        dispatch_answer_config(peer, job->text.data, job->text.size);
    else if (peer != NULL)
        peer_close(peer, 1011, "out of memory");
    job_free(job);
}

/* Answers from memory if the file was checked recently. False: the disk has to be read. */
static bool answer_at_once(struct server *server, struct peer *peer, bool splash)
{
    struct text text = { 0 };
    if (uv_mutex_trylock(&server->config_lock) < 0)
        return false;
    bool answered = config_answer_at_once(server->config, splash, &text) == 0;
    uv_mutex_unlock(&server->config_lock);
    if (answered)
        dispatch_answer_config(peer, text.data, text.size);
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
    if (job == NULL || !job_start(job, "settings for a kernel", run_config, done_config))
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
    struct http *http = weak_pointer_get(job->peer);
    server_settings_tell(job->server);
    if (http != NULL && text_error(&job->text) == 0)
        job->answer(job->server, http, &job->place, text_string(&job->text));
    else if (http != NULL)
        http_respond_text(http, 503, "out of memory", NULL);
    job_free(job);
}

int view_services_settings(struct server *server, struct weak_pointer *http,
                           const struct view_services_place *place,
                           view_services_settings_cb answer)
{
    struct job *job = job_new(server, http);
    if (job == NULL)
        return -ENOMEM;
    job->answer = answer;
    job->place = *place;
    return job_start(job, "settings for the page", run_settings, done_settings) ? 0 : -ENOMEM;
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
    struct peer *peer = weak_pointer_get(job->peer);
    if (peer != NULL)
        dispatch_parsed(peer, job->message, job->json, &job->error);
    job_free(job);
}

static void service_parse(void *owner, struct peer *peer, struct blob *message)
{
    struct job *job = job_new(owner, peer->weak);
    if (job != NULL)
        job->message = blob_ref(message);
    if (job == NULL || !job_start(job, "parsed JSON", run_parse, done_parse))
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
    if (job->status < 0)
        log_warning(&job->server->log, "screenshot", "%s: %s", job->name, text_string(&job->text));
    else
        log_info(&job->server->log, "screenshot", "wrote %s", job->name);
    job_free(job);
}

static void service_screenshot(void *owner, const char *filename, json_t *data_url)
{
    struct server *server = owner;
    if (cluster_shot_sent(server->cluster, filename, data_url) ||
        server->parts->shot_sent(server, filename, data_url))
        return;
    struct job *job = job_new(server, NULL);
    char *name = strdup(filename);
    if (job == NULL || name == NULL) {
        log_warning(&server->log, "screenshot", "%s: out of memory", filename);
        free(job);
        free(name);
        return;
    }
    job->name = name;
    /* The pool thread only reads the value; the reference count is changed on the loop only. */
    job->json = json_incref(data_url);
    job_start(job, "a screenshot", run_screenshot, done_screenshot);
}

static void service_thumbnail(void *owner, struct session *session, json_t *data_url)
{
    struct server *server = owner;
    size_t size = json_string_length(data_url);
    struct blob *picture = blob_new(PNG_ROOM(size));
    if (picture == NULL)
        return;
    const char *fault =
        png_from_url(json_string_value(data_url), size, picture->data, &picture->size);
    if (fault == NULL)
        session_thumbnail(session, session->small_asked, picture);
    else
        log_debug(&server->log, "screenshot", "session %s: its small picture %s", session->name,
                  fault);
    blob_unref(picture);
}

/* ---- models ---- */

static void service_draw_small(void *owner, struct session *session)
{
    server_image_small(owner, session);
}

static void service_draw_shot(void *owner, struct session *session, const char *filename)
{
    server_image_without_page(owner, session, filename);
}

static void service_convert(void *owner, struct session *session)
{
    model_file_convert(owner, session);
}

static void service_convert_step(void *owner, struct session *session,
                                 const struct history_step *step)
{
    model_file_convert_step(owner, session, step);
}

/* ---- exact geometry ---- */

static void service_parts(void *owner, struct session *session)
{
    struct server *server = owner;
    state_keep(&server->lifecycle.state, session, true);
    recorder_keep(&server->lifecycle.recorder, session);
    cluster_keep(server->cluster, session);
    if (server->pool == NULL)
        return;
    int error = 0;
    if (session->picture.parts != NULL)
        error = pool_model(server->pool, session->id, session->picture.parts);
    if (error < 0) {
        char text[64];
        log_warning(&server->log, "measure", "session %s: its exact geometry cannot be used: %s",
                    session->name, error_text(error, text, sizeof(text)));
    }
    /* The geometry loaded before is not that of the picture on screen. */
    if (session->picture.model != NULL && (session->picture.parts == NULL || error < 0))
        pool_empty(server->pool, session->id);
    else if (session->picture.parts == NULL || error < 0)
        pool_drop(server->pool, session->id);
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
    view_services_expect_parts(server, session);
    if (server->pool != NULL && (session->picture.parts != NULL || session->parts_making))
        pool_warm(server->pool, session->id);
}

static void answered(void *arg, int status, const char *json, size_t size)
{
    struct weak_pointer *weak = arg;
    struct peer *peer = weak_pointer_get(weak);
    if (peer != NULL) {
        struct server *server = peer->view->services.owner;
        if (status == 0)
            server->parts->measured(server, peer->session, json, size);
        peer_send_text(peer, json, size);
    }
    weak_pointer_unref(weak);
}

void view_services_expect_parts(struct server *server, struct session *session)
{
    if (server->pool != NULL && cluster_want_parts(server->cluster, session))
        pool_expect(server->pool, session->id);
}

static bool ask_cluster(struct server *server, struct peer *peer, const char *tool, json_t *ids)
{
    struct weak_pointer *weak = weak_pointer_ref(peer->weak);
    if (cluster_measure(server->cluster, peer->session, tool, ids, answered, weak) == 0)
        return true;
    weak_pointer_unref(weak);
    return false;
}

static void ask_pool(struct server *server, struct peer *peer, const char *tool, json_t *ids)
{
    struct weak_pointer *weak = weak_pointer_ref(peer->weak);
    view_services_expect_parts(server, peer->session);
    int error = pool_ask(server->pool, peer->session->id, tool, ids, answered, weak);
    if (error < 0)
        weak_pointer_unref(weak);
    /* -EINVAL: the selection is no question, such as a single shape for a distance. */
    if (error == -ENOMEM)
        peer_send_no_answer(peer, tool, "out of memory");
}

static void service_ask(void *owner, struct peer *peer, const char *tool, json_t *ids)
{
    struct server *server = owner;
    if (server->pool != NULL)
        ask_pool(server, peer, tool, ids);
    else if (!ask_cluster(server, peer, tool, ids))
        peer_send_no_answer(peer, tool, "the server ends");
}

static void service_keep(void *owner, struct session *session)
{
    struct server *server = owner;
    state_keep(&server->lifecycle.state, session, false);
    recorder_keep(&server->lifecycle.recorder, session);
    cluster_keep(server->cluster, session);
}

static void service_renamed(void *owner, struct session *session, const char *old)
{
    struct server *server = owner;
    state_rename(&server->lifecycle.state, session, old);
    recorder_forget(&server->lifecycle.recorder, old);
    recorder_keep(&server->lifecycle.recorder, session);
    cluster_renamed(server->cluster, session);
}

static void service_changed(void *owner, struct session *session, enum view_change change)
{
    struct server *server = owner;
    server->parts->changed(server, session, change);
    cluster_changed(server->cluster, session, change);
}

static void service_shot_lost(void *owner, const char *filename, const char *why)
{
    struct server *server = owner;
    if (!cluster_shot_sent(server->cluster, filename, NULL))
        server->parts->shot_lost(server, filename, why);
}

static void service_end(void *owner, struct session *session, bool forget)
{
    struct server *server = owner;
    if (forget) {
        state_forget(&server->lifecycle.state, session);
        recorder_forget(&server->lifecycle.recorder, session->name);
    }
    if (server->pool != NULL)
        pool_drop(server->pool, session->id);
    cluster_end(server->cluster, session);
}

/* Closes the connections that are still sending bytes of replaced pictures; their browsers
 * reconnect and get the current picture. */
static void service_shed(void *owner)
{
    struct server *server = owner;
    list_each(pos, next, &server->front.conns) {
        struct conn *conn = list_entry(pos, struct conn, link);
        if (conn->closing || stream_queued(&conn->stream) == 0 ||
            !retained_holds(&server->hub.view.retained, conn->large))
            continue;
        log_warning(&server->log, "conn",
                    "%s: closed, memory is short and its queue holds an old model", conn->name);
        conn_close(conn);
    }
}

struct view_services view_services(struct server *server)
{
    return (struct view_services){
        .owner = server,
        .now = service_now,
        .config = service_config,
        .parse = service_parse,
        .screenshot = service_screenshot,
        .thumbnail = service_thumbnail,
        .draw_small = service_draw_small,
        .draw_shot = service_draw_shot,
        .convert = service_convert,
        .convert_step = service_convert_step,
        .text = exact_jobs_text,
        .plan = exact_jobs_plan,
        .check = exact_jobs_check,
        .mesh = exact_jobs_mesh,
        .mesh_keep = exact_jobs_mesh_keep,
        .mesh_end = exact_jobs_mesh_end,
        .mesh_soon = exact_jobs_mesh_soon,
        .assemble = exact_jobs_assemble,
        .gather = exact_jobs_gather,
        .parts = service_parts,
        .expect = service_expect,
        .warm = service_warm,
        .ask = service_ask,
        .keep = service_keep,
        .renamed = service_renamed,
        .changed = service_changed,
        .shot_lost = service_shot_lost,
        .end = service_end,
        .shed = service_shed,
    };
}

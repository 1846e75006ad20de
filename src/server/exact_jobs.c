/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/exact_jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "geometry/mesher.h"
#include "geometry/pool.h"
#include "loop/work.h"
#include "server/server.h"
#include "view/exact.h"

/* Bytes of meshes that may wait for the disk; beyond it they are not kept for the next start. */
#define WRITING_MOST ((size_t)256 * 1024 * 1024)

/* A job of the pool; each kind uses some of the members. */
struct job {
    struct work work;
    struct server *server;
    struct weak_pointer *peer;
    struct blob *message; /* or the model file that becomes text */
    struct blob *made;
    struct plan *plan;
    struct blob **blobs; /* one a shape of the plan */
    struct exact_assembled assembled;
    uint32_t session; /* by number: it may be freed before the job is done */
    uint64_t number;
    char why[PLAN_WHY];
    bool same;
    int status;
};

static void free_blobs(struct blob **blobs, const struct plan *plan)
{
    for (uint32_t i = 0; blobs != NULL && i < plan->shape_count; i++)
        blob_unref(blobs[i]);
    free(blobs);
}

static void job_free(struct job *job)
{
    weak_pointer_unref(job->peer);
    weak_pointer_unref(job->assembled.show);
    blob_unref(job->message);
    free_blobs(job->blobs, job->plan);
    plan_unref(job->plan);
    free(job);
}

/* A job about a message of a peer; NULL: no memory. */
static struct job *job_of_peer(struct server *server, struct peer *peer, struct blob *message)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->server = server;
    job->peer = weak_pointer_ref(peer->weak);
    job->message = blob_ref(message);
    return job;
}

/* A job about the picture of a session; NULL: no memory. */
static struct job *job_of_session(struct server *server, const struct session *session)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->server = server;
    job->number = session->picture.number;
    job->session = session->id;
    return job;
}

static int start(struct job *job, const char *what, void (*run)(struct work *),
                 void (*done)(struct work *, int))
{
    return work_start(&job->work, &job->server->front.jobs, what, run, done);
}

/* Starts a job for a peer's message; without memory the peer is closed. */
static void start_for_peer(struct job *job, struct peer *peer, const char *what,
                           void (*run)(struct work *), void (*done)(struct work *, int))
{
    if (job != NULL && start(job, what, run, done) == 0)
        return;
    if (job != NULL)
        job_free(job);
    peer_close(peer, 1011, "out of memory");
}

static struct model_options options_of(struct server *server)
{
    struct model_options options = { .max_bytes = server->options->max_memory,
                                     .cancel = &server->cancel,
                                     .blocks = server->front.blocks };
    memcpy(options.key, server->model_key, sizeof(options.key));
    return options;
}

/* ---- the message ---- */

static uint64_t max_shape(const struct server *server)
{
    const struct options *options = server->options;
    uint64_t most =
        options->max_message < options->max_memory ? options->max_message : options->max_memory;
    return most > EXACT_SHAPE_HEAD ? most - EXACT_SHAPE_HEAD : 0;
}

static void run_plan(struct work *work)
{
    struct job *job = (struct job *)work;
    job->status = plan_read(&job->plan, blob_payload(job->message), blob_payload_size(job->message),
                            max_shape(job->server), job->why);
}

static void done_plan(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct peer *peer = weak_pointer_get(job->peer);
    struct plan *plan = job->plan;
    job->plan = NULL;
    if (status < 0)
        snprintf(job->why, sizeof(job->why), "the server ends");
    if (peer != NULL)
        exact_planned(peer, job->message, plan, job->why);
    else
        plan_unref(plan);
    job_free(job);
}

void exact_jobs_plan(void *owner, struct peer *peer, struct blob *message)
{
    start_for_peer(job_of_peer(owner, peer, message), peer, "a show's plan", run_plan, done_plan);
}

/* ---- a shape ---- */

static void run_check(struct work *work)
{
    struct job *job = (struct job *)work;
    uint8_t hash[HASH_SHA256];
    const struct blob *message = job->message;
    job->same = hash_sha256(hash, blob_payload(message), blob_payload_size(message)) == 0 &&
                memcmp(hash, message->data + 2, sizeof(hash)) == 0;
}

static void done_check(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct peer *peer = weak_pointer_get(job->peer);
    if (peer != NULL)
        exact_checked(peer, job->message, job->same);
    job_free(job);
}

void exact_jobs_check(void *owner, struct peer *peer, struct blob *message)
{
    start_for_peer(job_of_peer(owner, peer, message), peer, "a shape's hash", run_check,
                   done_check);
}

/* ---- meshes ---- */

void exact_jobs_meshed(void *arg, const struct mesher_result *result)
{
    struct exact_mesh mesh = { .show = result->owner,
                               .number = result->number,
                               .asked = result->asked,
                               .flags = result->flags,
                               .mesh = result->mesh,
                               .reason = result->reason };
    exact_meshed(&mesh);
}

static int ask_mesher(struct server *server, const struct view_mesh *mesh)
{
    struct mesher_ask ask = { .shape = mesh->shape,
                              .deviation = mesh->deviation,
                              .angle = mesh->angle,
                              .flags = mesh->flags,
                              .owner = mesh->show,
                              .number = mesh->number };
    return server->mesher == NULL ? -ENOMEM : mesher_ask(server->mesher, &ask);
}

/* ---- meshes on disk ---- */

/* A mesh that is looked for on the disk, or written to it. */
struct disk_job {
    struct work work;
    struct server *server;
    struct view_mesh mesh; /* with references of its own */
    struct blob *blob;
    char name[CACHE_NAME];
    int status;
};

static struct disk_job *disk_job_new(struct server *server, const struct view_mesh *mesh)
{
    struct disk_job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->server = server;
    job->mesh = *mesh;
    job->mesh.hash = NULL;
    if (mesh->shape != NULL)
        blob_ref(mesh->shape);
    if (mesh->show != NULL)
        weak_pointer_ref(mesh->show);
    cache_name(&server->cache, mesh->hash, mesh->deviation, mesh->angle, job->name);
    return job;
}

static void disk_job_free(struct disk_job *job)
{
    blob_unref(job->mesh.shape);
    weak_pointer_unref(job->mesh.show);
    blob_unref(job->blob);
    free(job);
}

static void run_read(struct work *work)
{
    struct disk_job *job = (struct disk_job *)work;
    job->status = cache_read(&job->server->cache, job->name, &job->blob);
}

static void done_read(struct work *work, int status)
{
    struct disk_job *job = (struct disk_job *)work;
    struct server *server = job->server;
    struct exact_mesh found = {
        .show = job->mesh.show, .number = job->mesh.number, .kept = true, .mesh = job->blob
    };
    if (status == 0 && job->status == -EBADMSG)
        log_warning(&server->log, "state", "a mesh on disk was damaged and is removed: %s",
                    job->name);
    bool wanted = weak_pointer_get(job->mesh.show) != NULL;
    if (job->blob == NULL && wanted && (status < 0 || ask_mesher(server, &job->mesh) < 0)) {
        found.kept = false;
        found.reason = "out of memory";
        exact_meshed(&found);
    } else if (job->blob != NULL) {
        exact_meshed(&found);
    }
    disk_job_free(job);
}

int exact_jobs_mesh(void *owner, const struct view_mesh *mesh)
{
    struct server *server = owner;
    struct disk_job *job = NULL;
    if (server->cache.folder != NULL && mesh->flags == 0)
        job = disk_job_new(server, mesh);
    if (job != NULL &&
        work_start(&job->work, &server->front.jobs, "a mesh read", run_read, done_read) == 0)
        return 0;
    if (job != NULL)
        disk_job_free(job);
    return ask_mesher(server, mesh);
}

static void run_write(struct work *work)
{
    struct disk_job *job = (struct disk_job *)work;
    job->status = cache_write(&job->server->cache, job->name, job->blob);
}

static void done_write(struct work *work, int status)
{
    struct disk_job *job = (struct disk_job *)work;
    struct server *server = job->server;
    char text[64];
    server->cache_writing -= job->blob->size;
    if (status == 0 && job->status < 0 && !server->cache_failing)
        log_warning(&server->log, "state", "meshes cannot be kept in %s: %s", server->cache.folder,
                    error_text(job->status, text, sizeof(text)));
    if (status == 0 && job->status == 0 && server->cache_failing)
        log_info(&server->log, "state", "meshes are kept again in %s", server->cache.folder);
    server->cache_failing = status == 0 && job->status < 0;
    disk_job_free(job);
}

void exact_jobs_mesh_keep(void *owner, const struct view_mesh *mesh, struct blob *made)
{
    struct server *server = owner;
    if (server->cache.folder == NULL || server->cache_writing + made->size > WRITING_MOST)
        return;
    struct disk_job *job = disk_job_new(server, mesh);
    if (job == NULL)
        return;
    job->blob = blob_ref(made);
    server->cache_writing += made->size;
    if (work_start(&job->work, &server->front.jobs, "a mesh written", run_write, done_write) == 0)
        return;
    server->cache_writing -= made->size;
    disk_job_free(job);
}

void exact_jobs_mesh_end(void *owner, const struct weak_pointer *show)
{
    struct server *server = owner;
    if (server->mesher != NULL)
        mesher_cancel(server->mesher, show);
}

void exact_jobs_mesh_soon(void *owner, size_t shapes)
{
    struct server *server = owner;
    if (server->mesher != NULL)
        mesher_warm(server->mesher, shapes);
}

/* ---- the picture ---- */

static void run_assemble(struct work *work)
{
    struct job *job = (struct job *)work;
    struct model_options options = options_of(job->server);
    job->assembled.status = assemble_model(job->plan, job->blobs, &options, &job->assembled.file,
                                           &job->assembled.facts);
}

static void done_assemble(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    if (status < 0)
        job->assembled.status = status;
    exact_assembled(&job->assembled);
    job_free(job);
}

void exact_jobs_assemble(void *owner, struct weak_pointer *show, struct plan *plan,
                         struct blob **meshes, bool preview)
{
    struct job *job = calloc(1, sizeof(*job));
    struct exact_assembled failed = { .show = show, .preview = preview, .status = -ENOMEM };
    if (job == NULL) {
        free_blobs(meshes, plan);
        exact_assembled(&failed);
        return;
    }
    job->server = owner;
    job->plan = plan_ref(plan);
    job->blobs = meshes;
    job->assembled.show = weak_pointer_ref(show);
    job->assembled.preview = preview;
    if (start(job, "an assembled model", run_assemble, done_assemble) == 0)
        return;
    exact_assembled(&failed);
    job_free(job);
}

static void run_gather(struct work *work)
{
    struct job *job = (struct job *)work;
    job->status =
        assemble_parts(job->plan, job->blobs, job->server->options->max_memory, &job->made);
}

static void done_gather(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct server *server = job->server;
    char text[64];
    if (status == 0 && job->status < 0)
        log_warning(&server->log, "measure", "session %s: its exact geometry is not kept: %s",
                    hub_name(&server->hub, job->session),
                    job->status == -EFBIG ? "--max-memory has no room"
                                          : error_text(job->status, text, sizeof(text)));
    exact_gathered(&server->hub, job->session, job->number, job->made);
    job_free(job);
}

void exact_jobs_gather(void *owner, struct session *session, struct plan *plan,
                       struct blob **shapes)
{
    struct server *server = owner;
    struct job *job = job_of_session(server, session);
    if (server->pool != NULL)
        pool_expect(server->pool, session->id);
    if (job != NULL) {
        job->plan = plan_ref(plan);
        job->blobs = shapes;
        if (start(job, "exact geometry", run_gather, done_gather) == 0)
            return;
        job_free(job);
    } else {
        free_blobs(shapes, plan);
    }
    exact_gathered(&server->hub, session->id, session->picture.number, NULL);
}

static void run_text(struct work *work)
{
    struct job *job = (struct job *)work;
    struct model_options options = options_of(job->server);
    job->status = model_text(job->message, &options, &job->made);
}

static void done_text(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct server *server = job->server;
    struct session *session = hub_of(&server->hub, job->session);
    char text[64];
    if (status < 0)
        job->status = status;
    if (job->status < 0)
        log_warning(&server->log, "model", "session %s: browsers that take text do not get it: %s",
                    hub_name(&server->hub, job->session),
                    error_text(job->status, text, sizeof(text)));
    if (session != NULL)
        session_text_made(session, job->number, job->made);
    else
        blob_unref(job->made);
    job_free(job);
}

void exact_jobs_text(void *owner, struct session *session)
{
    struct job *job = job_of_session(owner, session);
    if (job != NULL) {
        job->message = blob_ref(session->picture.model);
        if (start(job, "a model as text", run_text, done_text) == 0)
            return;
        job_free(job);
    }
    session_text_made(session, session->picture.number, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_VIEW_H
#define CADCAST_TESTS_VIEW_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "view/dispatch.h"
#include "view/exact.h"
#include "view/hub.h"
#include "view/message.h"
#include "view/relay.h"

/*
 * A hub without services: it records the calls, and a test completes them when it likes. And
 * connections without a socket, which record what they were sent.
 */
enum fake_work { FAKE_PLAN, FAKE_CHECK, FAKE_MESH, FAKE_ASSEMBLE, FAKE_GATHER, FAKE_TEXT };

/* A job of a show that sends geometry, until fake_work_next does it. */
struct fake_job {
    enum fake_work kind;
    struct weak_pointer *weak; /* of a peer or a show */
    struct blob *message;      /* or a shape, or a model */
    struct plan *plan;
    struct blob **blobs;
    char session[SESSION_NAME_MAX + 1];
    uint64_t number; /* of a shape or a picture */
    uint32_t flags;
    bool preview;
};

struct fake_hub {
    struct hub hub;
    struct log log;
    uint64_t now;
    bool wait;                      /* config and parse are not answered at once */
    struct weak_pointer *asked[64]; /* connections that wait for config or parse */
    struct blob *parse[64];         /* what is to be parsed; NULL: a config question */
    unsigned asked_count;
    struct fake_job jobs[64]; /* the oldest first */
    unsigned job_count;
    bool splash; /* last argument of config */
    bool fail_convert;
    unsigned converting; /* calls of convert */
    struct text saved;   /* file names of screenshots, each with a newline */
    unsigned thumbnails;
    unsigned keeps;
    unsigned parts;
    unsigned expects;
    unsigned warms;
    unsigned ended;
    unsigned forgotten;
};

struct fake_peer {
    struct peer peer;
    struct text got;      /* messages, each with a newline */
    struct text fragment; /* the message that comes in fragments, as far as it has come */
    bool in_fragment;
    unsigned broken; /* messages that ended as something that is no JSON */
    size_t queued;   /* bytes that the connection reports as queued */
    int closed;      /* code it was closed with, 0: not */
    bool held;
    bool goes_on_close; /* as a connection does whose goodbye is not answered */
};

static inline uint64_t fake_now(void *owner)
{
    return ((struct fake_hub *)owner)->now;
}

static inline void fake_later(struct fake_hub *fake, struct peer *peer, struct blob *message)
{
    if (fake->asked_count == 64)
        abort();
    fake->asked[fake->asked_count] = weak_pointer_ref(peer->weak);
    fake->parse[fake->asked_count++] = message == NULL ? NULL : blob_ref(message);
}

static inline void fake_parse_now(struct peer *peer, struct blob *message)
{
    json_error_t error;
    json_t *json = message_json(message, &error);
    dispatch_parsed(peer, message, json, &error);
    json_decref(json);
}

/* Answers the oldest question that waits. */
static inline void fake_answer(struct fake_hub *fake)
{
    struct peer *peer = weak_pointer_get(fake->asked[0]);
    struct weak_pointer *weak = fake->asked[0];
    struct blob *message = fake->parse[0];
    fake->asked_count--;
    memmove(fake->asked, fake->asked + 1, fake->asked_count * sizeof(fake->asked[0]));
    memmove(fake->parse, fake->parse + 1, fake->asked_count * sizeof(fake->parse[0]));
    if (peer != NULL && message == NULL)
        dispatch_answer_config(peer, "{\"config\":1}", 12);
    else if (peer != NULL)
        fake_parse_now(peer, message);
    weak_pointer_unref(weak);
    blob_unref(message);
}

static inline void fake_config(void *owner, struct peer *peer, bool splash)
{
    struct fake_hub *fake = owner;
    fake->splash = splash;
    fake_later(fake, peer, NULL);
    if (!fake->wait)
        fake_answer(fake);
}

static inline void fake_parse(void *owner, struct peer *peer, struct blob *message)
{
    struct fake_hub *fake = owner;
    fake_later(fake, peer, message);
    if (!fake->wait)
        fake_answer(fake);
}

static inline void fake_screenshot(void *owner, const char *filename, json_t *data_url)
{
    struct fake_hub *fake = owner;
    text_format(&fake->saved, "%s\n", filename);
}

static inline void fake_thumbnail(void *owner, struct session *session, json_t *data_url)
{
    ((struct fake_hub *)owner)->thumbnails++;
}

static inline void fake_convert(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->converting++;
}

static inline void fake_convert_step(void *owner, struct session *session,
                                     const struct history_step *step)
{
    ((struct fake_hub *)owner)->converting++;
}

static inline void fake_parts(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->parts++;
}

static inline void fake_expect(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->expects++;
}

static inline void fake_warm(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->warms++;
}

static inline void fake_shed(void *owner)
{
}

static inline void fake_ask(void *owner, struct peer *peer, const char *tool, json_t *ids)
{
    peer_send_no_answer(peer, tool, "asked the helper");
}

static inline void fake_keep(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->keeps++;
}

static inline void fake_end(void *owner, struct session *session, bool forget)
{
    struct fake_hub *fake = owner;
    fake->ended++;
    fake->forgotten += forget;
}

/* ---- shows that send geometry ---- */

static inline void fake_job_free(struct fake_job *job)
{
    for (uint32_t i = 0; job->blobs != NULL && i < job->plan->shape_count; i++)
        blob_unref(job->blobs[i]);
    free(job->blobs);
    plan_unref(job->plan);
    weak_pointer_unref(job->weak);
    blob_unref(job->message);
}

/* Takes over what `job` holds. */
static inline void fake_job_add(struct fake_hub *fake, const struct fake_job *job)
{
    if (fake->job_count == 64)
        abort();
    fake->jobs[fake->job_count++] = *job;
}

static inline void fake_plan(void *owner, struct peer *peer, struct blob *message)
{
    struct fake_job job = { .kind = FAKE_PLAN,
                            .weak = weak_pointer_ref(peer->weak),
                            .message = blob_ref(message) };
    fake_job_add(owner, &job);
}

static inline void fake_check(void *owner, struct peer *peer, struct blob *message)
{
    struct fake_job job = { .kind = FAKE_CHECK,
                            .weak = weak_pointer_ref(peer->weak),
                            .message = blob_ref(message) };
    fake_job_add(owner, &job);
}

static inline int fake_mesh(void *owner, const struct view_mesh *mesh)
{
    struct fake_hub *fake = owner;
    if (fake->job_count >= 32)
        return -ENOMEM;
    struct fake_job job = { .kind = FAKE_MESH,
                            .weak = weak_pointer_ref(mesh->show),
                            .message = blob_ref(mesh->shape),
                            .number = mesh->number,
                            .flags = mesh->flags };
    fake_job_add(fake, &job);
    return 0;
}

static inline void fake_mesh_keep(void *owner, const struct view_mesh *mesh, struct blob *made)
{
}

static inline void fake_mesh_end(void *owner, const struct weak_pointer *show)
{
    struct fake_hub *fake = owner;
    unsigned kept = 0;
    for (unsigned i = 0; i < fake->job_count; i++) {
        if (fake->jobs[i].kind == FAKE_MESH && fake->jobs[i].weak == show)
            fake_job_free(&fake->jobs[i]);
        else
            fake->jobs[kept++] = fake->jobs[i];
    }
    fake->job_count = kept;
}

static inline void fake_mesh_soon(void *owner, size_t shapes)
{
}

static inline void fake_assemble(void *owner, struct weak_pointer *show, struct plan *plan,
                                 struct blob **meshes, bool preview)
{
    struct fake_job job = { .kind = FAKE_ASSEMBLE,
                            .weak = weak_pointer_ref(show),
                            .plan = plan_ref(plan),
                            .blobs = meshes,
                            .preview = preview };
    fake_job_add(owner, &job);
}

static inline void fake_gather(void *owner, struct session *session, struct plan *plan,
                               struct blob **shapes)
{
    struct fake_job job = { .kind = FAKE_GATHER, .plan = plan_ref(plan), .blobs = shapes };
    snprintf(job.session, sizeof(job.session), "%s", session->name);
    job.number = session->picture.number;
    fake_job_add(owner, &job);
}

static inline void fake_text(void *owner, struct session *session)
{
    struct fake_job job = { .kind = FAKE_TEXT, .message = blob_ref(session->picture.model) };
    snprintf(job.session, sizeof(job.session), "%s", session->name);
    job.number = session->picture.number;
    fake_job_add(owner, &job);
}

/* The mesh of a shape: one point. A shape that begins with '!' cannot be meshed. */
static inline void fake_meshed(const struct fake_job *job)
{
    static const char json[] =
        "{\"obj_vertices\":{\"shape\":[3],\"dtype\":\"float32\",\"offset\":0,\"bytes\":12}}";
    bool fails = blob_payload_size(job->message) > 0 && blob_payload(job->message)[0] == '!';
    struct text file = { 0 };
    text_add_bytes(&file, "CADCAST1\1\0\0\0\0\0\0\0", 16);
    if (text_error(&file) == 0)
        file.data[12] = (char)(sizeof(json) - 1);
    text_add_bytes(&file, json, sizeof(json) - 1);
    while (file.size % 16 != 0 && text_error(&file) == 0)
        text_add_bytes(&file, "", 1);
    text_add_bytes(&file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    struct blob *mesh = text_error(&file) < 0 ? NULL : blob_copy(file.data, file.size);
    struct exact_mesh result = { .show = job->weak,
                                 .number = (uint32_t)job->number,
                                 .asked = job->flags,
                                 .flags = job->flags,
                                 .mesh = fails ? NULL : mesh,
                                 .reason = fails          ? "it is none"
                                           : mesh == NULL ? "out of memory"
                                                          : NULL };
    exact_meshed(&result);
    blob_unref(mesh);
    text_free(&file);
}

static inline void fake_planned(const struct fake_job *job)
{
    char why[PLAN_WHY];
    struct plan *plan;
    struct peer *peer = weak_pointer_get(job->weak);
    plan_read(&plan, blob_payload(job->message), blob_payload_size(job->message), 1 << 20, why);
    if (peer != NULL)
        exact_planned(peer, job->message, plan, why);
    else
        plan_unref(plan);
}

static inline void fake_checked(const struct fake_job *job)
{
    uint8_t hash[HASH_SHA256];
    struct peer *peer = weak_pointer_get(job->weak);
    hash_sha256(hash, blob_payload(job->message), blob_payload_size(job->message));
    if (peer != NULL)
        exact_checked(peer, job->message, memcmp(hash, job->message->data + 2, sizeof(hash)) == 0);
}

static inline void fake_assembled(const struct fake_job *job)
{
    const struct model_options options = { .max_bytes = 1 << 22 };
    struct exact_assembled made = { .show = job->weak, .preview = job->preview };
    made.status = assemble_model(job->plan, job->blobs, &options, &made.file, &made.facts);
    exact_assembled(&made);
}

static inline void fake_texted(struct fake_hub *fake, const struct fake_job *job)
{
    const struct model_options options = { .max_bytes = 1 << 22 };
    struct session *session = hub_find(&fake->hub, job->session);
    struct blob *text;
    model_text(job->message, &options, &text);
    if (session != NULL)
        session_text_made(session, job->number, text);
    else
        blob_unref(text);
}

static inline void fake_gathered(struct fake_hub *fake, const struct fake_job *job)
{
    struct blob *parts;
    assemble_parts(job->plan, job->blobs, 1 << 22, &parts);
    const struct session *session = hub_find(&fake->hub, job->session);
    exact_gathered(&fake->hub, session == NULL ? 0 : session->id, job->number, parts);
}

/* Does the oldest job. */
static inline void fake_work_next(struct fake_hub *fake)
{
    struct fake_job job = fake->jobs[0];
    fake->job_count--;
    memmove(fake->jobs, fake->jobs + 1, fake->job_count * sizeof(fake->jobs[0]));
    if (job.kind == FAKE_PLAN)
        fake_planned(&job);
    else if (job.kind == FAKE_CHECK)
        fake_checked(&job);
    else if (job.kind == FAKE_MESH)
        fake_meshed(&job);
    else if (job.kind == FAKE_ASSEMBLE)
        fake_assembled(&job);
    else if (job.kind == FAKE_GATHER)
        fake_gathered(fake, &job);
    else
        fake_texted(fake, &job);
    fake_job_free(&job);
}

static inline void fake_work_all(struct fake_hub *fake)
{
    while (fake->job_count > 0)
        fake_work_next(fake);
}

static inline int fake_hub_init(struct fake_hub *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->log.fd = -1;
    fake->now = 1000000;
    struct view_services services = { .owner = fake,
                                      .now = fake_now,
                                      .config = fake_config,
                                      .parse = fake_parse,
                                      .screenshot = fake_screenshot,
                                      .thumbnail = fake_thumbnail,
                                      .convert = fake_convert,
                                      .convert_step = fake_convert_step,
                                      .text = fake_text,
                                      .plan = fake_plan,
                                      .check = fake_check,
                                      .mesh = fake_mesh,
                                      .mesh_keep = fake_mesh_keep,
                                      .mesh_end = fake_mesh_end,
                                      .mesh_soon = fake_mesh_soon,
                                      .assemble = fake_assemble,
                                      .gather = fake_gather,
                                      .parts = fake_parts,
                                      .expect = fake_expect,
                                      .warm = fake_warm,
                                      .ask = fake_ask,
                                      .keep = fake_keep,
                                      .shed = fake_shed,
                                      .end = fake_end };
    struct view_options options = { .browser_queue = 64 * 1024,
                                    .max_memory = 16 * 1024 * 1024,
                                    .max_sessions = 4,
                                    .relay_min = RELAY_MIN,
                                    .relay_piece = RELAY_PIECE,
                                    .measure_wait = 10000,
                                    .version = "9.9" };
    return hub_init(&fake->hub, &fake->log, &services, &options);
}

static inline void fake_hub_free(struct fake_hub *fake)
{
    while (fake->asked_count > 0)
        fake_answer(fake);
    fake_work_all(fake);
    hub_free(&fake->hub);
    text_free(&fake->saved);
}

/* The conversion of the session's model is done: its file is named after the number. */
static inline void fake_converted(struct fake_hub *fake, struct session *session)
{
    struct model_file file;
    memset(&file, 0, sizeof(file));
    file.bytes = fake->fail_convert ? NULL : blob_copy("file", 4);
    snprintf(file.hash, sizeof(file.hash), "m%llu", (unsigned long long)session->picture.number);
    hub_converted(&fake->hub, session, session->picture.number, file.bytes == NULL ? -ENOMEM : 0,
                  &file);
}

static inline void fake_send(void *conn, struct blob *blob)
{
    struct fake_peer *peer = conn;
    if (peer->in_fragment)
        abort();
    text_add_bytes(&peer->got, (const char *)blob_payload(blob), blob_payload_size(blob));
    text_add(&peer->got, "\n");
}

static inline void fake_send_text(void *conn, const char *data, size_t size)
{
    struct fake_peer *peer = conn;
    if (peer->in_fragment)
        abort();
    text_add_bytes(&peer->got, data, size);
    text_add(&peer->got, "\n");
}

static inline void fake_send_fragment(void *conn, struct blob *blob, size_t offset, size_t size,
                                      bool first, bool last)
{
    struct fake_peer *peer = conn;
    if (first == peer->in_fragment || offset + size > blob->size)
        abort();
    text_add_bytes(&peer->fragment, blob->data + offset, size);
    peer->in_fragment = !last;
    if (!last)
        return;
    json_t *json = json_loads(text_string(&peer->fragment), 0, NULL);
    if (json == NULL) {
        peer->broken++;
    } else {
        text_add_bytes(&peer->got, peer->fragment.data, peer->fragment.size);
        text_add(&peer->got, "\n");
    }
    json_decref(json);
    text_free(&peer->fragment);
}

static inline size_t fake_queued(void *conn)
{
    return ((struct fake_peer *)conn)->queued;
}

static inline void fake_close(void *conn, int code, const char *reason)
{
    struct fake_peer *peer = conn;
    peer->closed = code;
    if (peer->goes_on_close)
        hub_leave(&peer->peer);
}

static inline void fake_hold(void *conn)
{
    struct fake_peer *peer = conn;
    if (peer->held)
        abort();
    peer->held = true;
}

static inline void fake_release(void *conn)
{
    ((struct fake_peer *)conn)->held = false;
}

/* Makes a connection of that session. */
static inline int fake_join(struct fake_hub *fake, struct fake_peer *peer, const char *session)
{
    static const struct peer_ops ops = { fake_send,   fake_send_text, fake_send_fragment,
                                         fake_queued, fake_close,     fake_hold,
                                         fake_release };
    int error = 0;
    struct session *found = hub_session(&fake->hub, session, &error);
    memset(peer, 0, sizeof(*peer));
    if (found == NULL)
        return error;
    error = hub_join(&fake->hub, &peer->peer, found, &ops, peer, "test");
    peer->peer.local = true;
    return error;
}

static inline void fake_leave(struct fake_peer *peer)
{
    hub_leave(&peer->peer);
    text_free(&peer->got);
    text_free(&peer->fragment);
}

static inline void fake_say_bytes(struct fake_peer *peer, const void *data, size_t size)
{
    struct blob *blob = blob_copy(data, size);
    if (blob != NULL)
        dispatch_message(peer->peer.hub, &peer->peer, blob);
    blob_unref(blob);
}

static inline void fake_say(struct fake_peer *peer, const char *text)
{
    fake_say_bytes(peer, text, strlen(text));
}

/* One message of a kernel that comes and goes. */
static inline void fake_kernel_says(struct fake_hub *fake, const char *session, const char *text)
{
    struct fake_peer kernel;
    if (fake_join(fake, &kernel, session) == 0)
        fake_say(&kernel, text);
    fake_leave(&kernel);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view/hub.h"
#include "view/relay.h"

bool session_name_ok(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n <= SESSION_NAME_MAX && name[n] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

struct session *session_new(struct hub *hub, const char *name)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->status = json_object();
    session->views = json_object();
    if (session->status == NULL || session->views == NULL) {
        json_decref(session->status);
        json_decref(session->views);
        free(session);
        return NULL;
    }
    list_init(&session->link);
    list_init(&session->peers);
    list_init(&session->shots);
    list_init(&session->questions);
    session->hub = hub;
    session->splash = true;
    session->used = hub_now(hub);
    snprintf(session->name, sizeof(session->name), "%s", name);
    return session;
}

void session_replace_blob(struct session *session, struct blob **place, struct blob *blob)
{
    struct blob *old = *place;
    *place = blob == NULL ? NULL : blob_ref(blob);
    hub_release(session->hub, old);
}

static void drop_file(struct session *session)
{
    if (session->file_state == FILE_READY)
        hub_release(session->hub, session->file.bytes);
    memset(&session->file, 0, sizeof(session->file));
    session->file_state = FILE_NONE;
    for (size_t i = 0; i < 2; i++)
        session_replace_blob(session, &session->packed[i], NULL);
}

static void drop_changes(struct session *session)
{
    json_decref(session->settings);
    session->settings = NULL;
    session_replace_blob(session, &session->animation, NULL);
    session_replace_blob(session, &session->time, NULL);
}

static void drop_picture(struct session *session)
{
    drop_changes(session);
    drop_file(session);
    session_replace_blob(session, &session->model, NULL);
    session_replace_blob(session, &session->thumbnail, NULL);
    session->model_offset = 0;
    session->hub->list_changed = true;
}

static void drop_parts(struct session *session)
{
    session_replace_blob(session, &session->parts, NULL);
    session->parts_offset = 0;
}

void session_drop(struct session *session)
{
    drop_picture(session);
    drop_parts(session);
    session->number++;
    session->dirty = true;
    session->hub->services.parts(session->hub->services.owner, session);
    session->hub->services.keep(session->hub->services.owner, session);
}

void session_free(struct session *session)
{
    drop_picture(session);
    drop_parts(session);
    while (!list_empty(&session->shots))
        session_forget_shot(session, session->shots.next);
    while (!list_empty(&session->questions))
        session_forget_question(session, session->questions.next);
    json_decref(session->status);
    json_decref(session->views);
    list_remove(&session->link);
    free(session);
}

/* The count that a peer of this role is part of. */
static unsigned *role_count(struct session *session, enum peer_role role)
{
    switch (role) {
    case PEER_BROWSER:
        return &session->browsers;
    case PEER_BACKEND:
        return &session->backends;
    case PEER_KERNEL:
        return &session->kernels;
    default:
        return NULL;
    }
}

static void count_peer(struct session *session, enum peer_role role, int change)
{
    unsigned *count = role_count(session, role);
    if (count != NULL)
        *count += (unsigned)change;
    session->used = hub_now(session->hub);
    /* Kernels come and go a dozen times a show: that alone is no news. */
    if (role != PEER_KERNEL)
        session->hub->list_changed = true;
}

void session_join(struct session *session, struct peer *peer)
{
    peer->session = session;
    list_append(&session->peers, &peer->link);
    count_peer(session, peer->role, 1);
}

void session_leave(struct session *session, struct peer *peer)
{
    list_remove(&peer->link);
    count_peer(session, peer->role, -1);
    if (peer->role == PEER_BACKEND)
        session->greet = true;
    if (peer->role != PEER_BROWSER)
        return;
    session_shots_lost(session, peer);
    session_status_left(session);
}

void session_set_role(struct session *session, struct peer *peer, enum peer_role role)
{
    count_peer(session, peer->role, -1);
    peer->role = role;
    count_peer(session, role, 1);
}

size_t session_bytes(const struct session *session)
{
    const struct blob *blobs[] = { session->model,     session->animation, session->time,
                                   session->packed[0], session->packed[1], session->parts,
                                   session->thumbnail, session->file.bytes };
    size_t total = 0;
    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
        total += blobs[i] == NULL ? 0 : blobs[i]->size;
    return total;
}

static void to_browsers(struct session *session, struct blob *blob, size_t offset,
                        enum peer_matter matter)
{
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER)
            peer_send(peer, blob, offset, matter);
    }
}

static void hurry_notice(struct session *session)
{
    session->used = hub_now(session->hub);
    session->shown = (int64_t)time(NULL);
    session->hub->list_changed = true;
    session->dirty = true;
    session->hub->services.keep(session->hub->services.owner, session);
}

static void make_file(struct session *session)
{
    if (session->file_state != FILE_NONE || session->model == NULL)
        return;
    session->file_state = FILE_MAKING;
    session->hub->services.convert(session->hub->services.owner, session);
}

void session_model(struct session *session, struct blob *blob, size_t offset)
{
    drop_changes(session);
    drop_file(session);
    session_replace_blob(session, &session->model, blob);
    session->model_offset = offset;
    session->number++;
    session->splash = false;
    hub_make_room(session->hub, 0, session);
    session_want_thumbnail(session);
    hurry_notice(session);
    /* The names for the list come out of the conversion, so it is made even if nobody looks. */
    make_file(session);
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER)
            continue;
        if (relay_finish(peer, blob))
            peer->model_seen = session->number;
        else
            session_send_model(session, peer);
        peer_pump(peer);
    }
}

void session_converted(struct session *session, uint64_t number, int status,
                       struct model_file *file)
{
    /* A newer model came meanwhile, or the picture was dropped: nobody wants this one. */
    if (session->number != number || session->file_state != FILE_MAKING) {
        if (status == 0)
            model_file_free(file);
        return;
    }
    session->file_state = status == 0 ? FILE_READY : FILE_FAILED;
    if (status == 0) {
        session->file = *file;
        session->splash = file->splash;
        /* What was kept of it so far is no picture of anybody's. */
        if (session->splash)
            session->hub->services.keep(session->hub->services.owner, session);
    }
    session->hub->list_changed = true;
    /* The text alone does too, where both forms are too much. */
    if (!hub_make_room(session->hub, 0, session) && status == 0) {
        drop_file(session);
        session->file_state = FILE_FAILED;
    }
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER || !peer->binary || peer->model_seen == number)
            continue;
        session_send_model(session, peer);
        session_send_changes(session, peer);
    }
    /* A screenshot that was asked for meanwhile shall show this model, not the one before. */
    session_tick_shots(session);
}

void session_clear(struct session *session, struct blob *blob, size_t offset)
{
    session_drop(session);
    hurry_notice(session);
    if (blob != NULL)
        to_browsers(session, blob, offset, MATTER_PICTURE);
}

bool session_keeps_waiting(const struct session *session, const struct peer *peer)
{
    return session->file_state == FILE_MAKING && peer->binary &&
           peer->model_seen != session->number;
}

static void change_to_browsers(struct session *session, struct blob *blob, size_t offset)
{
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && !session_keeps_waiting(session, peer))
            peer_send(peer, blob, offset, MATTER_CHANGE);
    }
    session->used = hub_now(session->hub);
    if (session->model != NULL) {
        session->dirty = true;
        session->hub->services.keep(session->hub->services.owner, session);
    }
}

void session_animation(struct session *session, struct blob *blob, size_t offset)
{
    if (session->model != NULL) {
        session_replace_blob(session, &session->animation, blob);
        session_replace_blob(session, &session->time, NULL);
    }
    change_to_browsers(session, blob, offset);
}

void session_time(struct session *session, struct blob *blob, size_t offset)
{
    if (session->model != NULL)
        session_replace_blob(session, &session->time, blob);
    change_to_browsers(session, blob, offset);
}

void session_settings(struct session *session, struct blob *blob, size_t offset, json_t *config)
{
    if (session->model != NULL) {
        if (session->settings == NULL)
            session->settings = json_object();
        if (session->settings == NULL || json_object_update(session->settings, config) < 0)
            log_warning(session->hub->log, "session", "%s: no memory to keep settings",
                        session->name);
    }
    change_to_browsers(session, blob, offset);
}

void session_replay(struct session *session, struct peer *peer)
{
    if (session->model == NULL) {
        if (peer->ours)
            peer_send_text(peer, "{\"type\":\"empty\"}", 16);
        return;
    }
    if (peer->binary)
        make_file(session);
    if (session_send_model(session, peer))
        session_send_changes(session, peer);
}

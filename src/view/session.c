/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view/relay.h"
#include "view/session_lead.h"
#include "view/session_shots.h"

bool session_name_ok(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n <= SESSION_NAME_MAX && name[n] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

struct session *session_new(struct view *view, const char *name)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->picture.status = json_object();
    session->picture.views = json_object();
    if (session->picture.status == NULL || session->picture.views == NULL) {
        json_decref(session->picture.status);
        json_decref(session->picture.views);
        free(session);
        return NULL;
    }
    list_init(&session->link);
    list_init(&session->peers);
    list_init(&session->shots);
    list_init(&session->questions);
    history_init(&session->history, &view->retained);
    session->view = view;
    session->splash = true;
    session->used = view_now(view);
    snprintf(session->name, sizeof(session->name), "%s", name);
    return session;
}

void session_replace_blob(struct session *session, struct blob **place, struct blob *blob)
{
    struct blob *old = *place;
    *place = blob == NULL ? NULL : blob_ref(blob);
    retained_release(&session->view->retained, old);
}

static void drop_file(struct session *session)
{
    if (session->file_state == SESSION_FILE_READY)
        retained_release(&session->view->retained, session->file.bytes);
    memset(&session->file, 0, sizeof(session->file));
    session->file_state = SESSION_FILE_NONE;
    for (size_t i = 0; i < 2; i++)
        session_replace_blob(session, &session->packed[i], NULL);
}

static void drop_preview(struct session *session)
{
    retained_release(&session->view->retained, session->preview.bytes);
    memset(&session->preview, 0, sizeof(session->preview));
}

static void drop_changes(struct session *session)
{
    json_decref(session->picture.settings);
    session->picture.settings = NULL;
    session_replace_blob(session, &session->picture.animation, NULL);
    session_replace_blob(session, &session->picture.time, NULL);
}

static void drop_picture(struct session *session)
{
    drop_changes(session);
    drop_file(session);
    session_replace_blob(session, &session->picture.model, NULL);
    session_replace_blob(session, &session->picture.text, NULL);
    session_replace_blob(session, &session->picture.thumbnail, NULL);
    session->view->list_changed = true;
}

static void drop_parts(struct session *session)
{
    session_replace_blob(session, &session->picture.parts, NULL);
    session->parts_making = false;
}

void session_drop_parts(struct session *session)
{
    if (session->picture.parts == NULL && !session->parts_making)
        return;
    drop_parts(session);
    session->view->services.parts(session->view->services.owner, session);
}

/* The picture is about to be replaced: lets pending screenshot requests keep what they need of it.
 */
static void keep_for_shots(struct session *session)
{
    struct picture *picture = &session->picture;
    struct blob *text =
        picture->model != NULL && !model_is_file(picture->model) ? picture->model : picture->text;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (picture->model != NULL)
            peer_settle_pending(peer, text);
    }
    session_shots_replaced(session);
}

/* Numbers grow over a restart too, of which the history may be all that was kept. */
static void count_picture(struct session *session)
{
    uint64_t last = history_last(&session->history);
    uint64_t number = session->picture.number;
    session->picture.number = (last > number ? last : number) + 1;
}

static void drop_all(struct session *session, bool remember)
{
    keep_for_shots(session);
    if (remember)
        session_remember(session);
    drop_picture(session);
    drop_parts(session);
    count_picture(session);
    list_each(pos, next, &session->peers)
        peer_forget_pending(list_entry(pos, struct peer, link));
    session->view->services.parts(session->view->services.owner, session);
    session->view->services.keep(session->view->services.owner, session);
}

void session_drop(struct session *session)
{
    drop_all(session, false);
}

void session_free(struct session *session)
{
    drop_preview(session);
    drop_picture(session);
    drop_parts(session);
    history_free(&session->history);
    session_shots_free(session);
    while (!list_empty(&session->questions))
        session_forget_question(session, session->questions.next);
    json_decref(session->picture.status);
    json_decref(session->picture.views);
    json_decref(session->led);
    json_decref(session->led_all);
    free(session->refused);
    free(session->run);
    list_remove(&session->link);
    free(session);
}

/* The counter of the peers with this role; NULL if they are not counted. */
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
    /* A NULL counter is for a role that is not counted; `session` is never NULL.
     * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    session->used = view_now(session->view);
    /* Kernels connect a dozen times a show: hub_tick compares their count instead. */
    if (role != PEER_KERNEL)
        session->view->list_changed = true;
    if (role == PEER_BROWSER)
        view_changed(session, session->view, VIEW_CHANGE_BROWSERS);
}

static void on_shot_dropped(struct peer *peer, const struct blob *blob)
{
    session_shots_dropped(peer->session, peer, blob);
}

void session_join(struct session *session, struct peer *peer)
{
    peer->session = session;
    peer->on_shot_dropped = on_shot_dropped;
    list_append(&session->peers, &peer->link);
    count_peer(session, peer->role, 1);
}

void session_leave(struct session *session, struct peer *peer)
{
    list_remove(&peer->link);
    session_lead_left(session, peer);
    count_peer(session, peer->role, -1);
    if (peer->role == PEER_BACKEND)
        session->greet = true;
    session_shots_arrived(session, peer);
    if (peer->role != PEER_BROWSER)
        return;
    session_shots_lost(session);
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
    /* A model made here from geometry is its own file. */
    bool own = session->file.bytes != session->picture.model;
    const struct blob *blobs[] = { session->packed[0], session->packed[1],
                                   own ? session->file.bytes : NULL, session->preview.bytes };
    size_t total = picture_bytes(&session->picture);
    for (size_t k = 0; k < sizeof(blobs) / sizeof(blobs[0]); k++)
        total += blobs[k] == NULL ? 0 : blobs[k]->size;
    return total;
}

static void to_browsers(struct session *session, struct blob *blob, enum peer_matter matter)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER)
            peer_send(peer, blob, matter);
    }
}

/* A model or a clear has replaced the picture: it is to be written to disk. */
static void picture_changed(struct session *session)
{
    session->used = view_now(session->view);
    session->picture.shown = (int64_t)time(NULL);
    session->view->list_changed = true;
    session->view->services.keep(session->view->services.owner, session);
    bool shown = session->picture.model != NULL;
    view_changed(session, session->view, shown ? VIEW_CHANGE_SHOWN : VIEW_CHANGE_CLEARED);
}

void session_drawn_by(struct session *session, const struct peer *peer)
{
    /* Without the port: kernels use a new one for each message. */
    const char *port = strrchr(peer->name, ':');
    int length = port == NULL ? (int)strlen(peer->name) : (int)(port - peer->name);
    snprintf(session->kernel, sizeof(session->kernel), "%.*s", length, peer->name);
    session->drew = (int64_t)time(NULL);
    session->view->list_changed = true;
}

static void make_file(struct session *session)
{
    if (session->file_state != SESSION_FILE_NONE || session->picture.model == NULL)
        return;
    session->file_state = SESSION_FILE_MAKING;
    session->view->services.convert(session->view->services.owner, session);
}

static void replace_model(struct session *session, struct blob *blob)
{
    keep_for_shots(session);
    session_remember(session);
    /* The geometry that is being made belongs to the old model: no question is to wait for it. */
    if (session->parts_making)
        session_drop_parts(session);
    drop_changes(session);
    drop_file(session);
    session_replace_blob(session, &session->picture.model, blob);
    session_replace_blob(session, &session->picture.text, NULL);
    session->text_making = false;
    session->refines = false;
    drop_preview(session);
    count_picture(session);
    session->splash = false;
    session_want_thumbnail(session);
    picture_changed(session);
}

static void show_model(struct session *session, struct blob *blob)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER)
            continue;
        if (!relay_finish(peer, blob, true)) {
            session_send_model(session, peer);
            session_send_changes(session, peer);
        }
        peer_pump(peer);
    }
}

void session_model(struct session *session, struct blob *blob)
{
    replace_model(session, blob);
    /* Convert even without browsers: the conversion yields the names for the list of sessions. */
    make_file(session);
    show_model(session, blob);
}

void session_model_file(struct session *session, struct model_file *file)
{
    bool refines = session->preview.bytes != NULL;
    replace_model(session, file->bytes);
    session->refines = refines;
    session->file = *file;
    session->file_state = SESSION_FILE_READY;
    session->splash = file->splash;
    session_repeated(session);
    if (session->splash)
        session->view->services.keep(session->view->services.owner, session);
    show_model(session, file->bytes);
    session_draw_thumbnail(session);
}

/* Our pages that take files are sent the address of the preview. */
static bool previews(const struct peer *peer)
{
    return peer->role == PEER_BROWSER && peer->ours && peer->binary;
}

bool session_has_page(const struct session *session)
{
    list_each(pos, next, &session->peers) {
        if (previews(list_entry(pos, struct peer, link)))
            return true;
    }
    return false;
}

void session_preview(struct session *session, struct model_file *file)
{
    drop_preview(session);
    session->preview = *file;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (previews(peer))
            session_send_preview(session, peer);
    }
}

void session_preview_end(struct session *session)
{
    if (session->preview.bytes == NULL)
        return;
    drop_preview(session);
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->previews)
            session_replay(session, peer);
    }
}

void session_text_made(struct session *session, uint64_t number, struct blob *text)
{
    if (session->picture.number != number || !session->text_making) {
        blob_unref(text);
        return;
    }
    session->text_making = false;
    session->picture.text = text;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER || session_takes_file(session, peer))
            continue;
        if (text != NULL)
            session_send_pending(session, peer);
        else
            peer_forget_pending(peer);
    }
}

bool session_waits_for(const struct session *session, uint64_t number)
{
    return session->picture.number == number && session->file_state == SESSION_FILE_MAKING;
}

void session_converted(struct session *session, uint64_t number, int status,
                       struct model_file *file)
{
    /* A newer model has replaced this one, or the picture was dropped. */
    if (!session_waits_for(session, number)) {
        history_made(&session->history, number, status, file);
        return;
    }
    session->file_state = status == 0 ? SESSION_FILE_READY : SESSION_FILE_FAILED;
    if (status == 0) {
        session->file = *file;
        session->splash = file->splash;
        session_repeated(session);
        /* The built-in model is not kept: removes the file that was written before this was known.
         */
        if (session->splash)
            session->view->services.keep(session->view->services.owner, session);
        session_draw_thumbnail(session);
    }
    session->view->list_changed = true;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER)
            session_send_pending(session, peer);
    }
}

void session_clear(struct session *session, struct blob *blob)
{
    drop_all(session, true);
    picture_changed(session);
    if (blob != NULL)
        to_browsers(session, blob, PEER_MATTER_PICTURE);
}

/* Sends the message to every browser, or, unless `ours`, only to those that are not our page. */
static void pass_on(struct session *session, struct blob *blob, bool ours)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER || (peer->ours && !ours))
            continue;
        if (!relay_finish(peer, blob, false))
            peer_send(peer, blob, PEER_MATTER_RELAYED);
        peer_pump(peer);
    }
    session->used = view_now(session->view);
}

void session_relay(struct session *session, struct blob *blob)
{
    pass_on(session, blob, true);
}

void session_show_nothing(struct session *session, struct blob *blob)
{
    pass_on(session, blob, false);
}

static void change_to_browsers(struct session *session, struct blob *blob)
{
    to_browsers(session, blob, PEER_MATTER_CHANGE);
    session->used = view_now(session->view);
    if (session->picture.model != NULL)
        session->view->services.keep(session->view->services.owner, session);
}

void session_animation(struct session *session, struct blob *blob)
{
    if (session->picture.model != NULL) {
        session_replace_blob(session, &session->picture.animation, blob);
        session_replace_blob(session, &session->picture.time, NULL);
    }
    change_to_browsers(session, blob);
}

void session_time(struct session *session, struct blob *blob)
{
    if (session->picture.model != NULL)
        session_replace_blob(session, &session->picture.time, blob);
    change_to_browsers(session, blob);
}

void session_settings(struct session *session, struct blob *blob, json_t *config)
{
    if (session->picture.model != NULL) {
        if (session->picture.settings == NULL)
            session->picture.settings = json_object();
        if (session->picture.settings == NULL ||
            json_object_update(session->picture.settings, config) < 0)
            log_warning(session->view->log, "session", "%s: no memory to keep settings",
                        session->name);
    }
    change_to_browsers(session, blob);
}

void session_replay(struct session *session, struct peer *peer)
{
    peer->previews = false;
    if (session->picture.model == NULL) {
        if (peer->ours)
            peer_send_text(peer, "{\"type\":\"empty\"}", 16);
        return;
    }
    if (peer->binary)
        make_file(session);
    session_send_model(session, peer);
    session_send_changes(session, peer);
}

void session_restore(struct session *session, struct picture *picture)
{
    const struct view_services *services = &session->view->services;
    picture_move(&session->picture, picture);
    session->parts_of = session->picture.number;
    session->splash = session->picture.model == NULL;
    session->used = view_now(session->view);
    session->view->list_changed = true;
    if (session->picture.parts != NULL)
        services->parts(services->owner, session);
    if (session->picture.model == NULL)
        return;
    /* The process that kept the picture may have ended before the small one was drawn. */
    if (session->picture.thumbnail == NULL)
        session_want_thumbnail(session);
    /* Convert even without browsers: the conversion yields the names for the list of sessions. */
    make_file(session);
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER)
            session_replay(session, peer);
    }
}

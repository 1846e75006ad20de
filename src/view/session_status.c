/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The state that browsers report, thumbnails, and the session's row in lists. */
#include <stdlib.h>
#include <string.h>

#include "view/json_memory.h"
#include "view/session.h"

/* Limit of page views kept for a reload; beyond it the oldest is dropped. */
#define VIEWS_MAX 64

/* Limits in bytes of memory: of the status of one browser, of the merged status of a session, and
 * of the views of its pages. The states of 50,000 parts are 11 MB. */
#define STATUS_MAX ((size_t)16 * 1024 * 1024)
#define STATUS_ALL_MAX ((size_t)32 * 1024 * 1024)
#define VIEWS_ALL_MAX ((size_t)32 * 1024 * 1024)

/* Milliseconds from a change to the request for a thumbnail: by then browsers have drawn it. */
#define THUMBNAIL_DELAY 2000

/* Minimum milliseconds between two thumbnails: drawing one takes the browser's time. */
#define THUMBNAIL_PAUSE 15000

static struct peer *last_page(const struct session *session)
{
    struct peer *last = NULL;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool usable = peer->role == PEER_BROWSER && peer->ours && !peer->read_only;
        if (usable && peer_is_free(peer) && (last == NULL || peer_acted_later(peer, last)))
            last = peer;
    }
    return last;
}

void session_want_thumbnail(struct session *session)
{
    uint64_t due = view_now(session->view) + THUMBNAIL_DELAY;
    if (session->thumbnail_at != 0 && due < session->thumbnail_at + THUMBNAIL_PAUSE)
        due = session->thumbnail_at + THUMBNAIL_PAUSE;
    session->thumbnail_due = due;
}

void session_tick_thumbnail(struct session *session)
{
    if (session->thumbnail_due == 0 || session->picture.model == NULL ||
        view_now(session->view) < session->thumbnail_due)
        return;
    struct peer *page = last_page(session);
    if (page == NULL)
        return;
    session->thumbnail_due = 0;
    session->thumbnail_at = view_now(session->view);
    session->small_asked = session->picture.number;
    peer_send_text(page, "{\"type\":\"thumbnail\"}", 20);
}

void session_draw_thumbnail(struct session *session)
{
    const struct view_services *services = &session->view->services;
    bool wanted = session->thumbnail_due != 0 && !session->splash;
    if (wanted && services->draw_small != NULL)
        services->draw_small(services->owner, session);
}

void session_thumbnail(struct session *session, uint64_t number, struct blob *png)
{
    const struct view_services *services = &session->view->services;
    session->small_of = number;
    session_replace_blob(session, &session->picture.thumbnail, png);
    session->view->list_changed = true;
    if (session->picture.model != NULL)
        services->keep(services->owner, session);
}

/* The keys of the status that make up the view of a page, restored after a reload. */
static const char *const view_keys[] = {
    "position",      "quaternion",
    "target",        "zoom",
    "states",        "tab",
    "ortho",         "transparent",
    "black_edges",   "clip_normal_0",
    "clip_normal_1", "clip_normal_2",
    "clip_slider_0", "clip_slider_1",
    "clip_slider_2", "clip_intersection",
    "clip_planes",   "clip_object_colors",
};

static bool changes_view(json_t *changes)
{
    for (size_t i = 0; i < sizeof(view_keys) / sizeof(view_keys[0]); i++) {
        if (json_object_get(changes, view_keys[i]) != NULL)
            return true;
    }
    return false;
}

json_t *session_view_of(json_t *status)
{
    json_t *view = status == NULL ? NULL : json_object();
    for (size_t i = 0; view != NULL && i < sizeof(view_keys) / sizeof(view_keys[0]); i++) {
        json_t *value = json_object_get(status, view_keys[i]);
        if (value != NULL)
            json_object_set(view, view_keys[i], value);
    }
    return view;
}

/* The view of that page, moved to the newest place; created if there is none. NULL: no memory. */
static json_t *touch_view(struct session *session, const char *id)
{
    json_t *known = json_object_get(session->picture.views, id);
    json_t *view = known == NULL ? json_object() : json_incref(known);
    if (known != NULL)
        json_object_del(session->picture.views, id);
    if (view == NULL || json_object_set_new(session->picture.views, id, view) < 0)
        return NULL;
    if (json_object_size(session->picture.views) > VIEWS_MAX)
        json_object_del(session->picture.views,
                        json_object_iter_key(json_object_iter(session->picture.views)));
    return view;
}

static void remember_view(struct session *session, struct peer *peer, json_t *changes)
{
    if (peer->id[0] == '\0' || !changes_view(changes))
        return;
    json_t *view = touch_view(session, peer->id);
    for (size_t i = 0; view != NULL && i < sizeof(view_keys) / sizeof(view_keys[0]); i++) {
        json_t *value = json_object_get(changes, view_keys[i]);
        if (value != NULL)
            json_object_set(view, view_keys[i], value);
    }
}

/* Whether another browser, used more recently, has reported `key` (any key if NULL). */
static bool used_later(const struct session *session, const struct peer *peer, const char *key)
{
    list_each(pos, next, &session->peers) {
        struct peer *other = list_entry(pos, struct peer, link);
        bool counts = other->role == PEER_BROWSER && other->status != NULL;
        if (counts && peer_acted_later(other, peer) &&
            (key == NULL || json_object_get(other->status, key) != NULL))
            return true;
    }
    return false;
}

/* Merges the changes of a browser that is not the one used last. */
static int merge_some(struct session *session, struct peer *peer, json_t *changes)
{
    const char *key;
    json_t *value;
    int failed = 0;
    json_object_foreach(changes, key, value) {
        if (!used_later(session, peer, key))
            failed |= json_object_set(session->picture.status, key, value);
    }
    return failed;
}

void session_status_left(struct session *session)
{
    struct peer *last = NULL;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool counts = peer->role == PEER_BROWSER && peer->status != NULL;
        if (counts && (last == NULL || peer_acted_later(peer, last)))
            last = peer;
    }
    if (last != NULL)
        json_object_update(session->picture.status, last->status);
}

/* Clears the status of the browser, or of the session, if it exceeds its limit. The session's is
 * then rebuilt from what the browser used last has reported. */
static void bound_status(struct session *session, struct peer *peer, size_t size)
{
    if (json_memory_exceeds(&peer->status_most, peer->status, size, STATUS_MAX)) {
        log_warning(session->view->log, "session", "%s: its status grew too large and is cleared",
                    peer->name);
        json_object_clear(peer->status);
        json_object_clear(session->picture.status);
        json_object_del(session->picture.views, peer->id);
        peer->status_most = 0;
        session_status_left(session);
    }
    if (json_memory_exceeds(&session->status_most, session->picture.status, size, STATUS_ALL_MAX)) {
        log_warning(session->view->log, "session",
                    "session %s: its status grew too large and is cleared", session->name);
        json_object_clear(session->picture.status);
        session_status_left(session);
        session->status_most = json_memory_of(session->picture.status);
    }
}

static void bound_views(struct session *session, size_t size)
{
    while (json_object_size(session->picture.views) > 1 &&
           json_memory_exceeds(&session->views_most, session->picture.views, size, VIEWS_ALL_MAX))
        json_object_del(session->picture.views,
                        json_object_iter_key(json_object_iter(session->picture.views)));
}

void session_status(struct session *session, struct peer *peer, json_t *changes, size_t size)
{
    if (peer->status == NULL)
        peer->status = json_object();
    int failed = json_object_update(peer->status, changes);
    /* The browser used last counts with everything it ever reported, not with these changes alone.
     */
    failed |= used_later(session, peer, NULL)
                  ? merge_some(session, peer, changes)
                  : json_object_update(session->picture.status, peer->status);
    if (failed < 0)
        log_warning(session->view->log, "session", "%s: no memory for status", session->name);
    remember_view(session, peer, changes);
    if (json_object_get(changes, "position") != NULL)
        session->reported = session->picture.number;
    bound_status(session, peer, size);
    bound_views(session, size);
    if (session->thumbnail_due == 0 && changes_view(changes))
        session_want_thumbnail(session);
    if (changes_view(changes))
        view_changed(session, session->view, VIEW_CHANGE_VIEW);
    if (json_object_get(changes, "selected") != NULL ||
        json_object_get(changes, "selectedShapeIDs") != NULL)
        view_changed(session, session->view, VIEW_CHANGE_SELECTION);
    session->used = view_now(session->view);
}

static json_t *model_names(const struct session *session)
{
    json_t *names = json_array();
    if (session->file_state != SESSION_FILE_READY)
        return names;
    for (unsigned i = 0; i < session->file.parts && i < MODEL_NAMES; i++)
        json_array_append_new(names, json_string(session->file.part_names[i]));
    return names;
}

void session_pin(struct session *session, bool pinned)
{
    const struct view_services *services = &session->view->services;
    session->pinned = pinned;
    session->used = view_now(session->view);
    session->view->list_changed = true;
    if (session->picture.model != NULL)
        services->keep(services->owner, session);
}

/* What runs, and for how many seconds already. */
static json_t *run_of(const struct session *session)
{
    if (session->run == NULL)
        return json_null();
    double seconds = (double)(view_now(session->view) - session->run_begun) / 1000;
    return json_pack("{s:s, s:f}", "command", session->run, "seconds", seconds);
}

json_t *session_describe(const struct session *session)
{
    return json_pack("{s:s, s:o, s:I, s:i, s:i, s:s, s:I, s:I, s:I, s:b, s:b, s:I, s:i, s:s?, "
                     "s:b, s:o}",
                     "name", session->name, "models", model_names(session), "when",
                     (json_int_t)session->picture.shown, "browsers", (int)session->browsers,
                     "kernels", (int)session->kernels, "kernel", session->kernel, "kernel_when",
                     (json_int_t)session->drew, "bytes", (json_int_t)session_bytes(session),
                     "history_bytes", (json_int_t)session->history.bytes, "model",
                     session->picture.model != NULL, "picture", session->picture.thumbnail != NULL,
                     "number", (json_int_t)session->picture.number, "port", (int)session->port,
                     "failed", session->refused, "pinned", session->pinned, "run", run_of(session));
}

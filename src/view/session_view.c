/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What browsers say to their session: their state, screenshots, and how lists show it. */
#include <stdlib.h>
#include <string.h>

#include "view/hub.h"
#include "view/session.h"
#include "view/weight.h"

/* Views of pages that are kept for their reload; the oldest goes first. */
#define VIEWS_MAX 64

/* Requests that may wait; the oldest goes first. */
#define SHOTS_MAX 64

/* Bytes of memory for what one browser has reported, for what a session knows of all, and for the
 * views of its pages. The states of 50,000 parts are 11 MB. */
#define STATUS_MAX ((size_t)16 * 1024 * 1024)
#define STATUS_ALL_MAX ((size_t)32 * 1024 * 1024)
#define VIEWS_WEIGHT_MAX ((size_t)32 * 1024 * 1024)

#define SHOT_WAIT 10000   /* milliseconds that a request waits for a browser */
#define SHOT_EXPIRE 60000 /* and, once passed on, for the picture */

struct shot {
    struct list link;
    char *filename;
    struct blob *blob; /* the request, NULL once it was passed on */
    size_t offset;
    uint64_t asked;
    struct weak *browser; /* who has it */
};

void session_forget_shot(struct session *session, struct list *member)
{
    struct shot *shot = list_entry(member, struct shot, link);
    list_remove(&shot->link);
    blob_unref(shot->blob);
    weak_unref(shot->browser);
    free(shot->filename);
    free(shot);
}

struct peer *session_last_browser(const struct session *session)
{
    struct peer *last = NULL;
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool usable = peer->role == PEER_BROWSER && !peer->closing && !peer->read_only;
        if (usable && (last == NULL || peer_acted_later(peer, last)))
            last = peer;
    }
    return last;
}

static bool pass_on(struct session *session, struct shot *shot)
{
    struct peer *browser = session_last_browser(session);
    if (browser == NULL || session_keeps_waiting(session, browser))
        return false;
    weak_unref(shot->browser);
    shot->browser = weak_ref(browser->weak);
    peer_send(browser, shot->blob, shot->offset, MATTER_ANSWER);
    return true;
}

static struct shot *find_shot(struct session *session, const char *filename)
{
    list_each(pos, next, &session->shots)
    {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (strcmp(shot->filename, filename) == 0)
            return shot;
    }
    return NULL;
}

/* Makes room for one request more. */
static void forget_oldest_shot(struct session *session)
{
    unsigned count = 0;
    list_each(pos, next, &session->shots) count++;
    if (count < SHOTS_MAX)
        return;
    log_warning(session->hub->log, "screenshot", "session %s: too many are waiting", session->name);
    session_forget_shot(session, session->shots.next);
}

void session_want_shot(struct session *session, struct blob *blob, size_t offset,
                       const char *filename)
{
    forget_oldest_shot(session);
    struct shot *shot = find_shot(session, filename);
    if (shot != NULL)
        session_forget_shot(session, &shot->link);
    shot = calloc(1, sizeof(*shot));
    char *copy = strdup(filename);
    if (shot == NULL || copy == NULL) {
        log_warning(session->hub->log, "screenshot", "no memory for %s", filename);
        free(shot);
        free(copy);
        return;
    }
    shot->filename = copy;
    shot->blob = blob_ref(blob);
    shot->offset = offset;
    shot->asked = hub_now(session->hub);
    list_append(&session->shots, &shot->link);
    pass_on(session, shot);
}

bool session_take_shot(struct session *session, const char *filename)
{
    struct shot *shot = find_shot(session, filename);
    if (shot == NULL)
        return false;
    session_forget_shot(session, &shot->link);
    return true;
}

void session_shots_lost(struct session *session, struct peer *browser)
{
    list_each(pos, next, &session->shots)
    {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->browser == NULL || weak_get(shot->browser) != NULL)
            continue;
        /* The one who was asked is gone: another one may answer in its place. */
        weak_unref(shot->browser);
        shot->browser = NULL;
    }
}

void session_tick_shots(struct session *session)
{
    uint64_t now = hub_now(session->hub);
    list_each(pos, next, &session->shots)
    {
        struct shot *shot = list_entry(pos, struct shot, link);
        bool passed = shot->browser != NULL || pass_on(session, shot);
        bool open = passed || session_last_browser(session) != NULL;
        if (now - shot->asked < (open ? SHOT_EXPIRE : SHOT_WAIT))
            continue;
        log_warning(session->hub->log, "screenshot", "%s: %s in session %s", shot->filename,
                    open ? "the browser sent no picture" : "no browser is open", session->name);
        session_forget_shot(session, &shot->link);
    }
}

/* Milliseconds after a change until a small picture of it is wanted: by then it is drawn. */
#define THUMBNAIL_DELAY 2000

/* And between two of them: drawing one takes the browser's time. */
#define THUMBNAIL_PAUSE 15000

static struct peer *last_page(const struct session *session)
{
    struct peer *last = NULL;
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool usable = peer->role == PEER_BROWSER && peer->ours && !peer->read_only;
        if (usable && peer_is_free(peer) && (last == NULL || peer_acted_later(peer, last)))
            last = peer;
    }
    return last;
}

void session_want_thumbnail(struct session *session)
{
    uint64_t due = hub_now(session->hub) + THUMBNAIL_DELAY;
    if (session->thumbnail_at != 0 && due < session->thumbnail_at + THUMBNAIL_PAUSE)
        due = session->thumbnail_at + THUMBNAIL_PAUSE;
    session->thumbnail_due = due;
}

void session_tick_thumbnail(struct session *session)
{
    if (session->thumbnail_due == 0 || session->model == NULL ||
        hub_now(session->hub) < session->thumbnail_due)
        return;
    struct peer *page = last_page(session);
    if (page == NULL)
        return;
    session->thumbnail_due = 0;
    session->thumbnail_at = hub_now(session->hub);
    peer_send_text(page, "{\"type\":\"thumbnail\"}", 20);
}

/* What makes the view of a page, and is given back to it after a reload. */
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

/* The view of that page, which becomes the newest of all; NULL: no memory. */
static json_t *newest_view(struct session *session, const char *id)
{
    json_t *known = json_object_get(session->views, id);
    json_t *view = known == NULL ? json_object() : json_incref(known);
    if (known != NULL)
        json_object_del(session->views, id);
    if (view == NULL || json_object_set_new(session->views, id, view) < 0)
        return NULL;
    if (json_object_size(session->views) > VIEWS_MAX)
        json_object_del(session->views, json_object_iter_key(json_object_iter(session->views)));
    return view;
}

static void remember_view(struct session *session, struct peer *peer, json_t *changes)
{
    if (peer->id[0] == '\0' || !changes_view(changes))
        return;
    json_t *view = newest_view(session, peer->id);
    for (size_t i = 0; view != NULL && i < sizeof(view_keys) / sizeof(view_keys[0]); i++) {
        json_t *value = json_object_get(changes, view_keys[i]);
        if (value != NULL)
            json_object_set(view, view_keys[i], value);
    }
}

/* Whether somebody has reported `key`, or anything if it is NULL, who was used later. */
static bool used_later(const struct session *session, const struct peer *peer, const char *key)
{
    list_each(pos, next, &session->peers)
    {
        struct peer *other = list_entry(pos, struct peer, link);
        bool counts = other->role == PEER_BROWSER && other->status != NULL;
        if (counts && peer_acted_later(other, peer) &&
            (key == NULL || json_object_get(other->status, key) != NULL))
            return true;
    }
    return false;
}

/* The changes of a browser that is not the one used last. */
static int merge_some(struct session *session, struct peer *peer, json_t *changes)
{
    const char *key;
    json_t *value;
    int failed = 0;
    json_object_foreach(changes, key, value)
    {
        if (!used_later(session, peer, key))
            failed |= json_object_set(session->status, key, value);
    }
    return failed;
}

void session_status_left(struct session *session)
{
    struct peer *last = NULL;
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool counts = peer->role == PEER_BROWSER && peer->status != NULL;
        if (counts && (last == NULL || peer_acted_later(peer, last)))
            last = peer;
    }
    if (last != NULL)
        json_object_update(session->status, last->status);
}

/* What is over a limit is forgotten, and what the browser used last says stays. */
static void bound_status(struct session *session, struct peer *peer, size_t size)
{
    if (weight_exceeds(&peer->status_most, peer->status, size, STATUS_MAX)) {
        log_warning(session->hub->log, "session", "%s: it reported too much, which is forgotten",
                    peer->name);
        json_object_clear(peer->status);
        json_object_clear(session->status);
        json_object_del(session->views, peer->id);
        peer->status_most = 0;
        session_status_left(session);
    }
    if (weight_exceeds(&session->status_most, session->status, size, STATUS_ALL_MAX)) {
        log_warning(session->hub->log, "session",
                    "session %s: its browsers reported too much, which is forgotten",
                    session->name);
        json_object_clear(session->status);
        session_status_left(session);
        session->status_most = weight_of(session->status);
    }
}

static void bound_views(struct session *session, size_t size)
{
    while (json_object_size(session->views) > 1 &&
           weight_exceeds(&session->views_most, session->views, size, VIEWS_WEIGHT_MAX))
        json_object_del(session->views, json_object_iter_key(json_object_iter(session->views)));
}

void session_status(struct session *session, struct peer *peer, json_t *changes, size_t size)
{
    if (peer->status == NULL)
        peer->status = json_object();
    int failed = json_object_update(peer->status, changes);
    /* Whoever is used last now shows with all that it ever reported, not with these alone. */
    failed |= used_later(session, peer, NULL) ? merge_some(session, peer, changes)
                                              : json_object_update(session->status, peer->status);
    if (failed < 0)
        log_warning(session->hub->log, "session", "%s: no memory for status", session->name);
    remember_view(session, peer, changes);
    bound_status(session, peer, size);
    bound_views(session, size);
    if (session->thumbnail_due == 0 && changes_view(changes))
        session_want_thumbnail(session);
    session->used = hub_now(session->hub);
}

static json_t *model_names(const struct session *session)
{
    json_t *names = json_array();
    if (session->file_state != FILE_READY)
        return names;
    for (unsigned i = 0; i < session->file.parts && i < MODEL_NAMES; i++)
        json_array_append_new(names, json_string(session->file.part_names[i]));
    return names;
}

json_t *session_describe(const struct session *session)
{
    return json_pack("{s:s, s:o, s:I, s:i, s:i, s:I, s:b, s:b, s:I}", "name", session->name,
                     "models", model_names(session), "when", (json_int_t)session->shown, "browsers",
                     (int)session->browsers, "kernels", (int)session->kernels, "bytes",
                     (json_int_t)session_bytes(session), "model", session->model != NULL, "picture",
                     session->thumbnail != NULL, "number", (json_int_t)session->number);
}

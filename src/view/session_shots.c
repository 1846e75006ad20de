/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/session_shots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/relay.h"
#include "view/session.h"

/* Limit of pending requests; beyond it the oldest is dropped. */
#define SHOTS_MAX 64

#define SHOT_WAIT 10000 /* milliseconds that a request waits for a browser */
/* Milliseconds after which a picture is drawn without a browser: one that has lost its connection
 * may be back by then, and its picture is the page's own. */
#define SHOT_ALONE 1000
#define SHOT_EXPIRE 60000 /* milliseconds that a browser has to answer */

struct shot {
    struct list link;
    char *filename;
    struct blob *blob; /* the request */
    uint64_t since;    /* milliseconds: time of the request, or of its browser's last answer */
    uint64_t number;   /* of the picture that it is to show */
    struct weak_pointer *sender;  /* the kernel that was sending a model at that time; NULL: none */
    struct weak_pointer *browser; /* the browser that was asked; NULL: none so far */
    struct weak_pointer **failed; /* browsers that could not draw it */
    size_t failed_count;
    struct blob *file; /* of the model, once that is replaced; NULL: not held */
    char hash[33];     /* its name */
};

static void forget(struct shot *shot)
{
    list_remove(&shot->link);
    blob_unref(shot->blob);
    blob_unref(shot->file);
    weak_pointer_unref(shot->sender);
    weak_pointer_unref(shot->browser);
    for (size_t i = 0; i < shot->failed_count; i++)
        weak_pointer_unref(shot->failed[i]);
    free(shot->failed);
    free(shot->filename);
    free(shot);
}

static void give_up(struct session *session, struct shot *shot, const char *why)
{
    log_warning(session->view->log, "screenshot", "%s: not taken, session %s: %s", shot->filename,
                session->name, why);
    const struct view_services *services = &session->view->services;
    if (services->shot_lost != NULL)
        services->shot_lost(services->owner, shot->filename, why);
    forget(shot);
}

void session_shots_free(struct session *session)
{
    list_each(pos, next, &session->shots)
        forget(list_entry(pos, struct shot, link));
}

/* Has the picture drawn here if no browser is connected. True: the request is over. */
static bool draw_here(struct session *session, struct shot *shot)
{
    const struct view_services *services = &session->view->services;
    if (services->draw_shot == NULL || session->browsers > 0 || shot->sender != NULL ||
        shot->browser != NULL || session->picture.model == NULL ||
        shot->number != session->picture.number)
        return false;
    services->draw_shot(services->owner, session, shot->filename);
    forget(shot);
    return true;
}

static bool has_failed(const struct shot *shot, const struct peer *peer)
{
    for (size_t i = 0; i < shot->failed_count; i++) {
        if (weak_pointer_get(shot->failed[i]) == peer)
            return true;
    }
    return false;
}

/* Whether to prefer `peer` over `other`: a browser that can draw, then one that is not read-only,
 * then the one used last. */
static bool is_preferred(const struct peer *peer, const struct peer *other)
{
    if (peer->cannot_draw != other->cannot_draw)
        return other->cannot_draw;
    if (peer->read_only != other->read_only)
        return other->read_only;
    return peer_acted_later(peer, other);
}

static struct peer *choose(const struct session *session, const struct shot *shot)
{
    struct peer *best = NULL;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        bool usable = peer->role == PEER_BROWSER && !peer->closing && !has_failed(shot, peer);
        if (usable && (best == NULL || is_preferred(peer, best)))
            best = peer;
    }
    return best;
}

/* Sends the request to a browser. False: none can be asked yet. */
static bool pass_on(struct session *session, struct shot *shot)
{
    struct peer *browser = shot->sender != NULL ? NULL : choose(session, shot);
    if (browser == NULL)
        return false;
    /* A newer picture is being relayed to it: end that, so that it follows whole after the request.
     */
    relay_break(browser);
    weak_pointer_unref(shot->browser);
    shot->browser = weak_pointer_ref(browser->weak);
    peer_send(browser, shot->blob, PEER_MATTER_SHOT);
    return true;
}

/* The oldest request for that file that `browser` was asked for; of all if `browser` is NULL. */
static struct shot *find(const struct session *session, const struct peer *browser,
                         const char *filename)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (strcmp(shot->filename, filename) == 0 &&
            (browser == NULL || weak_pointer_get(shot->browser) == browser))
            return shot;
    }
    return NULL;
}

/* Makes room for another request. */
static void forget_oldest(struct session *session)
{
    unsigned count = 0;
    list_each(pos, next, &session->shots)
        count++;
    if (count >= SHOTS_MAX)
        give_up(session, list_entry(session->shots.next, struct shot, link),
                "too many are waiting");
}

/* A kernel whose model is being received: it began before the screenshot was requested, so the
 * request is for that model. NULL: none. */
static struct weak_pointer *incoming(const struct session *session)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->incoming)
            return weak_pointer_ref(peer->weak);
    }
    return NULL;
}

void session_shots_want(struct session *session, struct blob *blob, const char *filename)
{
    struct shot *same = find(session, NULL, filename);
    if (same != NULL && same->browser == NULL)
        forget(same);
    forget_oldest(session);
    struct shot *shot = calloc(1, sizeof(*shot));
    char *copy = strdup(filename);
    if (shot == NULL || copy == NULL) {
        log_warning(session->view->log, "screenshot", "no memory for %s", filename);
        free(shot);
        free(copy);
        return;
    }
    shot->filename = copy;
    shot->blob = blob_ref(blob);
    shot->since = view_now(session->view);
    shot->number = session->picture.number;
    shot->sender = incoming(session);
    list_append(&session->shots, &shot->link);
    if (!pass_on(session, shot) && session->browsers == 0)
        log_warning(session->view->log, "screenshot",
                    "%s: no browser is open in session %s; waiting %d s", filename, session->name,
                    SHOT_WAIT / 1000);
}

/* `browser` has answered one request: restarts the timeout of its other requests. */
static void renew(struct session *session, const struct peer *browser)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (weak_pointer_get(shot->browser) == browser)
            shot->since = view_now(session->view);
    }
}

enum session_shots_answer session_shots_take(struct session *session, struct peer *browser,
                                             const char *filename)
{
    struct shot *shot = find(session, browser, filename);
    if (shot == NULL && !browser->read_only)
        shot = find(session, NULL, filename);
    if (shot == NULL)
        return SESSION_SHOTS_UNWANTED;
    uint64_t number = shot->number;
    forget(shot);
    renew(session, browser);
    browser->cannot_draw = false;
    struct shot *newer = find(session, NULL, filename);
    if (newer == NULL || newer->number == number)
        return SESSION_SHOTS_WRITE;
    log_info(session->view->log, "screenshot",
             "%s: not written, a newer request names the same file", filename);
    return SESSION_SHOTS_SUPERSEDED;
}

/* Records that `browser` could not draw it. False if there is no memory: the request must end then,
 * as the browser would be asked again. */
static bool note_failure(struct shot *shot, struct peer *browser)
{
    struct weak_pointer **more =
        realloc(shot->failed, (shot->failed_count + 1) * sizeof(struct weak_pointer *));
    if (more == NULL)
        return false;
    shot->failed = more;
    shot->failed[shot->failed_count++] = weak_pointer_ref(browser->weak);
    weak_pointer_unref(shot->browser);
    shot->browser = NULL;
    return true;
}

const char *session_shots_failed(struct session *session, struct peer *browser,
                                 const char *filename, const char *reason)
{
    char why[300];
    struct shot *shot = find(session, browser, filename);
    if (shot == NULL)
        return "no screenshot was asked of this browser";
    browser->cannot_draw = true;
    renew(session, browser);
    bool same = shot->number == session->picture.number;
    bool noted = note_failure(shot, browser);
    if (noted && same && choose(session, shot) != NULL) {
        log_info(session->view->log, "screenshot",
                 "%s: %s cannot draw it (%.200s), the next browser is asked", filename,
                 browser->name, reason);
        pass_on(session, shot);
        return NULL;
    }
    snprintf(why, sizeof(why), "%s: %.200s",
             same ? "no window can draw it"
                  : "its window cannot draw it, others show a newer picture",
             reason);
    give_up(session, shot, why);
    return NULL;
}

void session_shots_replaced(struct session *session)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->number != session->picture.number || shot->sender != NULL)
            continue;
        struct peer *browser = weak_pointer_get(shot->browser);
        if (draw_here(session, shot))
            continue;
        if (browser == NULL) {
            give_up(session, shot, "its picture was replaced before a browser came");
        } else if (browser->binary && session->file_state == SESSION_FILE_READY &&
                   shot->file == NULL) {
            shot->file = blob_ref(session->file.bytes);
            memcpy(shot->hash, session->file.hash, sizeof(shot->hash));
        }
    }
}

void session_shots_dropped(struct session *session, struct peer *browser, const struct blob *blob)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->blob == blob && weak_pointer_get(shot->browser) == browser) {
            give_up(session, shot, "its browser is too far behind, and the picture is gone");
            return;
        }
    }
}

void session_shots_arrived(struct session *session, const struct peer *sender)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        struct peer *waits = weak_pointer_get(shot->sender);
        if (shot->sender == NULL || (waits != NULL && waits != sender))
            continue;
        weak_pointer_unref(shot->sender);
        shot->sender = NULL;
        shot->number = session->picture.number;
        pass_on(session, shot);
    }
}

void session_shots_lost(struct session *session)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->browser == NULL || weak_pointer_get(shot->browser) != NULL)
            continue;
        weak_pointer_unref(shot->browser);
        shot->browser = NULL;
    }
}

static void tick_shot(struct session *session, struct shot *shot, uint64_t now)
{
    bool waits = shot->browser == NULL && shot->sender == NULL;
    if (now - shot->since >= SHOT_ALONE && draw_here(session, shot))
        return;
    if (waits && shot->number != session->picture.number) {
        give_up(session, shot, "its browser left, and the picture was replaced");
        return;
    }
    bool open = !waits || pass_on(session, shot);
    if (now - shot->since >= (open ? SHOT_EXPIRE : SHOT_WAIT))
        give_up(session, shot, open ? "the browser sent no picture" : "no browser is open");
}

void session_shots_tick(struct session *session)
{
    uint64_t now = view_now(session->view);
    list_each(pos, next, &session->shots)
        tick_shot(session, list_entry(pos, struct shot, link), now);
}

void session_shots_shed(struct session *session)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->file != NULL)
            give_up(session, shot, "memory is short, and its picture was replaced");
    }
}

struct blob *session_shots_file(const struct session *session, const char *hash)
{
    list_each(pos, next, &session->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (shot->file != NULL && strcmp(shot->hash, hash) == 0)
            return shot->file;
    }
    return NULL;
}

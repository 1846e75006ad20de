/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/session_lead.h"

#include "view/json_memory.h"
#include "view/session.h"

/* Most memory of a view that is kept for pages that come later. */
#define VIEW_MOST ((size_t)4 << 20)

static bool is_page(const struct peer *peer)
{
    return peer->role == PEER_BROWSER && peer->ours;
}

/* Who leads, as that page is told. */
static void tell(struct peer *peer)
{
    const struct peer *leader = peer->session->leader;
    const char *who = leader == NULL ? "none" : leader == peer ? "you" : "other";
    json_t *said = json_pack("{s:s, s:s}", "type", "presenter", "leads", who);
    peer_send_json(peer, said);
    json_decref(said);
}

static void tell_all(struct session *session)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (is_page(peer))
            tell(peer);
    }
}

static void pass_on(struct session *session)
{
    json_t *follow = json_pack("{s:s, s:o}", "type", "follow", "view", session->led);
    session->led = NULL;
    session->led_at = view_now(session->view);
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (is_page(peer) && peer != session->leader)
            peer_send_json(peer, follow);
    }
    json_decref(follow);
}

static void forget(struct session *session)
{
    json_decref(session->led);
    json_decref(session->led_all);
    session->led = NULL;
    session->led_all = NULL;
}

static void set_leader(struct session *session, struct peer *leader)
{
    if (session->leader == leader)
        return;
    session->leader = leader;
    forget(session);
    tell_all(session);
}

/* Of what a page leads with, its view, and the picture before that it looks at (0: the last one). A
 * new reference; NULL: no memory. */
static json_t *changes_of(json_t *said)
{
    json_t *changes = session_view_of(said);
    json_t *step = json_object_get(said, "step");
    if (changes != NULL && json_is_integer(step) && json_integer_value(step) >= 0)
        json_object_set(changes, "step", step);
    return changes;
}

/* Adds the changes to an object that may not be there yet. */
static int add(json_t **to, json_t *changes)
{
    if (*to == NULL)
        *to = json_object();
    return *to == NULL ? -1 : json_object_update(*to, changes);
}

const char *session_lead(struct peer *peer, json_t *view)
{
    struct session *session = peer->session;
    if (json_is_null(view)) {
        if (session->leader == peer)
            set_leader(session, NULL);
        return NULL;
    }
    json_t *changes = json_is_object(view) ? changes_of(view) : NULL;
    if (changes == NULL || !peer->ours) {
        json_decref(changes);
        return "lead without a view, or from no page of ours";
    }
    set_leader(session, peer);
    bool none = json_object_size(changes) == 0;
    if (!none && (add(&session->led, changes) < 0 || add(&session->led_all, changes) < 0))
        log_warning(session->view->log, "session", "%s: no memory for a view", session->name);
    json_decref(changes);
    if (none)
        return NULL;
    if (session->led_all != NULL && json_memory_of(session->led_all) > VIEW_MOST)
        json_object_clear(session->led_all);
    if (view_now(session->view) - session->led_at >= SESSION_LEAD_PAUSE)
        pass_on(session);
    return NULL;
}

void session_lead_greet(struct peer *peer)
{
    const struct session *session = peer->session;
    if (session->leader == NULL)
        return;
    tell(peer);
    json_t *status = session->leader->status;
    json_t *view = status == NULL ? json_object() : session_view_of(status);
    if (view != NULL && session->led_all != NULL)
        json_object_update(view, session->led_all);
    json_t *follow = view == NULL ? NULL : json_pack("{s:s, s:o}", "type", "follow", "view", view);
    if (follow != NULL && session->leader != peer)
        peer_send_json(peer, follow);
    json_decref(follow);
}

void session_lead_left(struct session *session, const struct peer *peer)
{
    if (session->leader != peer)
        return;
    session->leader = NULL;
    session->leader_left = true;
    forget(session);
}

void session_lead_tick(struct session *session)
{
    if (session->leader_left)
        tell_all(session);
    session->leader_left = false;
    if (session->led != NULL)
        pass_on(session);
}

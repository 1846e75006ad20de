/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/session_lead.h"

#include "view/session.h"

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

static void set_leader(struct session *session, struct peer *leader)
{
    if (session->leader == leader)
        return;
    session->leader = leader;
    json_decref(session->led);
    session->led = NULL;
    tell_all(session);
}

const char *session_lead(struct peer *peer, json_t *view)
{
    struct session *session = peer->session;
    if (json_is_null(view)) {
        if (session->leader == peer)
            set_leader(session, NULL);
        return NULL;
    }
    json_t *changes = json_is_object(view) ? session_view_of(view) : NULL;
    if (changes == NULL || !peer->ours)
        return "lead without a view, or from no page of ours";
    set_leader(session, peer);
    if (json_object_size(changes) == 0) {
        json_decref(changes);
        return NULL;
    }
    if (session->led == NULL)
        session->led = changes;
    else if (json_object_update(session->led, changes) < 0)
        log_warning(session->view->log, "session", "%s: no memory for a view", session->name);
    if (session->led != changes)
        json_decref(changes);
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
    json_t *view = session_view_of(session->leader->status);
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
    json_decref(session->led);
    session->led = NULL;
}

void session_lead_tick(struct session *session)
{
    if (session->leader_left)
        tell_all(session);
    session->leader_left = false;
    if (session->led != NULL)
        pass_on(session);
}

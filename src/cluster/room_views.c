/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* How each page looks at a session: it finds that again at another node. */
#include "cluster/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

#define VIEW_MOST (64 * 1024) /* longest view that is shared, in bytes */

/* A page that came, and whose view is asked for. */
struct view_question {
    struct room *room; /* a reference */
    char id[65];
};

static void views_key(const struct room *room, char key[PIECES_BASE])
{
    snprintf(key, PIECES_BASE, "%s{%s}:v", room->node->options.prefix, room->name);
}

static bool has_view(const struct peer *peer)
{
    return peer->role == PEER_BROWSER && peer->ours && peer->id[0] != '\0' && !peer->closing;
}

static json_int_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037U;
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    return (json_int_t)hash;
}

/* ---- to the engine ---- */

static void push(struct room *room, const char *id, const json_t *view)
{
    char key[PIECES_BASE];
    struct node *node = room->node;
    char *text = json_dumps(view, JSON_COMPACT);
    json_int_t hash = text == NULL ? 0 : hash_of(text);
    if (text != NULL && strlen(text) <= VIEW_MOST &&
        json_integer_value(json_object_get(room->views.told, id)) != hash) {
        views_key(room, key);
        node_say(
            node, &node->commands,
            (const char *const[]){ "EVALSHA", node->script, "1", key, "view", id, text, NULL });
        json_object_set_new(room->views.told, id, json_integer(hash));
    }
    free(text);
}

void room_views_push(struct room *room)
{
    const struct session *session = room_session(room);
    if (!room->views.due || session == NULL || !node_is_ready(room->node))
        return;
    room->views.due = false;
    if (room->views.told == NULL)
        room->views.told = json_object();
    list_each(pos, next, &session->peers) {
        const struct peer *peer = list_entry(pos, struct peer, link);
        const json_t *view = json_object_get(session->picture.views, peer->id);
        if (has_view(peer) && view != NULL)
            push(room, peer->id, view);
    }
}

/* ---- from the engine ---- */

/* The page gets the view for the model that follows: the one that it will get, or the one that it
 * has, once more. */
static void restore(struct session *session, struct peer *peer, json_t *view)
{
    json_t *message = json_pack("{s:s, s:O}", "type", "restore", "view", view);
    peer_send_json(peer, message);
    json_decref(message);
    if (session->picture.model != NULL)
        session_replay(session, peer);
}

static void take(struct room *room, const char *id, json_t *view)
{
    struct session *session = room_session(room);
    const json_t *own = json_object_get(session->picture.views, id);
    if (!json_is_object(view) || (own != NULL && json_equal(own, view)))
        return;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        /* One that has reported its view since knows better. */
        if (!has_view(peer) || strcmp(peer->id, id) != 0 ||
            json_object_get(peer->status, "position") != NULL)
            continue;
        json_object_set(session->picture.views, id, view);
        restore(session, peer, view);
    }
}

static void on_view(void *arg, struct resp *reply)
{
    struct view_question *question = arg;
    struct room *room = question->room;
    room->views.asked--;
    bool goes_on = room_release(room);
    if (goes_on && reply != NULL && reply->kind == RESP_STRING_VALUE && reply->size <= VIEW_MOST) {
        json_t *view = json_loadb(reply->data, reply->size, 0, NULL);
        take(room, question->id, view);
        json_decref(view);
    }
    /* The picture waited for it. */
    if (goes_on)
        node_soon(room->node);
    free(question);
}

static bool ask(struct room *room, const char *id)
{
    char key[PIECES_BASE];
    struct view_question *question = calloc(1, sizeof(*question));
    if (question == NULL)
        return false;
    question->room = room;
    snprintf(question->id, sizeof(question->id), "%s", id);
    views_key(room, key);
    if (link_ask_text(&room->node->commands, (const char *const[]){ "HGET", key, id, NULL },
                      on_view, question) < 0) {
        free(question);
        return false;
    }
    room->refs++;
    room->views.asked++;
    return true;
}

void room_views_ask(struct room *room)
{
    const struct session *session = room_session(room);
    if (!room->views.come || session == NULL || !node_is_ready(room->node))
        return;
    room->views.come = false;
    json_t *here = json_object();
    list_each(pos, next, &session->peers) {
        const struct peer *peer = list_entry(pos, struct peer, link);
        if (has_view(peer) &&
            (json_object_get(room->views.here, peer->id) != NULL || ask(room, peer->id)))
            json_object_set_new(here, peer->id, json_true());
    }
    json_decref(room->views.here);
    room->views.here = here;
}

void room_views_free(struct room *room)
{
    json_decref(room->views.here);
    json_decref(room->views.told);
}

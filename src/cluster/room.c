/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

/* Milliseconds for which a session is followed after its last page: it may come back, and a visit
 * may be too short for its picture to arrive. */
#define VISIT 10000

/* Milliseconds for which a session that was cleared is kept until the engine is told. */
#define KEPT 600000

struct session *room_session(const struct room *room)
{
    return room->gone ? NULL : room->session;
}

bool room_is_here(const struct room *room)
{
    const struct session *session = room_session(room);
    return session != NULL && room->number != 0 && session->picture.number == room->number;
}

struct room *room_new(struct node *node, struct session *session)
{
    struct room *room = calloc(1, sizeof(*room));
    if (room == NULL)
        return NULL;
    room->node = node;
    room->session = session;
    snprintf(room->name, sizeof(room->name), "%s", session->name);
    list_append(&node->rooms, &room->link);
    return room;
}

static void room_free(struct room *room)
{
    room_forget_changes(room);
    room_parts_forget(room);
    room_views_free(room);
    blob_unref(room->parts.old);
    free(room->here);
    free(room);
}

bool room_release(struct room *room)
{
    struct node *node = room->node;
    bool goes_on = !room->gone && !node->closing;
    room->refs--;
    if (room->gone && room->refs == 0)
        room_free(room);
    node_settle(node);
    return goes_on;
}

void room_channel(const struct room *room, char out[PIECES_BASE])
{
    snprintf(out, PIECES_BASE, "%s{%s}:n", room->node->options.prefix, room->name);
}

struct pieces room_pieces(const struct room *room, uint64_t size)
{
    struct node *node = room->node;
    struct pieces pieces = { .link = size <= PIECES_SMALL ? &node->commands : &node->bulk,
                             .jobs = &node->jobs };
    snprintf(pieces.base, sizeof(pieces.base), "%s{%s}:b:", room->node->options.prefix, room->name);
    return pieces;
}

/* ---- subscribing ---- */

static void on_subscribed(void *arg, struct resp *reply)
{
    struct room *room = arg;
    /* What was published before is read now, what is published later will be heard. */
    if (room_release(room) && reply != NULL && room->subscribed)
        room_look(room);
}

bool room_is_followed(const struct room *room)
{
    return room->visited != 0 && uv_now(room->node->loop) < room->visited + VISIT;
}

static void follow(struct room *room, bool wanted)
{
    char channel[PIECES_BASE];
    struct link *link = &room->node->notices;
    if (room->subscribed == wanted || !link_is_ready(link))
        return;
    room_channel(room, channel);
    const char *const words[] = { wanted ? "SUBSCRIBE" : "UNSUBSCRIBE", channel, NULL };
    if (link_ask_text(link, words, on_subscribed, room) < 0)
        return;
    room->refs++;
    room->subscribed = wanted;
}

void room_end(struct room *room)
{
    follow(room, false);
    list_remove(&room->link);
    room->gone = true;
    if (room->here != NULL)
        room_tell_here(room, false);
    if (room->refs == 0)
        room_free(room);
}

/* ---- answers ---- */

const struct resp *room_value(const struct resp *pairs, const char *name)
{
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        if (pairs->items[i].kind == RESP_STRING_VALUE &&
            pairs->items[i + 1].kind == RESP_STRING_VALUE &&
            strcmp(pairs->items[i].data, name) == 0)
            return &pairs->items[i + 1];
    }
    return NULL;
}

uint64_t room_number(const struct resp *pairs, const char *name)
{
    const struct resp *value = room_value(pairs, name);
    return value == NULL ? 0 : strtoull(value->data, NULL, 10);
}

/* ---- looking ---- */

bool room_answered(struct room *room, const struct resp *reply)
{
    struct node *node = room->node;
    if (reply == NULL)
        return false;
    if (reply->kind == RESP_ARRAY && reply->count >= 3 &&
        reply->items[0].kind == RESP_STRING_VALUE && reply->items[1].kind == RESP_STRING_VALUE &&
        reply->items[2].kind == RESP_INTEGER)
        return true;
    bool full = reply->kind == RESP_ERROR && strncmp(reply->data, "OOM", 3) == 0;
    if (full)
        node_full(node, true);
    else
        link_fail(&node->commands,
                  reply->kind == RESP_ERROR ? reply->data : "the script's answer is wrong");
    return false;
}

static void on_look(void *arg, struct resp *reply)
{
    struct room *room = arg;
    bool answered = room_answered(room, reply);
    room->looking = false;
    if (!room_release(room) || !answered)
        return;
    room->known = true;
    room->node->lag = uv_now(room->node->loop) - room->looked;
    if (strcmp(reply->items[0].data, "same") == 0)
        room->behind = 0;
    else
        room_take(room, &reply->items[1], reply->count - 1);
    if (room->look_again)
        room_look(room);
    node_soon(room->node);
}

void room_look(struct room *room)
{
    struct room_call call = { 0 };
    room->look_again = room->looking;
    if (room->looking || !node_is_ready(room->node))
        return;
    room->looked = uv_now(room->node->loop);
    room_call_begin(&call, room, room->lost ? "lost" : "look");
    room_call_add_text(&call, room->whole ? "" : room->epoch);
    room_call_add_number(&call, room->seq);
    room_call_add_number(&call, room->stamp);
    room->lost = false;
    room->looking = room_call_make(&call, room, on_look) == 0;
}

void room_ready(struct room *room)
{
    room->known = false;
    room->retry_at = 0;
    /* It may be another engine with the same history, which came as far with other shows. */
    room->whole = true;
    room_look(room);
}

/* ---- what happened here ---- */

/* The session has another picture than the newest show that was known. */
static void begin_show(struct room *room, const struct session *session)
{
    struct node *node = room->node;
    const struct picture *picture = &session->picture;
    /* One from the disk has its time. */
    uint64_t stored = (uint64_t)picture->shown * 1000;
    room->stamp = room->shown != 0 ? room->shown : node_stamp(node, stored);
    room->number = picture->number;
    room->shown = 0;
    snprintf(room->author, sizeof(room->author), "%s", node->options.name);
    room->hash[0] = '\0';
    room->asked = 0;
    room->due = true;
    room->again = false;
    room->retry_at = 0;
    room->dropped = false;
    room->want = (struct node_want){ 0 };
    room->lost = false;
    room_forget_changes(room);
    room_parts_forget(room);
}

/* The picture was given up to save memory: the engine may have it. */
static void dropped(struct room *room)
{
    room->number = 0;
    room->due = false;
    room->dropped = true;
    room->whole = true;
    room_forget_changes(room);
}

static void compare(struct room *room, struct session *session)
{
    const struct picture *picture = &session->picture;
    /* A picture from the disk has a time of this machine's clock. */
    bool restored = room->number == 0 && room->stamp == 0 && picture->model != NULL;
    if (room->shown != 0 || (restored && room->node->clock.known))
        begin_show(room, session);
    else if (room->number != 0 && picture->number != room->number)
        dropped(room);
    if (room_is_here(room) && !room->due && !room->busy)
        room_send_changes(room, session);
}

/* A clear is not lost because the engine cannot be reached for a while. */
static void keep_clear(const struct room *room, struct session *session)
{
    session->kept =
        room->due && room->node->clock.known && uv_now(room->node->loop) < session->used + KEPT;
}

void room_work(struct room *room)
{
    struct session *session = room_session(room);
    if (session == NULL)
        return;
    if (session->browsers > 0)
        room->visited = uv_now(room->node->loop) + 1;
    follow(room, room_is_followed(room));
    compare(room, session);
    keep_clear(room, session);
    if (!room->known && !room->looking)
        room_look(room);
    room_views_ask(room);
    room_push(room);
    room_parts_push(room);
    room_fetch(room);
    room_parts_fetch(room);
}

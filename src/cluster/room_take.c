/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What the engine has of a session becomes what this node knows. */
#include "cluster/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

/* Looks that find the engine without a show that is not here: the nodes that may have it give it
 * back before. */
#define LOST_AFTER 3

static const char *text_of(const struct resp *pairs, const char *name)
{
    const struct resp *value = room_value(pairs, name);
    return value == NULL ? "" : value->data;
}

static bool is_hash(const char *text)
{
    return text[0] == '\0' || (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64);
}

/* The engine has lost this show, or never had it: it gets it, from the node that made it at once,
 * from another one if it still has not got it at the next look. */
static void repair(struct room *room)
{
    bool mine = strcmp(room->author, room->node->options.name) == 0;
    if (!room_is_here(room) || room->due || (!mine && room->behind++ == 0))
        return;
    log_info(room->node->log, "cluster", "session %s: given to the engine again", room->name);
    room->due = true;
    room->again = true;
}

/* The engine has lost a show that is not here either, and no other node has given it back: the
 * newest one that is here counts again. If a node has the lost one after all, that is newer. */
static void fall_back(struct room *room, const struct session *session)
{
    bool has = room->held.number != 0 && session->picture.number == room->held.number;
    if (room->number != 0 || room->stamp == 0 || room->behind++ < LOST_AFTER)
        return;
    log_warning(room->node->log, "cluster", "session %s: the picture of node %s is lost%s",
                room->name, room->author, has ? "; the one before is shown" : "");
    room->stamp = has ? room->held.stamp : 0;
    room->number = has ? room->held.number : 0;
    snprintf(room->author, sizeof(room->author), "%s", has ? room->held.author : "");
    room->hash[0] = '\0';
    room->behind = 0;
    /* No engine is there, so that the next look says all. */
    room->epoch[0] = '\0';
    room->seq = 1;
    room_forget_changes(room);
}

/* What the session shows is kept in mind, until the newer one is here. */
static void hold(struct room *room)
{
    if (!room_is_here(room))
        return;
    room->held.stamp = room->stamp;
    room->held.number = room->number;
    snprintf(room->held.author, sizeof(room->held.author), "%s", room->author);
}

/* A newer show than any that this node knows. False: it is none. */
static bool take_show(struct room *room, struct session *session, const struct resp *show)
{
    struct node *node = room->node;
    const char *hash = text_of(show, "model");
    uint64_t stamp = room_number(show, "stamp");
    const char *author = text_of(show, "node");
    if (!is_hash(hash) || !node_name_ok(author) || !node_stamp_seen(node, stamp))
        return false;
    hold(room);
    room->behind = 0;
    room->stamp = stamp;
    snprintf(room->author, sizeof(room->author), "%s", author);
    snprintf(room->hash, sizeof(room->hash), "%s", hash);
    room->size = room_number(show, "size");
    room->number = 0;
    room->want = (struct node_want){ 0 };
    room->lost = false;
    room->asked = 0;
    room->due = false;
    room->whole = hash[0] != '\0';
    room->dropped = false;
    room_forget_changes(room);
    room_parts_forget(room);
    log_debug(node->log, "cluster", "session %s: node %s has shown", room->name, room->author);
    if (hash[0] == '\0')
        room_clear(room, session);
    return true;
}

/* Where the exact geometry of the show is. */
static void take_parts(struct room *room, const struct resp *show)
{
    const char *hash = text_of(show, "parts");
    if (!is_hash(hash) || strcmp(hash, room->parts.hash) == 0)
        return;
    /* If the engine has lost it, it is given what is here. */
    if (hash[0] == '\0')
        room_parts_forget(room);
    snprintf(room->parts.hash, sizeof(room->parts.hash), "%s", hash);
    room->parts.size = room_number(show, "parts_size");
}

void room_take(struct room *room, const struct resp *items, size_t count)
{
    struct session *session = room_session(room);
    if (session == NULL || count < 4 || items[2].kind != RESP_ARRAY || items[3].kind != RESP_ARRAY)
        return;
    uint64_t stamp = room_number(&items[2], "stamp");
    uint64_t seq = (uint64_t)items[1].integer;
    if (stamp > room->stamp && !take_show(room, session, &items[2]))
        return;
    if (stamp < room->stamp ||
        (stamp > 0 && strcmp(items[0].data, room->epoch) == 0 && seq < room->seq))
        repair(room);
    if (stamp < room->stamp) {
        fall_back(room, session);
        return;
    }
    if (stamp > 0)
        room->behind = 0;
    take_parts(room, &items[2]);
    /* The engine may have taken a change from here after it said this. */
    if (room->changing > 0) {
        room->whole = true;
        return;
    }
    snprintf(room->epoch, sizeof(room->epoch), "%.32s", items[0].data);
    room->seq = seq;
    if (room_is_here(room) && !room->due) {
        room->whole = false;
        room_take_changes(room, session, &items[3]);
    }
}

void room_hear(struct room *room, const char *text)
{
    char kind[16] = "";
    char what[NODE_NAME] = "";
    if (sscanf(text, "%*u %15s %127s", kind, what) != 2)
        return;
    if (strcmp(what, room->node->options.name) != 0)
        room_look(room);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What was shown here goes to the engine. */
#include "cluster/room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "view/session.h"

/* Milliseconds until a show is tried again: that the engine had no room for, or did not take. */
#define RETRY_FULL 30000
#define RETRY 2000

static uint64_t now(const struct room *room)
{
    return uv_now(room->node->loop);
}

/* The show stays due. */
static void failed(struct room *room, int error)
{
    char why[64];
    bool full = error == PIECES_FULL;
    room->busy = false;
    room->retry_at = now(room) + (full ? RETRY_FULL : RETRY);
    if (full)
        node_full(room->node, true);
    else
        log_debug(room->node->log, "cluster", "session %s: not given to the engine: %s", room->name,
                  error_text(error, why, sizeof(why)));
}

/* ---- the show ---- */

static void on_shown(void *arg, struct resp *reply);

/* A history that is the engine's if it has none of this session. */
static int random_epoch(char epoch[33])
{
    uint8_t bytes[16];
    int error = sys_random(bytes, sizeof(bytes));
    for (size_t i = 0; error == 0 && i < sizeof(bytes); i++)
        snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
    return error;
}

/* All pieces are there: now the show itself. */
static void send_show(struct room *room)
{
    char channel[PIECES_BASE];
    char epoch[33];
    struct room_call call = { 0 };
    const struct session *session = room_session(room);
    int error = random_epoch(epoch);
    room_channel(room, channel);
    room_call_begin(&call, room, "show");
    room_call_add_text(&call, channel);
    room_call_add_text(&call, epoch);
    room_call_add_text(&call, room->author);
    room_call_add_number(&call, room->stamp);
    room_call_add_text(&call, room->again ? "1" : "0");
    room_call_add_text(&call, room->hash);
    room_call_add_number(&call, room->size);
    room_forget_changes(room);
    room_call_add_changes(&call, room, session);
    if (error < 0)
        room_call_free(&call);
    else
        error = room_call_make(&call, room, on_shown);
    if (error < 0)
        failed(room, error);
}

static void accepted(struct room *room, const struct resp *reply)
{
    snprintf(room->epoch, sizeof(room->epoch), "%.32s", reply->items[1].data);
    room->seq = (uint64_t)reply->items[2].integer;
    /* If it had this show before, it may have changes that are not here. */
    room->whole = room->again;
    room->again = false;
    /* Another show may have come since. */
    room->due = room->sent != room->stamp;
    room_parts_forget(room);
    room->node->shown++;
    node_full(room->node, false);
    if (room->whole)
        room_look(room);
}

/* The engine has a newer show. */
static void refused(struct room *room, const struct resp *reply)
{
    if (room->sent != room->stamp)
        return;
    room->due = false;
    room_take(room, &reply->items[1], reply->count - 1);
}

static void on_shown(void *arg, struct resp *reply)
{
    struct room *room = arg;
    bool answered = room_answered(room, reply);
    room->busy = false;
    if (!room_release(room))
        return;
    if (!answered)
        failed(room, node_is_ready(room->node) ? PIECES_FULL : -ECONNRESET);
    else if (strcmp(reply->items[0].data, "ok") == 0)
        accepted(room, reply);
    else
        refused(room, reply);
    node_soon(room->node);
}

static void on_put(void *arg, int status, const char *hash, struct blob *content)
{
    struct room *room = arg;
    bool given = room->giving;
    room->busy = false;
    room->giving = false;
    if (!room_release(room))
        return;
    node_soon(room->node);
    if (status != 0) {
        failed(room, status);
        return;
    }
    /* Only the newest show matters, if another one came meanwhile. */
    if (given || room->sent != room->stamp || !room_is_here(room))
        return;
    snprintf(room->hash, sizeof(room->hash), "%s", hash);
    room->busy = true;
    send_show(room);
}

static void put(struct room *room, struct blob *content)
{
    room->size = blob_payload_size(content);
    struct pieces pieces = room_pieces(room, room->size);
    int error = pieces_put(&pieces, content, on_put, room);
    if (error < 0) {
        failed(room, error);
        return;
    }
    room->refs++;
    room->busy = true;
}

void room_push(struct room *room)
{
    const struct session *session = room_session(room);
    struct node *node = room->node;
    if (!room->due || room->busy || !room_is_here(room) || now(room) < room->retry_at ||
        !node_is_ready(node) || !room->known)
        return;
    room->sent = room->stamp;
    if (session->picture.model != NULL) {
        put(room, session->picture.model);
        return;
    }
    room->hash[0] = '\0';
    room->size = 0;
    room->busy = true;
    send_show(room);
}

void room_give(struct room *room, const char *hash)
{
    const struct session *session = room_session(room);
    bool mine = strcmp(room->author, room->node->options.name) == 0;
    if (!room_is_here(room) || room->busy || room->due || strcmp(hash, room->hash) != 0)
        return;
    /* Of the nodes that have it, the one that showed it comes first. */
    if (!mine && room->asked++ == 0)
        return;
    room->giving = true;
    room->sent = room->stamp;
    put(room, session->picture.model);
}

/* ---- changes ---- */

static void on_changed(void *arg, struct resp *reply)
{
    struct room *room = arg;
    bool answered = room_answered(room, reply);
    room->changing--;
    if (!room_release(room))
        return;
    if (!answered) {
        /* It is not known what of them has arrived. */
        room->due = true;
        room->again = true;
        room->retry_at = now(room) + RETRY;
    } else if (strcmp(reply->items[0].data, "ok") == 0) {
        uint64_t seq = (uint64_t)reply->items[2].integer;
        /* With nothing between, this node is where the engine is. */
        if (seq == room->seq + 1 && !room->whole)
            room->seq = seq;
        else
            room_look(room);
    } else {
        room_take(room, &reply->items[1], reply->count - 1);
        node_soon(room->node);
    }
}

void room_send_changes(struct room *room, const struct session *session)
{
    char channel[PIECES_BASE];
    struct room_call call = { 0 };
    if (!node_is_ready(room->node) || room->whole)
        return;
    room_channel(room, channel);
    room_call_begin(&call, room, "change");
    room_call_add_text(&call, channel);
    room_call_add_text(&call, room->node->options.name);
    room_call_add_number(&call, room->stamp);
    if (room_call_add_changes(&call, room, session) == 0)
        room_call_free(&call);
    else if (room_call_make(&call, room, on_changed) < 0)
        room_forget_changes(room);
    else
        room->changing++;
}

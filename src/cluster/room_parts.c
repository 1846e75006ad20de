/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Exact geometry goes to the engine as the model does, by its hash; it is fetched once a page
 * here measures. */
#include "cluster/room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "view/session.h"

/* Milliseconds until what the engine had no room for, or did not take, is tried again. */
#define RETRY_FULL 30000
#define RETRY 2000

void room_parts_forget(struct room *room)
{
    blob_unref(room->parts.blob);
    room->parts.blob = NULL;
    room->parts.hash[0] = '\0';
    room->parts.size = 0;
    room->parts.wanted = false;
}

void room_parts_replaced(struct room *room)
{
    struct blob *blob = room->session->picture.parts;
    blob_unref(room->parts.old);
    room->parts.old = blob == NULL ? NULL : blob_ref(blob);
}

/* ---- to the engine ---- */

static void retry(struct room *room, int status)
{
    blob_unref(room->parts.blob);
    room->parts.blob = NULL;
    room->parts.retry_at = uv_now(room->node->loop) + (status == PIECES_FULL ? RETRY_FULL : RETRY);
}

static void on_told(void *arg, struct resp *reply)
{
    struct room *room = arg;
    bool answered = room_answered(room, reply);
    if (!room_release(room))
        return;
    if (!answered) {
        retry(room, node_is_ready(room->node) ? PIECES_FULL : -ECONNRESET);
    } else if (strcmp(reply->items[0].data, "ok") == 0) {
        room_look(room);
    } else {
        room_take(room, &reply->items[1], reply->count - 1);
        node_soon(room->node);
    }
}

/* All pieces are there. */
static int tell(struct room *room, const char *hash)
{
    char channel[PIECES_BASE];
    struct room_call call = { 0 };
    room_channel(room, channel);
    room_call_begin(&call, room, "parts");
    room_call_add_text(&call, channel);
    room_call_add_text(&call, room->node->options.name);
    room_call_add_number(&call, room->stamp);
    room_call_add_text(&call, hash);
    room_call_add_number(&call, blob_payload_size(room->parts.blob));
    return room_call_make(&call, room, on_told);
}

static void on_put(void *arg, int status, const char *hash, struct blob *content)
{
    struct room *room = arg;
    room->parts.busy = false;
    if (!room_release(room))
        return;
    const struct session *session = room_session(room);
    node_soon(room->node);
    if (status != 0)
        retry(room, status);
    /* Other geometry may have come since, or another show. */
    else if (room->parts.blob != NULL && room->parts.blob == session->picture.parts &&
             room_is_here(room) && tell(room, hash) < 0)
        retry(room, -ENOMEM);
}

void room_parts_push(struct room *room)
{
    struct room_parts *parts = &room->parts;
    const struct session *session = room_session(room);
    struct blob *blob = session->picture.parts;
    struct pieces pieces = room_pieces(room, blob == NULL ? 0 : blob_payload_size(blob));
    if (blob != parts->old) {
        blob_unref(parts->old);
        parts->old = NULL;
    }
    if (blob == NULL || blob == parts->old || blob == parts->blob || parts->busy || room->due ||
        !room->known || !room_is_here(room) || uv_now(room->node->loop) < parts->retry_at ||
        !node_is_ready(room->node) || !link_is_ready(pieces.link))
        return;
    blob_unref(parts->blob);
    parts->blob = blob_ref(blob);
    if (pieces_put(&pieces, blob, on_put, room) < 0) {
        retry(room, -ENOMEM);
        return;
    }
    room->refs++;
    parts->busy = true;
}

void room_parts_give(struct room *room, const char *hash)
{
    if (strcmp(hash, room->parts.hash) != 0 || room->parts.busy || room->parts.blob == NULL)
        return;
    /* As if it was new. */
    blob_unref(room->parts.blob);
    room->parts.blob = NULL;
    room_parts_push(room);
}

/* ---- from the engine ---- */

bool room_parts_right(struct blob *content)
{
    memcpy(content->data, "B:", PIECES_SKIP);
    return utf8_valid(content->data, content->size);
}

/* There will be none: questions that wait for it end. */
static void give_up(struct room *room, struct session *session)
{
    room->parts.wanted = false;
    room->node->applying = true;
    session_parts(session, NULL);
    room->node->applying = false;
}

/* Other nodes are asked for the pieces, for as long as for those of a picture. */
static void want(struct room *room, struct session *session)
{
    struct node *node = room->node;
    if (node_want(node, &room->parts.want, room->name, room->parts.hash))
        return;
    log_warning(node->log, "cluster", "session %s: its exact geometry is lost", room->name);
    give_up(room, session);
}

static void take(struct room *room, struct session *session, struct blob *content)
{
    room->parts.wanted = false;
    blob_unref(room->parts.blob);
    room->parts.blob = blob_ref(content);
    room->node->applying = true;
    bool kept = hub_parts(room->node->hub, session, content);
    room->node->applying = false;
    if (!kept)
        log_warning(room->node->log, "cluster",
                    "session %s: its exact geometry is not kept: --max-memory has no room",
                    room->name);
}

static void on_fetched(void *arg, int status, const char *hash, struct blob *content)
{
    char why[64];
    struct room *room = arg;
    room->parts.fetching = false;
    bool goes_on = room_release(room);
    struct session *session = goes_on ? room_session(room) : NULL;
    bool right = session != NULL && room->parts.wanted && strcmp(hash, room->parts.hash) == 0 &&
                 room_is_here(room) && session->picture.parts == NULL;
    if (right && status == 0) {
        take(room, session, content);
    } else if (right && status == PIECES_MISSING) {
        want(room, session);
    } else if (right && status != -ECONNRESET) {
        log_warning(room->node->log, "cluster", "session %s: its exact geometry is wrong: %s",
                    room->name, error_text(status, why, sizeof(why)));
        give_up(room, session);
    }
    blob_unref(content);
}

void room_parts_fetch(struct room *room)
{
    struct room_parts *parts = &room->parts;
    struct session *session = room_session(room);
    struct node *node = room->node;
    struct pieces pieces = room_pieces(room, parts->size);
    if (!parts->wanted || parts->fetching || parts->hash[0] == '\0' || !room_is_here(room) ||
        uv_now(node->loop) < parts->want.next || !link_is_ready(pieces.link))
        return;
    if (session->picture.parts != NULL) {
        parts->wanted = false;
        return;
    }
    if (parts->size == 0 || parts->size > node->options.max_content ||
        !hub_make_room(node->hub, parts->size, session)) {
        give_up(room, session);
        return;
    }
    if (pieces_get(&pieces, parts->hash, parts->size, room_parts_right, on_fetched, room) < 0)
        return;
    room->refs++;
    parts->fetching = true;
}

bool room_parts_want(struct room *room)
{
    const struct session *session = room_session(room);
    if (session == NULL || session->picture.parts != NULL || room->parts.wanted ||
        room->parts.hash[0] == '\0' || !room_is_here(room) || !node_is_ready(room->node))
        return false;
    room->parts.wanted = true;
    room->parts.want = (struct node_want){ 0 };
    node_soon(room->node);
    return true;
}

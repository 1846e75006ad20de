/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What other nodes show becomes the picture here. */
#include "cluster/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/utf8.h"
#include "model/model.h"
#include "view/exact.h"
#include "view/handlers.h"
#include "view/message.h"
#include "view/session.h"

#define FETCHES 2 /* large pictures that a node fetches at a time: each takes memory */

/* ---- the model ---- */

/* Whether it is what a kernel may send, or a server makes of geometry: the engine may be a
 * hostile peer. Runs on the pool. */
static bool is_model(struct blob *content)
{
    memcpy(content->data, "D:", PIECES_SKIP);
    if (blob_payload_size(content) >= strlen(MODEL_MAGIC) &&
        memcmp(blob_payload(content), MODEL_MAGIC, strlen(MODEL_MAGIC)) == 0) {
        /* A model file is no message. */
        content->size -= PIECES_SKIP;
        content->skip = 0;
        memmove(content->data, content->data + PIECES_SKIP, content->size);
        return true;
    }
    return utf8_valid(content->data, content->size) &&
           message_data(content, NULL, 0) == MESSAGE_DATA_MODEL;
}

/* For the list of sessions: where the model comes from. */
static void drawn_by_node(const struct room *room, struct session *session)
{
    snprintf(session->kernel, sizeof(session->kernel), "node %.70s", room->author);
    session->drew = (int64_t)time(NULL);
}

static void show(struct room *room, struct session *session, struct blob *content)
{
    struct node *node = room->node;
    node->applying = true;
    exact_replaced(session);
    session_drop_parts(session);
    drawn_by_node(room, session);
    hub_model(node->hub, session, content);
    node->applying = false;
    node->heard++;
    room->number = session->picture.number;
    room->whole = true;
    room_look(room);
}

/* Other nodes are asked for the pieces, until one of them has put them there again. If none does,
 * the show is lost, and the newest one that a node has counts again. */
static void want(struct room *room)
{
    struct node *node = room->node;
    if (room->want.times == 0) {
        node->missing++;
        log_warning(node->log, "cluster",
                    "session %s: the engine has lost its picture; other nodes are asked for it",
                    room->name);
    }
    room->lost = !node_want(node, &room->want, room->name, room->hash);
    if (room->lost)
        room_look(room);
}

static void on_fetched(void *arg, int status, const char *hash, struct blob *content)
{
    char why[64];
    struct room *room = arg;
    bool goes_on = !room->gone && !room->node->closing;
    struct session *session = room_session(room);
    room->fetching = false;
    room->node->fetches -= room->slot;
    bool right = goes_on && session != NULL && strcmp(hash, room->hash) == 0 && room->number == 0;
    if (right && status == 0) {
        show(room, session, content);
    } else if (right && status == PIECES_MISSING) {
        want(room);
    } else if (right && status != -ECONNRESET) {
        log_warning(room->node->log, "cluster", "session %s: the picture of node %s is wrong: %s",
                    room->name, room->author, error_text(status, why, sizeof(why)));
        room->dropped = true;
    }
    blob_unref(content);
    /* Others may have waited for this one to end. */
    if (goes_on && status != PIECES_MISSING)
        node_soon(room->node);
    room_release(room);
}

void room_fetch(struct room *room)
{
    struct session *session = room_session(room);
    struct node *node = room->node;
    struct pieces pieces = room_pieces(room, room->size);
    bool large = room->size > PIECES_SMALL;
    if (room->number != 0 || room->hash[0] == '\0' || room->dropped || room->fetching ||
        uv_now(node->loop) < room->want.next || !room_is_followed(room) || room->views.asked > 0 ||
        (large && node->fetches >= FETCHES) || !link_is_ready(pieces.link))
        return;
    if (room->size == 0 || room->size > node->options.max_content ||
        !hub_make_room(node->hub, room->size, session)) {
        log_warning(node->log, "cluster", "session %s: no memory for %llu bytes of node %s",
                    room->name, (unsigned long long)room->size, room->author);
        room->dropped = true;
        return;
    }
    if (pieces_get(&pieces, room->hash, room->size, is_model, on_fetched, room) < 0)
        return;
    room->refs++;
    room->fetching = true;
    room->slot = large;
    node->fetches += large;
}

void room_clear(struct room *room, struct session *session)
{
    struct blob *blob = message_of("D:", json_pack("{s:s}", "type", "clear"));
    if (blob == NULL)
        return;
    room->node->applying = true;
    if (session->picture.model != NULL || session->picture.parts != NULL)
        handlers_clear(session, blob);
    room->node->applying = false;
    room->node->heard++;
    room->number = session->picture.number;
    blob_unref(blob);
}

/* ---- changes ---- */

/* Those of `pairs` that are new to this node. A new reference; NULL: none, or no memory. */
static json_t *new_settings(struct room *room, const struct resp *pairs)
{
    json_t *config = json_object();
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        const struct resp *name = &pairs->items[i];
        const struct resp *value = &pairs->items[i + 1];
        if (name->kind != RESP_STRING_VALUE || value->kind != RESP_STRING_VALUE ||
            strncmp(name->data, "setting:", 8) != 0)
            continue;
        json_t *json = json_loadb(value->data, value->size, JSON_DECODE_ANY, NULL);
        if (json != NULL &&
            !json_equal(json, json_object_get(room->changes.settings, name->data + 8)))
            json_object_set(config, name->data + 8, json);
        json_decref(json);
    }
    if (json_object_size(config) > 0)
        return config;
    json_decref(config);
    return NULL;
}

static void take_settings(struct room *room, struct session *session, const struct resp *pairs)
{
    json_t *config = new_settings(room, pairs);
    struct blob *message = config == NULL ? NULL : message_settings("S:", config);
    if (message != NULL) {
        if (room->changes.settings == NULL)
            room->changes.settings = json_object();
        json_object_update(room->changes.settings, config);
        session_settings(session, message, config);
    }
    blob_unref(message);
    json_decref(config);
}

/* A message of `pairs` that is new to this node; NULL: none. It is kept at `known`. */
static struct blob *new_message(const struct resp *pairs, const char *name, const char *kind,
                                struct blob **known)
{
    const struct resp *value = room_value(pairs, name);
    if (value == NULL || !utf8_valid((const uint8_t *)value->data, value->size) ||
        (*known != NULL && blob_payload_size(*known) == value->size &&
         memcmp(blob_payload(*known), value->data, value->size) == 0))
        return NULL;
    struct blob *blob = blob_new(value->size + 2);
    if (blob == NULL || blob_append(blob, kind, 2) < 0 ||
        blob_append(blob, value->data, value->size) < 0) {
        blob_unref(blob);
        return NULL;
    }
    message_received(blob);
    blob_unref(*known);
    *known = blob;
    return blob;
}

/* Forgets that the engine had a message, if it has lost it; what is too long it never had. */
static void find_lost_message(const struct resp *pairs, const char *name, struct blob **known)
{
    if (*known == NULL || blob_payload_size(*known) > ROOM_CHANGE ||
        room_value(pairs, name) != NULL)
        return;
    blob_unref(*known);
    *known = NULL;
}

/* What the engine has lost of the changes is sent again, since it is not known to be there. */
static void find_lost(struct room *room, const struct resp *pairs)
{
    char name[300];
    const char *key;
    json_t *value;
    void *next;
    struct room_changes *changes = &room->changes;
    json_object_foreach_safe(changes->settings, next, key, value)
    {
        snprintf(name, sizeof(name), "setting:%s", key);
        if (room_value(pairs, name) == NULL)
            json_object_del(changes->settings, key);
    }
    find_lost_message(pairs, "animation", &changes->animation);
    find_lost_message(pairs, "time", &changes->time);
}

void room_take_changes(struct room *room, struct session *session, const struct resp *pairs)
{
    struct room_changes *changes = &room->changes;
    find_lost(room, pairs);
    room->node->applying = true;
    take_settings(room, session, pairs);
    struct blob *animation = new_message(pairs, "animation", "D:", &changes->animation);
    /* It ends the time of the one before: the engine's belongs to this one. */
    if (animation != NULL) {
        session_animation(session, animation);
        blob_unref(changes->time);
        changes->time = NULL;
    }
    struct blob *time = new_message(pairs, "time", "C:", &changes->time);
    if (time != NULL)
        session_time(session, time);
    room->node->applying = false;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The words of a call of the script. */
#include "cluster/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

static void add(struct room_call *call, const void *data, size_t size)
{
    if (call->count == call->room) {
        size_t room = call->room == 0 ? 32 : call->room * 2;
        struct link_word *words = realloc(call->words, room * sizeof(*words));
        if (words == NULL) {
            call->failed = true;
            return;
        }
        call->words = words;
        call->room = room;
    }
    char *copy = malloc(size + 1);
    if (copy == NULL) {
        call->failed = true;
        return;
    }
    memcpy(copy, data, size);
    call->words[call->count++] = (struct link_word){ copy, size };
}

void room_call_add_text(struct room_call *call, const char *text)
{
    add(call, text, strlen(text));
}

void room_call_add_number(struct room_call *call, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    room_call_add_text(call, text);
}

void room_call_begin(struct room_call *call, const struct room *room, const char *what)
{
    char key[PIECES_BASE];
    const char *prefix = room->node->options.prefix;
    room_call_add_text(call, "EVALSHA");
    room_call_add_text(call, room->node->script);
    room_call_add_text(call, "2");
    /* The braces: an engine of several machines keeps all of a session at one of them. */
    snprintf(key, sizeof(key), "%s{%s}:s", prefix, room->name);
    room_call_add_text(call, key);
    snprintf(key, sizeof(key), "%s{%s}:c", prefix, room->name);
    room_call_add_text(call, key);
    room_call_add_text(call, what);
}

void room_call_free(struct room_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        free((void *)call->words[i].data);
    free(call->words);
    memset(call, 0, sizeof(*call));
}

int room_call_make(struct room_call *call, struct room *room, link_answer answer)
{
    int error = call->failed ? -ENOMEM : 0;
    if (error == 0)
        error = link_ask(&room->node->commands, call->words, call->count, LINK_SMALL, answer, room);
    room->refs += error == 0;
    room_call_free(call);
    return error;
}

/* ---- changes ---- */

static bool fits(const struct room *room, const char *what, size_t size)
{
    if (size <= ROOM_CHANGE)
        return true;
    log_warning(room->node->log, "cluster",
                "session %s: %s of %zu bytes is not shared: at most %d are", room->name, what, size,
                ROOM_CHANGE);
    return false;
}

static size_t add_setting(struct room_call *call, struct room *room, const char *key, json_t *value)
{
    char name[300];
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t added = 0;
    if (room->changes.settings == NULL)
        room->changes.settings = json_object();
    if (text == NULL || json_object_set(room->changes.settings, key, value) < 0) {
        call->failed = true;
    } else if (strlen(key) < 256 && fits(room, "a setting", strlen(text))) {
        snprintf(name, sizeof(name), "setting:%s", key);
        room_call_add_text(call, name);
        room_call_add_text(call, text);
        added = 1;
    }
    free(text);
    return added;
}

static size_t add_blob(struct room_call *call, struct room *room, const char *name,
                       struct blob **known, struct blob *blob)
{
    if (*known == blob)
        return 0;
    blob_unref(*known);
    *known = blob == NULL ? NULL : blob_ref(blob);
    if (blob == NULL || !fits(room, name, blob_payload_size(blob)))
        return 0;
    room_call_add_text(call, name);
    /* Not the bytes before: they become a frame's header where it is sent. */
    add(call, blob_payload(blob), blob_payload_size(blob));
    return 1;
}

size_t room_call_add_changes(struct room_call *call, struct room *room,
                             const struct session *session)
{
    const struct picture *picture = &session->picture;
    size_t added = 0;
    const char *key;
    json_t *value;
    json_object_foreach(picture->settings, key, value) {
        if (!json_equal(json_object_get(room->changes.settings, key), value))
            added += add_setting(call, room, key, value);
    }
    size_t animation =
        add_blob(call, room, "animation", &room->changes.animation, picture->animation);
    /* It ends the time of the one before, at the engine too: a time that came since goes with it.
     */
    if (animation > 0) {
        blob_unref(room->changes.time);
        room->changes.time = NULL;
    }
    added += animation;
    return added + add_blob(call, room, "time", &room->changes.time, picture->time);
}

void room_forget_changes(struct room *room)
{
    json_decref(room->changes.settings);
    blob_unref(room->changes.animation);
    blob_unref(room->changes.time);
    memset(&room->changes, 0, sizeof(room->changes));
}

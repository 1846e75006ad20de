/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/shots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/message.h"
#include "view/session.h"
#include "view/session_shots.h"

#define WAIT 15000                      /* milliseconds for the other node's answer */
#define PICTURE_MOST (64 * 1024 * 1024) /* longest data URL, in bytes */

/* A kernel here waits. */
struct shot {
    struct shots *shots;
    struct room *room; /* a reference */
    shots_done done;
    void *arg;
};

/* A page here was asked for another node. */
struct shot_answer {
    struct list link;
    struct shots *shots;
    struct rpc_question question;
    struct room *room; /* a reference */
    char filename[NODE_NAME + 64];
    size_t size; /* of the picture */
};

void shots_init(struct shots *shots, struct node *node, struct rpc *rpc,
                const struct presence *presence)
{
    *shots = (struct shots){ .node = node, .rpc = rpc, .presence = presence };
    list_init(&shots->answers);
}

/* ---- asking ---- */

static void finish(struct shot *shot, struct blob *data_url)
{
    shot->done(shot->arg, data_url);
    room_release(shot->room);
    free(shot);
}

static bool is_url(struct blob *content)
{
    static const char start[] = "data:image/png;base64,";
    return blob_payload_size(content) > strlen(start) &&
           memcmp(blob_payload(content), start, strlen(start)) == 0;
}

static void on_fetched(void *arg, int status, const char *hash, struct blob *content)
{
    struct shot *shot = arg;
    finish(shot, status == 0 && !shot->shots->node->closing ? content : NULL);
    blob_unref(content);
}

static void on_answer(void *arg, int error, const json_t *answer)
{
    struct shot *shot = arg;
    struct node *node = shot->shots->node;
    const char *hash = json_string_value(json_object_get(answer, "hash"));
    json_int_t size = json_integer_value(json_object_get(answer, "size"));
    struct pieces pieces = room_pieces(shot->room, size < 0 ? 0 : (uint64_t)size);
    if (error < 0 || hash == NULL || strlen(hash) != PIECES_HASH - 1 || size <= 0 ||
        size > PICTURE_MOST || node->closing ||
        pieces_get(&pieces, hash, (size_t)size, is_url, on_fetched, shot) < 0)
        finish(shot, NULL);
}

/* The node whose page was used last, of what the nodes say of the session. */
static const char *choose(const struct shot *shot, const struct resp *pairs)
{
    const char *best = NULL;
    json_int_t latest = -1;
    for (size_t i = 0; pairs->kind == RESP_ARRAY && i + 1 < pairs->count; i += 2) {
        const struct resp *name = &pairs->items[i];
        const struct resp *text = &pairs->items[i + 1];
        if (name->kind != RESP_STRING_VALUE || text->kind != RESP_STRING_VALUE)
            continue;
        json_t *here = json_loadb(text->data, text->size, 0, NULL);
        const struct presence_peer *peer = presence_find(shot->shots->presence, name->data);
        json_int_t used = json_integer_value(json_object_get(here, "used"));
        if (peer != NULL && json_integer_value(json_object_get(here, "browsers")) > 0 &&
            used > latest) {
            best = peer->name;
            latest = used;
        }
        json_decref(here);
    }
    return best;
}

static void on_here(void *arg, struct resp *reply)
{
    struct shot *shot = arg;
    struct shots *shots = shot->shots;
    const char *name = reply == NULL || shots->node->closing ? NULL : choose(shot, reply);
    json_t *what = name == NULL
                       ? NULL
                       : json_pack("{s:s, s:s, s:I}", "what", "shot", "session", shot->room->name,
                                   "stamp", (json_int_t)shot->room->stamp);
    if (what == NULL || rpc_ask(shots->rpc, name, what, WAIT, on_answer, shot) < 0)
        finish(shot, NULL);
}

int shots_ask(struct shots *shots, struct room *room, shots_done done, void *arg)
{
    char key[PIECES_BASE];
    struct shot *shot = calloc(1, sizeof(*shot));
    if (shot == NULL)
        return -ENOMEM;
    *shot = (struct shot){ .shots = shots, .room = room, .done = done, .arg = arg };
    snprintf(key, sizeof(key), "%s{%s}:here", shots->node->options.prefix, room->name);
    int error = room->stamp == 0 ? -ENODATA : 0;
    if (error == 0)
        error = link_ask_text(&shots->node->commands, (const char *const[]){ "HGETALL", key, NULL },
                              on_here, shot);
    if (error < 0) {
        free(shot);
        return error;
    }
    room->refs++;
    return 0;
}

/* ---- answering ---- */

static void end(struct shot_answer *answer, json_t *json)
{
    if (answer->shots->node->closing)
        json_decref(json);
    else
        rpc_answer(answer->shots->rpc, &answer->question, json);
    room_release(answer->room);
    free(answer);
}

static void on_put(void *arg, int status, const char *hash, struct blob *content)
{
    struct shot_answer *answer = arg;
    end(answer, status == 0
                    ? json_pack("{s:s, s:I}", "hash", hash, "size", (json_int_t)answer->size)
                    : json_object());
}

bool shots_sent(struct shots *shots, const char *filename, const json_t *data_url)
{
    struct shot_answer *found = NULL;
    list_each(pos, next, &shots->answers) {
        struct shot_answer *answer = list_entry(pos, struct shot_answer, link);
        if (strcmp(answer->filename, filename) == 0)
            found = answer;
    }
    if (found == NULL)
        return false;
    list_remove(&found->link);
    struct blob *blob = data_url == NULL
                            ? NULL
                            : blob_copy(json_string_value(data_url), json_string_length(data_url));
    found->size = blob == NULL ? 0 : blob_payload_size(blob);
    struct pieces pieces = room_pieces(found->room, found->size);
    if (blob == NULL || !link_is_ready(pieces.link) || pieces_put(&pieces, blob, on_put, found) < 0)
        end(found, json_object());
    blob_unref(blob);
    return true;
}

static struct room *find_room(const struct shots *shots, const json_t *what)
{
    const char *name = json_string_value(json_object_get(what, "session"));
    uint64_t stamp = (uint64_t)json_integer_value(json_object_get(what, "stamp"));
    list_each(pos, next, &shots->node->rooms) {
        struct room *room = list_entry(pos, struct room, link);
        if (name != NULL && strcmp(room->name, name) == 0)
            return room->stamp == stamp && room_is_here(room) && room->session->browsers > 0 ? room
                                                                                             : NULL;
    }
    return NULL;
}

void shots_hear(struct shots *shots, const struct rpc_question *question, json_t *what)
{
    struct room *room = find_room(shots, what);
    struct shot_answer *answer = room == NULL ? NULL : calloc(1, sizeof(*answer));
    if (answer == NULL) {
        rpc_answer(shots->rpc, question, json_object());
        return;
    }
    answer->shots = shots;
    answer->question = *question;
    answer->room = room;
    room->refs++;
    snprintf(answer->filename, sizeof(answer->filename), "/of node %s/%llu", question->from,
             (unsigned long long)question->id);
    list_append(&shots->answers, &answer->link);
    struct blob *blob = message_of(
        "D:", json_pack("{s:s, s:s}", "type", "screenshot", "filename", answer->filename));
    if (blob != NULL)
        session_shots_want(room->session, blob, answer->filename);
    else
        shots_sent(shots, answer->filename, NULL);
    blob_unref(blob);
}

void shots_end(struct shots *shots)
{
    while (!list_empty(&shots->answers)) {
        struct shot_answer *answer = list_entry(shots->answers.next, struct shot_answer, link);
        list_remove(&answer->link);
        end(answer, json_object());
    }
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What of a session is at this node, for the lists of the others. */
#include "cluster/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/catalog.h"
#include "view/session.h"

#define USED 5 /* seconds */

/* When a page here was used last: in seconds of the clock of all nodes, so exact that not each
 * movement is told. 0: never. */
static json_int_t used_at(const struct room *room, const struct session *session)
{
    uint64_t latest = 0;
    list_each(pos, next, &session->peers) {
        const struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->acted > latest)
            latest = peer->acted;
    }
    uint64_t ago = uv_now(room->node->loop) - latest;
    return latest == 0 ? 0 : (json_int_t)((node_now(room->node) - ago) / 1000 / USED * USED);
}

/* NULL: nothing of it is here, or no memory. */
static char *describe(const struct room *room, const struct session *session)
{
    bool shows = room_is_here(room) && session->picture.model != NULL;
    if (session->browsers == 0 && session->kernels == 0 && !shows)
        return NULL;
    json_t *row = session_describe(session);
    json_t *json =
        json_pack("{s:I, s:i, s:i, s:I, s:O?}", "run", (json_int_t)room->node->options.run,
                  "browsers", (int)session->browsers, "kernels", (int)session->kernels, "used",
                  used_at(room, session), "models", shows ? json_object_get(row, "models") : NULL);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    json_decref(row);
    return text;
}

/* Takes over `text`. */
static bool tell_here(struct room *room, char *text, bool again)
{
    char key[PIECES_BASE];
    struct node *node = room->node;
    bool same =
        text == NULL ? room->here == NULL : room->here != NULL && strcmp(text, room->here) == 0;
    if (same && (!again || text == NULL)) {
        free(text);
        return false;
    }
    snprintf(key, sizeof(key), "%s{%s}:here", node->options.prefix, room->name);
    const char *const there[] = { "HSET", key, node->options.name, text, NULL };
    const char *const gone[] = { "HDEL", key, node->options.name, NULL };
    node_say(node, &node->commands, text == NULL ? gone : there);
    free(room->here);
    room->here = text;
    return !same;
}

/* The name of the session is in the list of all, with the time of the show. */
static bool tell_listed(struct room *room, bool again)
{
    char key[NODE_PREFIX + 16];
    char score[24];
    struct node *node = room->node;
    bool same = room->listed == room->stamp;
    if (!room_is_here(room) || room->due || (same && !again))
        return false;
    snprintf(key, sizeof(key), "%ssessions", node->options.prefix);
    snprintf(score, sizeof(score), "%llu", (unsigned long long)node_stamp_time(room->stamp));
    const char *const add[] = { "ZADD", key, "GT", score, room->name, NULL };
    const char *const drop[] = { "ZREM", key, room->name, NULL };
    node_say(node, &node->commands, room_session(room)->picture.model != NULL ? add : drop);
    room->listed = room->stamp;
    return !same;
}

void room_tell_here(struct room *room, bool again)
{
    char channel[NODE_PREFIX + 16];
    struct node *node = room->node;
    const struct session *session = room_session(room);
    bool changed = tell_here(room, session == NULL ? NULL : describe(room, session), again);
    if (session != NULL)
        changed |= tell_listed(room, again);
    if (!changed)
        return;
    catalog_channel(node, channel);
    node_say(node, &node->commands,
             (const char *const[]){ "PUBLISH", channel, node->options.name, NULL });
}

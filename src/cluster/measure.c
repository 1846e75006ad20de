/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tool_response.h"
#include "view/session.h"

#define TRY 10000 /* milliseconds that one node is waited for */

/* A question of a page here. */
struct asking {
    struct list link;
    struct measure *measure;
    struct room *room; /* a reference */
    char *tool;
    json_t *ids;
    uint64_t until;
    uint64_t weight; /* of the node that was asked last; UINT64_MAX: none was */
    bool busy;       /* it has not answered yet */
    pool_done done;
    void *arg;
};

void measure_init(struct measure *measure, struct node *node, struct rpc *rpc,
                  const struct presence *presence)
{
    memset(measure, 0, sizeof(*measure));
    measure->node = node;
    measure->rpc = rpc;
    measure->presence = presence;
    measure->pool = node->options.pool;
    measure->timeout = node->options.measure_timeout;
    list_init(&measure->asking);
    list_init(&measure->loads);
}

bool measure_possible(const struct measure *measure)
{
    list_each(pos, next, &measure->presence->peers) {
        if (list_entry(pos, struct presence_peer, link)->places > 0)
            return true;
    }
    return false;
}

/* ---- asking ---- */

static void finish(struct asking *asking, int status, const char *json, size_t size)
{
    list_remove(&asking->link);
    asking->done(asking->arg, status, json, size);
    room_release(asking->room);
    json_decref(asking->ids);
    free(asking->tool);
    free(asking);
}

static void refuse(struct asking *asking, int status, const char *reason)
{
    struct text text = { 0 };
    tool_response_refusal(&text, asking->tool, reason);
    finish(asking, status, text_string(&text), text.size);
    text_free(&text);
}

/* Of a node for a content: FNV-1a, and then mixed, as names differ only at their ends. */
static uint64_t weigh(const char *hash, const char *name)
{
    uint64_t weight = 14695981039346656037U;
    for (const char *c = hash; *c != '\0'; c++)
        weight = (weight ^ (unsigned char)*c) * 1099511628211U;
    for (const char *c = name; *c != '\0'; c++)
        weight = (weight ^ (unsigned char)*c) * 1099511628211U;
    weight = (weight ^ (weight >> 33)) * 0xff51afd7ed558ccdU;
    weight = (weight ^ (weight >> 33)) * 0xc4ceb9fe1a85ec53U;
    return (weight ^ (weight >> 33)) & INT64_MAX;
}

/* The node that is next in the order for that content, after that of `weight`, which is updated. */
static const struct presence_peer *choose(const struct presence *presence, const char *hash,
                                          uint64_t *weight)
{
    const struct presence_peer *best = NULL;
    uint64_t most = 0;
    list_each(pos, next, &presence->peers) {
        const struct presence_peer *peer = list_entry(pos, struct presence_peer, link);
        uint64_t own = weigh(hash, peer->name);
        if (peer->places > 0 && own < *weight && (best == NULL || own > most)) {
            best = peer;
            most = own;
        }
    }
    if (best != NULL)
        *weight = most;
    return best;
}

static void try_next(struct asking *asking);

static void on_answer(void *arg, int error, const json_t *answer)
{
    struct asking *asking = arg;
    json_t *json = json_object_get(answer, "json");
    int status = (int)json_integer_value(json_object_get(answer, "status"));
    const char *type = json_string_value(json_object_get(json, "type"));
    char *text = type != NULL && strcmp(type, "backend_response") == 0
                     ? json_dumps(json, JSON_COMPACT)
                     : NULL;
    asking->busy = false;
    if (error == 0 && text != NULL && status != -ENODATA && status != -ECANCELED)
        finish(asking, status, text, strlen(text));
    else
        try_next(asking);
    free(text);
}

static void try_next(struct asking *asking)
{
    struct measure *measure = asking->measure;
    const struct room *room = asking->room;
    uint64_t now = uv_now(measure->node->loop);
    bool first = asking->weight == UINT64_MAX;
    if (now >= asking->until || measure->node->closing || room->gone) {
        refuse(asking, -ETIMEDOUT, "no server has answered in time");
        return;
    }
    const struct presence_peer *peer = choose(measure->presence, room->parts.hash, &asking->weight);
    if (peer == NULL) {
        refuse(asking, -EIO, first ? "no server measures" : "no server that measures answers");
        return;
    }
    uint64_t left = asking->until - now;
    json_t *what =
        json_pack("{s:s, s:s, s:s, s:I, s:s, s:O}", "what", "measure", "session", room->name,
                  "hash", room->parts.hash, "size", (json_int_t)room->parts.size, "tool",
                  asking->tool, "ids", asking->ids);
    measure->asked++;
    asking->busy = true;
    if (rpc_ask(measure->rpc, peer->name, what, left < TRY ? left : TRY, on_answer, asking) < 0)
        refuse(asking, -EIO, "what the servers share cannot be reached");
}

/* Asks once the geometry is at the engine. */
static void ask_if_there(struct asking *asking)
{
    const struct session *session = room_session(asking->room);
    bool comes = session != NULL && (session->picture.parts != NULL || session->parts_making ||
                                     asking->room->looking || asking->room->whole);
    if (asking->room->parts.hash[0] != '\0')
        try_next(asking);
    else if (!comes || uv_now(asking->measure->node->loop) >= asking->until)
        refuse(asking, -ENODATA, "there is no exact geometry for this model");
}

int measure_ask(struct measure *measure, struct room *room, const char *tool, json_t *ids,
                pool_done done, void *arg)
{
    struct asking *asking = calloc(1, sizeof(*asking));
    char *copy = strdup(tool);
    if (asking == NULL || copy == NULL) {
        free(asking);
        free(copy);
        return -ENOMEM;
    }
    *asking = (struct asking){ .measure = measure,
                               .room = room,
                               .tool = copy,
                               .ids = json_incref(ids),
                               .until = uv_now(measure->node->loop) + measure->timeout,
                               .weight = UINT64_MAX,
                               .done = done,
                               .arg = arg };
    room->refs++;
    list_append(&measure->asking, &asking->link);
    ask_if_there(asking);
    return 0;
}

/* ---- now and then ---- */

void measure_tick(struct measure *measure)
{
    list_each(pos, next, &measure->asking) {
        struct asking *asking = list_entry(pos, struct asking, link);
        if (!asking->busy)
            ask_if_there(asking);
    }
    measure_answer_tick(measure);
}

void measure_end(struct measure *measure)
{
    while (!list_empty(&measure->asking))
        refuse(list_entry(measure->asking.next, struct asking, link), -EPIPE, "the server ends");
    measure_answer_end(measure);
}

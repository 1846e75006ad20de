/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    struct list link;
    uint64_t id;
    uint64_t until;
    rpc_done done;
    void *arg;
};

/* What was published: the engine answers how many have heard it. */
struct sent {
    struct rpc *rpc;
    uint64_t id;
};

void rpc_init(struct rpc *rpc, struct node *node,
              void (*question)(void *owner, const struct rpc_question *question, json_t *what),
              void *owner)
{
    memset(rpc, 0, sizeof(*rpc));
    rpc->node = node;
    rpc->question = question;
    rpc->owner = owner;
    /* Not the numbers of the time before a restart. */
    rpc->last = node->options.run & 0xffffffffffff;
    list_init(&rpc->asked);
}

void rpc_channel(const struct node *node, const char *name, char out[NODE_PREFIX + NODE_NAME + 8])
{
    snprintf(out, NODE_PREFIX + NODE_NAME + 8, "%snode:%s", node->options.prefix, name);
}

static struct asked *find(const struct rpc *rpc, uint64_t id)
{
    list_each(pos, next, &rpc->asked) {
        struct asked *asked = list_entry(pos, struct asked, link);
        if (asked->id == id)
            return asked;
    }
    return NULL;
}

static void finish(struct asked *asked, int error, const json_t *answer)
{
    list_remove(&asked->link);
    asked->done(asked->arg, error, answer);
    free(asked);
}

static void on_published(void *arg, struct resp *reply)
{
    struct sent *sent = arg;
    struct asked *asked = find(sent->rpc, sent->id);
    if (asked != NULL && reply == NULL)
        finish(asked, -EPIPE, NULL);
    else if (asked != NULL && (reply->kind != RESP_INTEGER || reply->integer == 0))
        finish(asked, -EHOSTUNREACH, NULL);
    free(sent);
}

/* Publishes JSON for a node; takes it over. */
static int publish(struct rpc *rpc, const char *name, json_t *json, uint64_t id)
{
    char channel[NODE_PREFIX + NODE_NAME + 8];
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    struct sent *sent = calloc(1, sizeof(*sent));
    int error = text == NULL || sent == NULL ? -ENOMEM : strlen(text) > RPC_MOST ? -EMSGSIZE : 0;
    rpc_channel(rpc->node, name, channel);
    if (error == 0) {
        *sent = (struct sent){ rpc, id };
        error = link_ask_text(&rpc->node->commands,
                              (const char *const[]){ "PUBLISH", channel, text, NULL }, on_published,
                              sent);
    }
    if (error < 0)
        free(sent);
    free(text);
    json_decref(json);
    return error;
}

int rpc_ask(struct rpc *rpc, const char *name, json_t *what, uint64_t wait, rpc_done done,
            void *arg)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    json_t *json = json_pack("{s:s, s:I, s:o}", "from", rpc->node->options.name, "id",
                             (json_int_t)++rpc->last, "ask", what);
    if (asked == NULL) {
        json_decref(json);
        return -ENOMEM;
    }
    int error = publish(rpc, name, json, rpc->last);
    if (error < 0) {
        free(asked);
        return error;
    }
    *asked = (struct asked){
        .id = rpc->last, .until = uv_now(rpc->node->loop) + wait, .done = done, .arg = arg
    };
    list_append(&rpc->asked, &asked->link);
    return 0;
}

void rpc_answer(struct rpc *rpc, const struct rpc_question *question, json_t *answer)
{
    /* No question has the number 0. */
    publish(rpc, question->from,
            json_pack("{s:I, s:o}", "id", (json_int_t)question->id, "answer", answer), 0);
}

void rpc_hear(struct rpc *rpc, const struct resp *text)
{
    struct rpc_question question = { 0 };
    json_t *json = text->size > RPC_MOST ? NULL : json_loadb(text->data, text->size, 0, NULL);
    const json_t *answer = json_object_get(json, "answer");
    json_t *what = json_object_get(json, "ask");
    const char *from = json_string_value(json_object_get(json, "from"));
    json_int_t id = json_integer_value(json_object_get(json, "id"));
    struct asked *asked = id > 0 && answer != NULL ? find(rpc, (uint64_t)id) : NULL;
    if (asked != NULL) {
        finish(asked, 0, answer);
    } else if (id > 0 && json_is_object(what) && from != NULL && node_name_ok(from)) {
        snprintf(question.from, sizeof(question.from), "%s", from);
        question.id = (uint64_t)id;
        rpc->question(rpc->owner, &question, what);
    }
    json_decref(json);
}

void rpc_tick(struct rpc *rpc)
{
    uint64_t now = uv_now(rpc->node->loop);
    list_each(pos, next, &rpc->asked) {
        struct asked *asked = list_entry(pos, struct asked, link);
        if (now >= asked->until)
            finish(asked, -ETIMEDOUT, NULL);
    }
}

void rpc_end(struct rpc *rpc)
{
    while (!list_empty(&rpc->asked))
        finish(list_entry(rpc->asked.next, struct asked, link), -EPIPE, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/pieces.h"

#define LOCK_LIFE "30000"   /* milliseconds */
#define SESSION_LIFE 604800 /* seconds without a show or a look: as in the script */
#define SESSIONS_MOST "100" /* sessions a sweep */

/* One of the names that the sweep looks at. */
struct candidate {
    struct node *node;
    char name[SESSION_NAME_MAX + 1];
};

static void list_key(const struct node *node, char key[NODE_PREFIX + 16])
{
    snprintf(key, NODE_PREFIX + 16, "%ssessions", node->options.prefix);
}

static void on_swept(void *arg, struct resp *reply)
{
    char key[NODE_PREFIX + 16];
    struct candidate *candidate = arg;
    struct node *node = candidate->node;
    if (reply != NULL && !node->closing && reply->kind == RESP_ARRAY && reply->count > 0 &&
        reply->items[0].kind == RESP_STRING_VALUE && strcmp(reply->items[0].data, "gone") == 0) {
        list_key(node, key);
        node_say(node, &node->commands,
                 (const char *const[]){ "ZREM", key, candidate->name, NULL });
        log_info(node->log, "cluster", "session %s is forgotten: it was not used for a week",
                 candidate->name);
    }
    free(candidate);
}

/* All keys of a session but its pieces, which go by themselves. */
static void sweep_session(struct node *node, const char *name)
{
    static const char *const ends[] = { "s", "c", "v", "png", "here" };
    char keys[5][PIECES_BASE];
    struct candidate *candidate = calloc(1, sizeof(*candidate));
    if (candidate == NULL)
        return;
    candidate->node = node;
    snprintf(candidate->name, sizeof(candidate->name), "%s", name);
    for (size_t i = 0; i < 5; i++)
        snprintf(keys[i], sizeof(keys[i]), "%s{%s}:%s", node->options.prefix, name, ends[i]);
    const char *const words[] = { "EVALSHA", node->script, "5",     keys[0], keys[1],
                                  keys[2],   keys[3],      keys[4], "sweep", NULL };
    if (link_ask_text(&node->commands, words, on_swept, candidate) < 0)
        free(candidate);
}

static void on_names(void *arg, struct resp *reply)
{
    struct node *node = arg;
    if (reply == NULL || node->closing || reply->kind != RESP_ARRAY || !node_is_ready(node))
        return;
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->items[i].kind == RESP_STRING_VALUE && session_name_ok(reply->items[i].data))
            sweep_session(node, reply->items[i].data);
    }
}

/* Names whose last show is old; one that is looked at since is kept by the script. */
static void on_lock(void *arg, struct resp *reply)
{
    char key[NODE_PREFIX + 16];
    char nodes[NODE_PREFIX + 16];
    char before[32];
    struct node *node = arg;
    if (reply == NULL || node->closing || reply->kind != RESP_STATUS || !node_is_ready(node))
        return;
    list_key(node, key);
    snprintf(nodes, sizeof(nodes), "%snodes", node->options.prefix);
    snprintf(before, sizeof(before), "%lld000", (long long)time(NULL) - SESSION_LIFE);
    node_say(node, &node->commands,
             (const char *const[]){ "EVALSHA", node->script, "1", nodes, "nodes", NULL });
    link_ask_text(&node->commands,
                  (const char *const[]){ "ZRANGEBYSCORE", key, "-inf", before, "LIMIT", "0",
                                         SESSIONS_MOST, NULL },
                  on_names, node);
}

void sweep(struct node *node)
{
    char key[NODE_PREFIX + 16];
    snprintf(key, sizeof(key), "%ssweep", node->options.prefix);
    link_ask_text(
        &node->commands,
        (const char *const[]){ "SET", key, node->options.name, "NX", "PX", LOCK_LIFE, NULL },
        on_lock, node);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/hub_list.h"

/* Milliseconds between two readings: after a change if a page here shows the list, after a change
 * if none does, and in any case. */
#define PAUSE_LOOKED 1000
#define PAUSE_CHANGED 5000
#define PAUSE_MOST 30000

void catalog_channel(const struct node *node, char out[NODE_PREFIX + 16])
{
    snprintf(out, NODE_PREFIX + 16, "%sall", node->options.prefix);
}

/* Adds what one node says of a session to its row. What nodes say that have gone is not counted. */
static void add_node(const struct catalog *catalog, json_t *row, const char *name,
                     const json_t *here)
{
    static const char *const counts[] = { "browsers", "kernels" };
    const struct presence_peer *peer = presence_find(catalog->presence, name);
    const json_t *models = json_object_get(here, "models");
    if (peer == NULL || (uint64_t)json_integer_value(json_object_get(here, "run")) != peer->run)
        return;
    for (size_t i = 0; i < 2; i++) {
        json_int_t more = json_integer_value(json_object_get(here, counts[i]));
        json_int_t sum = json_integer_value(json_object_get(row, counts[i]));
        if (more > 0 && more < 1000000)
            json_object_set_new(row, counts[i], json_integer(sum + more));
    }
    if (json_array_size(models) > json_array_size(json_object_get(row, "models")) &&
        json_array_size(models) <= HUB_LIST_MODELS) {
        json_object_set_new(row, "models", json_deep_copy(models));
        json_object_set_new(row, "kernel", json_sprintf("node %.70s", name));
    }
}

/* A row of the list from what the engine has: a name, a time in milliseconds, and what each node
 * says of the session. */
static json_t *row_of(const struct catalog *catalog, const struct resp *items)
{
    const struct resp *nodes = &items[2];
    json_int_t when = (json_int_t)(strtod(items[1].data, NULL) / 1000);
    json_t *row = hub_list_row(items[0].data, when);
    for (size_t i = 0; row != NULL && i + 1 < nodes->count; i += 2) {
        const struct resp *name = &nodes->items[i];
        const struct resp *text = &nodes->items[i + 1];
        if (name->kind != RESP_STRING_VALUE || text->kind != RESP_STRING_VALUE)
            continue;
        json_t *here = json_loadb(text->data, text->size, 0, NULL);
        add_node(catalog, row, name->data, here);
        json_decref(here);
    }
    return row;
}

static void on_list(void *arg, struct resp *reply)
{
    struct catalog *catalog = arg;
    if (reply == NULL || catalog->node->closing || reply->kind != RESP_ARRAY || reply->count < 4 ||
        reply->items[3].kind != RESP_ARRAY)
        return;
    const struct resp *list = &reply->items[3];
    json_t *rows = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct resp *row = &list->items[i];
        if (row->kind == RESP_ARRAY && row->count == 3 && row->items[0].kind == RESP_STRING_VALUE &&
            row->items[1].kind == RESP_STRING_VALUE && row->items[2].kind == RESP_ARRAY &&
            session_name_ok(row->items[0].data))
            json_array_append_new(rows, row_of(catalog, row->items));
    }
    hub_list_elsewhere(catalog->node->hub, rows);
}

void catalog_tick(struct catalog *catalog)
{
    char key[NODE_PREFIX + 16];
    struct node *node = catalog->node;
    uint64_t now = uv_now(node->loop);
    uint64_t pause = !catalog->changed              ? PAUSE_MOST
                     : hub_list_is_shown(node->hub) ? PAUSE_LOOKED
                                                    : PAUSE_CHANGED;
    if (!node_is_ready(node) || !catalog->presence->read ||
        (catalog->asked_at != 0 && now - catalog->asked_at < pause))
        return;
    snprintf(key, sizeof(key), "%ssessions", node->options.prefix);
    const char *const words[] = { "EVALSHA", node->script,         "1", key,
                                  "list",    node->options.prefix, NULL };
    if (link_ask_text(&node->commands, words, on_list, catalog) < 0)
        return;
    catalog->asked_at = now;
    catalog->changed = false;
}

void catalog_lost(struct catalog *catalog)
{
    catalog->asked_at = 0;
    hub_list_elsewhere(catalog->node->hub, NULL);
}

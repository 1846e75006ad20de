/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEAT 3000 /* milliseconds between two beats */

/* After so many beats all is told again that the engine may have lost. */
#define BEATS_AGAIN 10

/* So many other nodes a beat are read at most, on average: with more of them the lines are read at
 * every second beat, and so on. */
#define READ_MOST 16

void presence_init(struct presence *presence, struct node *node,
                   void (*beat)(void *owner, bool again), void *owner)
{
    memset(presence, 0, sizeof(*presence));
    presence->node = node;
    presence->beat = beat;
    presence->owner = owner;
    list_init(&presence->peers);
}

void presence_free(struct presence *presence)
{
    list_each(pos, next, &presence->peers) {
        list_remove(pos);
        free(list_entry(pos, struct presence_peer, link));
    }
    presence->count = 0;
}

void presence_lost(struct presence *presence)
{
    presence_free(presence);
    presence->beats = 0;
    presence->beat_at = 0;
    presence->read = false;
}

const struct presence_peer *presence_find(const struct presence *presence, const char *name)
{
    list_each(pos, next, &presence->peers) {
        const struct presence_peer *peer = list_entry(pos, struct presence_peer, link);
        if (strcmp(peer->name, name) == 0)
            return peer;
    }
    return NULL;
}

/* ---- the lines of others ---- */

static void copy_text(char *out, size_t room, const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    snprintf(out, room, "%s", text == NULL ? "" : text);
}

static uint64_t number_of(const json_t *json, const char *key)
{
    json_int_t number = json_integer_value(json_object_get(json, key));
    return number < 0 ? 0 : (uint64_t)number;
}

/* A line is the time, a space, and JSON. */
static void take_line(struct presence *presence, const char *name, const struct resp *line,
                      uint64_t now)
{
    uint64_t then = strtoull(line->data, NULL, 10);
    const char *text = strchr(line->data, ' ');
    uint64_t age = now > then ? now - then : 0;
    if (!node_name_ok(name) || text == NULL || age > PRESENCE_GONE ||
        strcmp(name, presence->node->options.name) == 0)
        return;
    json_t *json = json_loads(text, 0, NULL);
    struct presence_peer *peer = calloc(1, sizeof(*peer));
    if (json != NULL && peer != NULL) {
        snprintf(peer->name, sizeof(peer->name), "%s", name);
        copy_text(peer->version, sizeof(peer->version), json, "version");
        copy_text(peer->address, sizeof(peer->address), json, "address");
        peer->places = (unsigned)number_of(json, "places");
        peer->run = number_of(json, "run");
        peer->age = age;
        list_append(&presence->peers, &peer->link);
        presence->count++;
    } else {
        free(peer);
    }
    json_decref(json);
}

static void on_beat(void *arg, struct resp *reply)
{
    struct presence *presence = arg;
    if (reply == NULL || presence->node->closing)
        return;
    if (reply->kind != RESP_ARRAY || reply->count < 4 || reply->items[2].kind != RESP_INTEGER ||
        reply->items[3].kind != RESP_ARRAY)
        return;
    const struct resp *lines = &reply->items[3];
    presence_free(presence);
    presence->read = true;
    for (size_t i = 0; i + 1 < lines->count; i += 2) {
        if (lines->items[i].kind == RESP_STRING_VALUE &&
            lines->items[i + 1].kind == RESP_STRING_VALUE)
            take_line(presence, lines->items[i].data, &lines->items[i + 1],
                      (uint64_t)reply->items[2].integer);
    }
}

/* ---- the own one ---- */

static json_t *describe_own(const struct node *node)
{
    const struct node_options *options = &node->options;
    return json_pack("{s:s, s:s, s:i, s:I}", "version", options->version, "address",
                     options->address, "places", (int)options->places, "run",
                     (json_int_t)options->run);
}

static void send_beat(struct presence *presence)
{
    char key[NODE_PREFIX + 16];
    struct node *node = presence->node;
    json_t *json = describe_own(node);
    char *line = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    bool all = !presence->read || presence->beats % (1 + presence->count / READ_MOST) == 0;
    snprintf(key, sizeof(key), "%snodes", node->options.prefix);
    const char *const words[] = { "EVALSHA", node->script,    "1", key, "beat", node->options.name,
                                  line,      all ? "1" : "0", NULL };
    if (line != NULL)
        link_ask_text(&node->commands, words, on_beat, presence);
    free(line);
    json_decref(json);
}

void presence_tick(struct presence *presence)
{
    uint64_t now = uv_now(presence->node->loop);
    if (!node_is_ready(presence->node) ||
        (presence->beat_at != 0 && now - presence->beat_at < BEAT))
        return;
    presence->beat_at = now;
    send_beat(presence);
    presence->beat(presence->owner, presence->beats % BEATS_AGAIN == 0);
    presence->beats++;
}

/* ---- for people ---- */

json_t *presence_describe(const struct presence *presence)
{
    json_t *rows = json_array();
    const struct node_options *own = &presence->node->options;
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", own->name, "version",
                                          own->version, "address", own->address, "places",
                                          (int)own->places, "age", 0));
    list_each(pos, next, &presence->peers) {
        const struct presence_peer *peer = list_entry(pos, struct presence_peer, link);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", peer->name,
                                              "version", peer->version, "address", peer->address,
                                              "places", (int)peer->places, "age", (int)peer->age));
    }
    return rows;
}

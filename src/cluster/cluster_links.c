/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The connections to the engine, and what comes from them. */
#include "cluster/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/room.h"
#include "cluster/script.h"

static void each_room(struct cluster *cluster, void (*act)(struct room *room))
{
    list_each(pos, next, &cluster->node.rooms)
        act(list_entry(pos, struct room, link));
}

void cluster_part_closed(void *owner)
{
    struct cluster *cluster = owner;
    cluster->node.open--;
    node_settle(&cluster->node);
}

/* One name for the same model at all nodes: a page that comes from another one need not fetch it
 * again, and finds its view. The first node's key is that of all. */
static void on_key(void *arg, struct resp *reply)
{
    uint8_t key[32];
    struct node *node = &((struct cluster *)arg)->node;
    if (reply == NULL || node->closing || reply->kind != RESP_STRING_VALUE || reply->size != 64 ||
        strspn(reply->data, "0123456789abcdef") != 64)
        return;
    for (size_t i = 0; i < sizeof(key); i++) {
        const char digits[3] = { reply->data[2 * i], reply->data[2 * i + 1], '\0' };
        key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    if (memcmp(key, node->options.model_key, sizeof(key)) == 0)
        return;
    memcpy(node->options.model_key, key, sizeof(key));
    node->options.keyed(node->options.owner);
}

static void ask_key(struct cluster *cluster)
{
    char name[NODE_PREFIX + 16];
    char text[65];
    struct node *node = &cluster->node;
    snprintf(name, sizeof(name), "%skey", node->options.prefix);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", node->options.model_key[i]);
    node_say(node, &node->commands, (const char *const[]){ "SET", name, text, "NX", NULL });
    link_ask_text(&node->commands, (const char *const[]){ "GET", name, NULL }, on_key, cluster);
}

static void on_script(void *arg, struct resp *reply)
{
    struct cluster *cluster = arg;
    if (reply == NULL || cluster->node.closing)
        return;
    if (reply->kind != RESP_STRING_VALUE || reply->size != sizeof(cluster->node.script) - 1) {
        link_fail(&cluster->node.commands,
                  reply->kind == RESP_ERROR ? reply->data : "it does not load scripts");
        return;
    }
    snprintf(cluster->node.script, sizeof(cluster->node.script), "%s", reply->data);
    log_info(cluster->node.log, "cluster", "node %s shares its sessions through %s",
             cluster->node.options.name, cluster->node.options.engine.place);
    cluster->gone_since = 0;
    cluster->told = false;
    ask_key(cluster);
    each_room(cluster, room_ready);
    node_soon(&cluster->node);
}

static void on_commands_ready(void *owner)
{
    struct cluster *cluster = owner;
    const char *const words[] = { "SCRIPT", "LOAD", script_text(), NULL };
    node_ask_clock(&cluster->node, true);
    link_ask_text(&cluster->node.commands, words, on_script, cluster);
}

bool cluster_has_sentinels(const struct cluster *cluster)
{
    return cluster->node.options.engine.master[0] != '\0';
}

const char *cluster_trouble(const struct cluster *cluster)
{
    const char *own = cluster->node.commands.trouble;
    return own[0] == '\0' ? cluster->sentinel.trouble : own;
}

void cluster_tell_gone(struct cluster *cluster)
{
    if (cluster->told || cluster->node.closing)
        return;
    cluster->told = true;
    log_warning(cluster->node.log, "cluster",
                "%s cannot be used: %s; this node works alone until then",
                cluster->node.options.engine.place, cluster_trouble(cluster));
}

static void on_commands_lost(void *owner)
{
    struct cluster *cluster = owner;
    if (cluster->gone_since == 0)
        cluster->gone_since = uv_now(cluster->node.loop);
    cluster->node.script[0] = '\0';
    cluster->losses++;
    presence_lost(&cluster->presence);
    catalog_lost(&cluster->catalog);
    cluster_tell_gone(cluster);
}

static void on_ready(void *owner)
{
    struct cluster *cluster = owner;
    node_soon(&cluster->node);
}

static void on_notices_ready(void *owner)
{
    char channel[NODE_PREFIX + 16];
    struct cluster *cluster = owner;
    struct node *node = &cluster->node;
    char wants[PIECES_BASE];
    char own[NODE_PREFIX + NODE_NAME + 8];
    catalog_channel(node, channel);
    node_want_channel(node, wants);
    rpc_channel(node, node->options.name, own);
    node_say(node, &node->notices, (const char *const[]){ "SUBSCRIBE", channel, NULL });
    node_say(node, &node->notices, (const char *const[]){ "SUBSCRIBE", own, NULL });
    node_say(node, &node->notices, (const char *const[]){ "SUBSCRIBE", wants, NULL });
    cluster->catalog.changed = true;
    node_soon(node);
}

static void on_lost(void *owner)
{
}

static void unsubscribed(struct room *room)
{
    room->subscribed = false;
}

static void on_notices_lost(void *owner)
{
    each_room(owner, unsubscribed);
}

/* Another node misses the pieces of a session's picture. */
static void on_want(struct cluster *cluster, const char *text)
{
    char name[SESSION_NAME_MAX + 1];
    char hash[PIECES_HASH];
    _Static_assert(SESSION_NAME_MAX == 64 && PIECES_HASH == 65, "as in the next line");
    if (sscanf(text, "%64s %64s", name, hash) != 2)
        return;
    struct session *session = hub_find(cluster->node.hub, name);
    if (session == NULL || session->room == NULL)
        return;
    room_give(session->room, hash);
    room_parts_give(session->room, hash);
}

/* The name of a session's channel is the prefix, the session in braces, and ":n". */
static void on_message(void *owner, const struct resp *channel, const struct resp *text)
{
    struct cluster *cluster = owner;
    char own[PIECES_BASE];
    char own_node[NODE_PREFIX + NODE_NAME + 8];
    node_want_channel(&cluster->node, own);
    if (strcmp(own, channel->data) == 0) {
        on_want(cluster, text->data);
        return;
    }
    catalog_channel(&cluster->node, own);
    if (strcmp(own, channel->data) == 0) {
        cluster->catalog.changed = true;
        return;
    }
    rpc_channel(&cluster->node, cluster->node.options.name, own_node);
    if (strcmp(own_node, channel->data) == 0) {
        rpc_hear(&cluster->rpc, text);
        return;
    }
    list_each(pos, next, &cluster->node.rooms) {
        struct room *room = list_entry(pos, struct room, link);
        room_channel(room, own);
        if (strcmp(own, channel->data) == 0) {
            room_hear(room, text->data);
            return;
        }
    }
}

static void on_master(void *owner, const char *host, uint16_t port)
{
    struct cluster *cluster = owner;
    struct node *node = &cluster->node;
    struct engine *engine = &node->options.engine;
    if (engine->port == port && strcmp(engine->host, host) == 0)
        return;
    engine_move(engine, host, port);
    log_info(node->log, "cluster", "%s is the master %s", engine->place, engine->master);
    link_move(&node->commands, "another server is the master");
    link_move(&node->notices, "another server is the master");
    link_move(&node->bulk, "another server is the master");
}

void cluster_links_start(struct cluster *cluster, struct io_budget *budget)
{
    static const struct link_events commands = { .ready = on_commands_ready,
                                                 .lost = on_commands_lost,
                                                 .closed = cluster_part_closed };
    static const struct link_events notices = { .ready = on_notices_ready,
                                                .lost = on_notices_lost,
                                                .message = on_message,
                                                .closed = cluster_part_closed };
    static const struct link_events bulk = { .ready = on_ready,
                                             .lost = on_lost,
                                             .closed = cluster_part_closed };
    const struct {
        struct link *link;
        const struct link_events *events;
    } links[] = { { &cluster->node.commands, &commands },
                  { &cluster->node.notices, &notices },
                  { &cluster->node.bulk, &bulk } };
    struct link_setup setup = { .loop = cluster->node.loop,
                                .budget = budget,
                                .engine = &cluster->node.options.engine,
                                .tls = cluster->node.tls,
                                .name = cluster->node.options.name };
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        link_start(links[i].link, &setup, links[i].events, cluster);
        cluster->node.open++;
    }
    if (cluster_has_sentinels(cluster)) {
        cluster->sentinel.found = on_master;
        cluster->sentinel.closed = cluster_part_closed;
        cluster->sentinel.owner = cluster;
        sentinel_start(&cluster->sentinel, &setup, &cluster->node.options.engine);
        cluster->node.open++;
    }
}

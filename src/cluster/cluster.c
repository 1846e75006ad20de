/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/room.h"
#include "cluster/script.h"
#include "cluster/sweep.h"
#include "view/hub_notice.h"
#include "view/session.h"

/* Milliseconds. */
#define LOOK_INTERVAL 2000     /* between two comparisons of what pages show with the engine */
#define LOOK_ALL 10            /* every so many of them, also of what no page shows */
#define NOTICE_AFTER 3000      /* without the engine: pages say so */
#define SENTINEL_PATIENCE 2000 /* without the engine: another Sentinel is asked */

/* ---- the connections ---- */

static void each_room(struct cluster *cluster, void (*act)(struct room *room))
{
    list_each(pos, next, &cluster->node.rooms)
        act(list_entry(pos, struct room, link));
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

static bool has_sentinels(const struct cluster *cluster)
{
    return cluster->node.options.engine.master[0] != '\0';
}

/* Why the engine cannot be used; "": it can, or nothing is known yet. */
static const char *trouble(const struct cluster *cluster)
{
    const char *own = cluster->node.commands.trouble;
    return own[0] == '\0' ? cluster->sentinel.trouble : own;
}

/* Logs once why the engine cannot be used. */
static void tell_gone(struct cluster *cluster)
{
    if (cluster->told || cluster->node.closing)
        return;
    cluster->told = true;
    log_warning(cluster->node.log, "cluster",
                "%s cannot be used: %s; this node works alone until then",
                cluster->node.options.engine.place, trouble(cluster));
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
    tell_gone(cluster);
}

static void on_ready(void *owner)
{
    struct cluster *cluster = owner;
    node_soon(&cluster->node);
}

static void on_notices_ready(void *owner)
{
    char channel[NODE_PREFIX + 16];
    char wants[PIECES_BASE];
    struct cluster *cluster = owner;
    struct node *node = &cluster->node;
    catalog_channel(node, channel);
    node_want_channel(node, wants);
    node_say(node, &node->notices, (const char *const[]){ "SUBSCRIBE", channel, NULL });
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
    if (session != NULL && session->room != NULL)
        room_give(session->room, hash);
}

/* The name of a session's channel is the prefix, the session in braces, and ":n". */
static void on_message(void *owner, const struct resp *channel, const struct resp *text)
{
    struct cluster *cluster = owner;
    char own[PIECES_BASE];
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
    list_each(pos, next, &cluster->node.rooms) {
        struct room *room = list_entry(pos, struct room, link);
        room_channel(room, own);
        if (strcmp(own, channel->data) == 0) {
            room_hear(room, text->data);
            return;
        }
    }
}

static void on_settled(struct node *node)
{
    struct cluster *cluster = list_entry(node, struct cluster, node);
    void (*closed)(void *arg) = cluster->closed;
    void *arg = cluster->arg;
    each_room(cluster, room_end);
    presence_free(&cluster->presence);
    tls_context_unref(cluster->node.tls);
    free(cluster);
    closed(arg);
}

static void on_closed(void *owner)
{
    struct cluster *cluster = owner;
    cluster->node.open--;
    node_settle(&cluster->node);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_closed(handle->data);
}

/* ---- what happened to sessions ---- */

/* The room of a session, made if there is none; NULL: no memory. */
static struct room *room_of(struct cluster *cluster, struct session *session)
{
    if (session->room == NULL)
        session->room = room_new(&cluster->node, session);
    return session->room;
}

static void on_soon(uv_timer_t *timer)
{
    each_room(timer->data, room_work);
}

void cluster_changed(struct cluster *cluster, struct session *session, enum view_change change)
{
    if (cluster == NULL || cluster->node.closing || cluster->node.applying)
        return;
    if (change == VIEW_CHANGE_VIEW || change == VIEW_CHANGE_SELECTION)
        return;
    struct room *room = room_of(cluster, session);
    if (room == NULL)
        return;
    if (change == VIEW_CHANGE_SHOWN || change == VIEW_CHANGE_CLEARED)
        room->shown = true;
    if (change == VIEW_CHANGE_BROWSERS && session->browsers > 0) {
        room->dropped = false;
        room->visited = uv_now(cluster->node.loop) + 1;
    }
    node_soon(&cluster->node);
}

void cluster_keep(struct cluster *cluster, struct session *session)
{
    if (cluster != NULL && !cluster->node.applying)
        node_soon(&cluster->node);
}

void cluster_end(struct cluster *cluster, struct session *session)
{
    if (cluster != NULL && !cluster->node.closing && session->room != NULL)
        room_end(session->room);
    session->room = NULL;
}

void cluster_renamed(struct cluster *cluster, struct session *session)
{
    cluster_end(cluster, session);
    if (cluster != NULL && !cluster->node.closing && room_of(cluster, session) != NULL)
        node_soon(&cluster->node);
}

/* ---- Sentinels ---- */

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

/* A master that does not answer is asked for at each tick; if that helps nothing, another Sentinel
 * may know better. */
static void ask_sentinel(struct cluster *cluster)
{
    uint64_t now = uv_now(cluster->node.loop);
    if (!has_sentinels(cluster))
        return;
    if (node_is_ready(&cluster->node)) {
        cluster->asked = now;
    } else if (now - cluster->asked > SENTINEL_PATIENCE) {
        cluster->asked = now;
        sentinel_next(&cluster->sentinel);
    }
    sentinel_ask(&cluster->sentinel);
}

/* ---- now and then ---- */

static void tell_pages(struct cluster *cluster)
{
    const char *text = "";
    uint64_t now = uv_now(cluster->node.loop);
    if (cluster->gone_since != 0 && trouble(cluster)[0] != '\0')
        tell_gone(cluster);
    if (cluster->gone_since != 0 && now >= cluster->gone_since + NOTICE_AFTER) {
        text = "The other servers do not see this: what they share cannot be reached.";
    } else if (cluster->node.full_since != 0) {
        text = "The other servers do not see this: what they share has no memory left.";
    }
    hub_notice_set(cluster->node.hub, "cluster", text);
}

/* Told at the pace of the beats. */
static void on_beat(void *owner, bool again)
{
    struct cluster *cluster = owner;
    list_each(pos, next, &cluster->node.rooms)
        room_tell_here(list_entry(pos, struct room, link), again);
    if (again)
        sweep(&cluster->node);
}

static void look_around(struct cluster *cluster)
{
    bool all = cluster->looks++ % LOOK_ALL == 0;
    node_ask_clock(&cluster->node, false);
    list_each(pos, next, &cluster->node.rooms) {
        struct room *room = list_entry(pos, struct room, link);
        if (room_is_followed(room) || (all && room_is_here(room)))
            room_look(room);
    }
    /* A subscription that died without a word is found by its silence. */
    node_say(&cluster->node, &cluster->node.notices, (const char *const[]){ "PING", NULL });
}

void cluster_tick(struct cluster *cluster)
{
    if (cluster == NULL || cluster->node.closing)
        return;
    list_each(pos, next, &cluster->node.hub->sessions)
        room_of(cluster, list_entry(pos, struct session, link));
    ask_sentinel(cluster);
    tell_pages(cluster);
    presence_tick(&cluster->presence);
    catalog_tick(&cluster->catalog);
    uint64_t now = uv_now(cluster->node.loop);
    if (now - cluster->looked >= LOOK_INTERVAL && node_is_ready(&cluster->node)) {
        cluster->looked = now;
        look_around(cluster);
    }
    node_soon(&cluster->node);
}

json_t *cluster_describe(const struct cluster *cluster)
{
    json_int_t due = 0;
    if (cluster == NULL)
        return json_null();
    list_each(pos, next, &cluster->node.rooms)
        due += list_entry(pos, struct room, link)->due;
    return json_pack(
        "{s:s, s:s, s:b, s:b, s:s, s:I, s:I, s:I, s:I, s:o}", "node", cluster->node.options.name,
        "engine", cluster->node.options.engine.place, "connected", node_is_ready(&cluster->node),
        "full", cluster->node.full_since != 0, "trouble", trouble(cluster), "due", due, "shown",
        (json_int_t)cluster->node.shown, "heard", (json_int_t)cluster->node.heard, "lag",
        (json_int_t)cluster->node.lag, "nodes", presence_describe(&cluster->presence));
}

/* ---- the beginning and the end ---- */

static void start_links(struct cluster *cluster, struct io_budget *budget)
{
    static const struct link_events commands = { .ready = on_commands_ready,
                                                 .lost = on_commands_lost,
                                                 .closed = on_closed };
    static const struct link_events notices = { .ready = on_notices_ready,
                                                .lost = on_notices_lost,
                                                .message = on_message,
                                                .closed = on_closed };
    static const struct link_events bulk = { .ready = on_ready,
                                             .lost = on_lost,
                                             .closed = on_closed };
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
    if (has_sentinels(cluster)) {
        cluster->sentinel.found = on_master;
        cluster->sentinel.closed = on_closed;
        cluster->sentinel.owner = cluster;
        sentinel_start(&cluster->sentinel, &setup, &cluster->node.options.engine);
        cluster->node.open++;
    }
}

int cluster_new(struct cluster **out, uv_loop_t *loop, struct io_budget *budget, struct hub *hub,
                const struct node_options *options)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));
    *out = cluster;
    if (cluster == NULL)
        return -ENOMEM;
    cluster->node.options = *options;
    cluster->node.loop = loop;
    cluster->node.hub = hub;
    cluster->node.log = hub->view.log;
    cluster->node.jobs = (struct work_jobs){ .loop = loop };
    cluster->gone_since = uv_now(loop) + 1;
    list_init(&cluster->node.rooms);
    presence_init(&cluster->presence, &cluster->node, on_beat, cluster);
    cluster->catalog = (struct catalog){ .node = &cluster->node, .presence = &cluster->presence };
    if (options->engine.tls &&
        tls_context_new_client(&cluster->node.tls, options->engine.host) < 0) {
        free(cluster);
        *out = NULL;
        return -ENOMEM;
    }
    uv_timer_init(loop, &cluster->node.timer);
    cluster->node.timer.data = cluster;
    cluster->node.work = on_soon;
    cluster->node.settled = on_settled;
    cluster->node.open = 1;
    start_links(cluster, budget);
    return 0;
}

void cluster_close(struct cluster *cluster, void (*closed)(void *arg), void *arg)
{
    if (cluster->node.closing)
        return;
    cluster->node.closing = true;
    cluster->closed = closed;
    cluster->arg = arg;
    uv_close((uv_handle_t *)&cluster->node.timer, on_timer_closed);
    link_close(&cluster->node.commands);
    link_close(&cluster->node.notices);
    link_close(&cluster->node.bulk);
    if (has_sentinels(cluster))
        sentinel_close(&cluster->sentinel);
}

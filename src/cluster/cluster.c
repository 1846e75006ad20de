/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/room.h"
#include "cluster/sweep.h"
#include "view/hub_notice.h"
#include "view/session.h"

/* Milliseconds. */
#define LOOK_INTERVAL 2000     /* between two comparisons of what pages show with the engine */
#define LOOK_ALL 10            /* every so many of them, also of what no page shows */
#define NOTICE_AFTER 3000      /* without the engine: pages say so */
#define SENTINEL_PATIENCE 2000 /* without the engine: another Sentinel is asked */

static void each_room(struct cluster *cluster, void (*act)(struct room *room))
{
    list_each(pos, next, &cluster->node.rooms)
        act(list_entry(pos, struct room, link));
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

static void on_timer_closed(uv_handle_t *handle)
{
    cluster_part_closed(handle->data);
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
    struct room *room = change == VIEW_CHANGE_SELECTION ? NULL : room_of(cluster, session);
    if (room == NULL)
        return;
    /* Given to the engine at the next tick: a camera moves 60 times a second. */
    if (change == VIEW_CHANGE_VIEW) {
        room->views.due = true;
        return;
    }
    room->views.come |= change == VIEW_CHANGE_BROWSERS;
    if (change == VIEW_CHANGE_SHOWN || change == VIEW_CHANGE_CLEARED) {
        /* Before its kernel is answered, and may show at another node. */
        room->shown = node_stamp(&cluster->node, 0);
        room_parts_replaced(room);
    }
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

/* ---- measuring ---- */

static void on_question(void *owner, const struct rpc_question *question, json_t *what)
{
    struct cluster *cluster = owner;
    const char *kind = json_string_value(json_object_get(what, "what"));
    if (kind != NULL && strcmp(kind, "measure") == 0)
        measure_hear(&cluster->measure, question, what);
    else if (kind != NULL && strcmp(kind, "shot") == 0)
        shots_hear(&cluster->shots, question, what);
}

int cluster_shot(struct cluster *cluster, struct session *session, shots_done done, void *arg)
{
    if (cluster == NULL || cluster->node.closing || session->room == NULL)
        return -ENOTSUP;
    return shots_ask(&cluster->shots, session->room, done, arg);
}

bool cluster_shot_sent(struct cluster *cluster, const char *filename, const json_t *data_url)
{
    return cluster != NULL && shots_sent(&cluster->shots, filename, data_url);
}

bool cluster_want_parts(struct cluster *cluster, struct session *session)
{
    return cluster != NULL && !cluster->node.closing && session->room != NULL &&
           room_parts_want(session->room);
}

int cluster_measure(struct cluster *cluster, struct session *session, const char *tool, json_t *ids,
                    pool_done done, void *arg)
{
    if (cluster == NULL || cluster->node.closing)
        return -ENOTSUP;
    struct room *room = room_of(cluster, session);
    return room == NULL ? -ENOMEM : measure_ask(&cluster->measure, room, tool, ids, done, arg);
}

/* Pages are told once other nodes can measure for this one, or cannot any more. */
static void tell_measuring(struct cluster *cluster)
{
    struct hub *hub = cluster->node.hub;
    bool remote = cluster->node.options.asks && measure_possible(&cluster->measure);
    if (remote == hub->view.options.remote)
        return;
    hub->view.options.remote = remote;
    list_each(pos, next, &hub->sessions)
        list_entry(pos, struct session, link)->greet = true;
}

/* ---- Sentinels ---- */

/* A master that does not answer is asked for at each tick; if that helps nothing, another Sentinel
 * may know better. */
static void ask_sentinel(struct cluster *cluster)
{
    uint64_t now = uv_now(cluster->node.loop);
    if (!cluster_has_sentinels(cluster))
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
    if (cluster->gone_since != 0 && cluster_trouble(cluster)[0] != '\0')
        cluster_tell_gone(cluster);
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

static void push_views(struct cluster *cluster)
{
    list_each(pos, next, &cluster->node.rooms)
        room_views_push(list_entry(pos, struct room, link));
}

static void look_around(struct cluster *cluster)
{
    bool all = cluster->looks++ % LOOK_ALL == 0;
    node_ask_clock(&cluster->node, false);
    list_each(pos, next, &cluster->node.rooms) {
        struct room *room = list_entry(pos, struct room, link);
        if (room_is_followed(room) || (all && (room_is_here(room) || room->held.number != 0)))
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
    rpc_tick(&cluster->rpc);
    measure_tick(&cluster->measure);
    tell_measuring(cluster);
    push_views(cluster);
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
        "full", cluster->node.full_since != 0, "trouble", cluster_trouble(cluster), "due", due,
        "shown", (json_int_t)cluster->node.shown, "heard", (json_int_t)cluster->node.heard, "lag",
        (json_int_t)cluster->node.lag, "nodes", presence_describe(&cluster->presence));
}

/* ---- the beginning and the end ---- */

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
    rpc_init(&cluster->rpc, &cluster->node, on_question, cluster);
    shots_init(&cluster->shots, &cluster->node, &cluster->rpc, &cluster->presence);
    measure_init(&cluster->measure, &cluster->node, &cluster->rpc, &cluster->presence);
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
    cluster_links_start(cluster, budget);
    return 0;
}

void cluster_close(struct cluster *cluster, void (*closed)(void *arg), void *arg)
{
    if (cluster->node.closing)
        return;
    rpc_end(&cluster->rpc);
    measure_end(&cluster->measure);
    shots_end(&cluster->shots);
    cluster->node.closing = true;
    cluster->closed = closed;
    cluster->arg = arg;
    uv_close((uv_handle_t *)&cluster->node.timer, on_timer_closed);
    link_close(&cluster->node.commands);
    link_close(&cluster->node.notices);
    link_close(&cluster->node.bulk);
    if (cluster_has_sentinels(cluster))
        sentinel_close(&cluster->sentinel);
}

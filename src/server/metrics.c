/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/metrics.h"

#include <stdio.h>

#include "base/block_cache.h"
#include "base/sys.h"
#include "cluster/cluster.h"
#include "conn/conn.h"
#include "geometry/mesher.h"
#include "geometry/pool.h"
#include "server/server.h"

static void add(struct text *out, const char *name, const char *kind, const char *help,
                uint64_t value)
{
    text_format(out, "# HELP cadcast_%s %s\n# TYPE cadcast_%s %s\ncadcast_%s %llu\n", name, help,
                name, kind, name, (unsigned long long)value);
}

static void add_messages(struct text *out, const struct hub *hub)
{
    text_add(out, "# HELP cadcast_messages_total Messages by kind\n"
                  "# TYPE cadcast_messages_total counter\n");
    for (int kind = 'A'; kind <= 'Z'; kind++) {
        if (hub->messages[kind] > 0)
            text_format(out, "cadcast_messages_total{kind=\"%c\"} %llu\n", kind,
                        (unsigned long long)hub->messages[kind]);
    }
}

/* Adds the metrics of the send queues of all connections. */
static void add_queues(struct text *out, const struct server *server)
{
    uint64_t total = 0;
    uint64_t longest = 0;
    uint64_t waiting = 0;
    list_each(pos, next, &server->front.conns) {
        const struct conn *conn = list_entry(pos, struct conn, link);
        uint64_t queued = stream_queued(&conn->stream);
        total += queued;
        longest = queued > longest ? queued : longest;
        waiting += conn->has_peer ? conn->peer.queue_size : 0;
    }
    add(out, "send_queue_bytes", "gauge", "Bytes that peers have not taken yet", total);
    add(out, "send_queue_longest_bytes", "gauge", "Of those, the most for one peer", longest);
    add(out, "peer_queue_bytes", "gauge", "Bytes of messages held back for slow browsers", waiting);
    add(out, "streams_sending", "gauge", "Connections whose peer has no room",
        server->front.budget.sending);
}

static void add_models(struct text *out, const struct hub *hub)
{
    text_add(out, "# HELP cadcast_model_bytes Bytes of a session's model by form\n"
                  "# TYPE cadcast_model_bytes gauge\n");
    list_each(pos, next, &hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        if (session->picture.model == NULL)
            continue;
        const struct blob *text =
            model_is_file(session->picture.model) ? session->picture.text : session->picture.model;
        text_format(out, "cadcast_model_bytes{session=\"%s\",form=\"text\"} %zu\n", session->name,
                    text == NULL ? 0 : text->size);
        if (session->file_state == SESSION_FILE_READY)
            text_format(out, "cadcast_model_bytes{session=\"%s\",form=\"binary\"} %zu\n",
                        session->name, session->file.bytes->size);
    }
}

/* Adds the metrics of shows that send geometry. */
static void add_exact(struct text *out, const struct server *server)
{
    const struct view *view = &server->hub.view;
    add(out, "exact_shows_total", "counter", "Models made from geometry", view->exact_shows);
    add(out, "exact_meshed_total", "counter", "Shapes meshed for them", view->exact_meshed);
    add(out, "exact_cached_total", "counter", "Shapes of them whose mesh was known",
        view->exact_cached);
    add(out, "exact_watson_faces_total", "counter",
        "Faces of them that only the slower algorithm could mesh", view->exact_watson);
    add(out, "exact_store_bytes", "gauge", "Shapes and meshes kept for the next show",
        view->store.bytes);
    add(out, "mesh_helper_starts_total", "counter", "Starts and restarts of helpers that mesh",
        mesher_starts(server->mesher));
    add(out, "mesh_waiting", "gauge", "Shapes that wait for their mesh",
        mesher_waiting(server->mesher));
}

static void add_history(struct text *out, const struct hub *hub)
{
    uint64_t steps = 0;
    uint64_t bytes = 0;
    list_each(pos, next, &hub->sessions) {
        const struct history *history = &list_entry(pos, struct session, link)->history;
        steps += history->count;
        bytes += history->bytes;
    }
    add(out, "history_steps", "gauge", "Pictures that were shown before the last ones", steps);
    add(out, "history_bytes", "gauge", "Bytes of them, within those of all pictures", bytes);
    add(out, "history_dropped_total", "counter", "Of them, given up to save memory",
        hub->dropped_steps);
}

static void add_cluster(struct text *out, const struct cluster *cluster)
{
    const struct link *links[] = { &cluster->node.commands, &cluster->node.notices,
                                   &cluster->node.bulk };
    uint64_t sent = 0;
    uint64_t received = 0;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        sent += links[i]->sent;
        received += links[i]->received;
    }
    add(out, "cluster_connected", "gauge", "Whether the engine can be used",
        node_is_ready(&cluster->node));
    add(out, "cluster_nodes", "gauge", "Nodes that live, this one among them",
        cluster->presence.count + 1);
    add(out, "cluster_full", "gauge", "Whether the engine has no memory left",
        cluster->node.full_since != 0);
    add(out, "cluster_lost_total", "counter", "Times that the engine was lost", cluster->losses);
    add(out, "cluster_shown_total", "counter", "Shows given to the other nodes",
        cluster->node.shown);
    add(out, "cluster_heard_total", "counter", "Shows taken from other nodes", cluster->node.heard);
    add(out, "cluster_missing_total", "counter", "Pictures that the engine had lost",
        cluster->node.missing);
    add(out, "cluster_asked_total", "counter", "Measurements that other nodes were asked for",
        cluster->measure.asked);
    add(out, "cluster_answered_total", "counter", "Measurements made for other nodes",
        cluster->measure.answered);
    add(out, "cluster_sent_bytes_total", "counter", "Bytes sent to the engine", sent);
    add(out, "cluster_received_bytes_total", "counter", "Bytes received from it", received);
    add(out, "cluster_lag_milliseconds", "gauge", "Time of the last comparison with the engine",
        cluster->node.lag);
}

static void add_memory(struct text *out, const struct server *server)
{
    struct sys_heap heap = sys_heap();
    add(out, "spare_bytes", "gauge", "Memory kept for the next model",
        block_cache_bytes(server->front.blocks));
    add(out, "heap_bytes", "gauge", "Memory of the C library's heap", heap.bytes);
    add(out, "heap_used_bytes", "gauge", "Of that, what is in use", heap.used);
    add(out, "heap_mapped_bytes", "gauge", "Large blocks with mappings of their own", heap.mapped);
}

static void add_times(struct text *out, const struct watch *watch)
{
    watch_print(&watch->cpu, "loop_busy", "Processor time of one turn of the loop", out);
    watch_print(&watch->clock, "loop_lag", "Time for which one turn keeps others waiting", out);
    add(out, "loop_slow_turns_total", "counter", "Turns with more than 5 ms of processor time",
        watch->too_long);
    watch_print(&watch->pool, "pool_wait", "Time until the pool takes a job", out);
    watch_print(&watch->receive, "show_receive", "From the first piece of a model to its last",
                out);
    watch_print(&watch->convert, "show_convert", "From a whole model to its binary form", out);
}

void metrics_respond(struct server *server, struct http *http)
{
    struct text out = { 0 };
    struct hub *hub = &server->hub;
    add(&out, "connections", "gauge", "Open connections", server->front.conn_count);
    add(&out, "connections_total", "counter", "Accepted connections", server->front.accepted);
    add(&out, "connections_refused_total", "counter", "Connections turned away",
        server->front.refused);
    add(&out, "http_requests_total", "counter", "HTTP requests", server->front.requests);
    add(&out, "http_bad_requests_total", "counter", "Requests that broke the rules",
        server->front.bad_requests);
    add(&out, "received_bytes_total", "counter", "Bytes of messages received",
        server->front.bytes_in);
    add(&out, "sent_bytes_total", "counter", "Bytes of messages sent", server->front.bytes_out);
    add(&out, "in_flight_bytes", "gauge", "Bytes of messages being received", hub->in_flight);
    add(&out, "picture_bytes", "gauge", "Bytes of all pictures", hub_bytes(hub));
    add(&out, "pictures_dropped_total", "counter", "Pictures given up to save memory",
        hub->dropped_pictures);
    add_history(&out, hub);
    add(&out, "sessions", "gauge", "Sessions", hub->session_count);
    add(&out, "browsers", "gauge", "Registered browsers", hub_browsers(hub));
    add(&out, "shows_total", "counter", "Models shown", hub->shows);
    add(&out, "show_bytes_total", "counter", "Bytes of the models shown", hub->show_bytes);
    add(&out, "files_shown_total", "counter", "Files of clients that became a picture",
        server->files.shown);
    add(&out, "files_failed_total", "counter", "Those that did not", server->files.failed);
    add(&out, "files_waiting", "gauge", "Files that are being read, or wait for it",
        server->files.count);
    add(&out, "bad_messages_total", "counter", "Messages dropped", hub->view.bad_messages);
    add(&out, "pool_jobs", "gauge", "Jobs on the worker pool", server->front.jobs.count);
    add_memory(&out, server);
    if (server->pool != NULL) {
        add(&out, "helper_starts_total", "counter", "Starts and restarts of the geometry helper",
            pool_starts(server->pool));
        add(&out, "helper_questions", "gauge", "Measurements that wait for an answer",
            pool_waiting(server->pool));
    }
    if (server->mesher != NULL)
        add_exact(&out, server);
    if (server->cluster != NULL)
        add_cluster(&out, server->cluster);
    add_queues(&out, server);
    add_messages(&out, hub);
    add_models(&out, hub);
    add_times(&out, &server->front.watch);
    http_respond_made(http, "text/plain; version=0.0.4; charset=utf-8", &out);
    text_free(&out);
}

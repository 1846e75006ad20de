/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server.h"

#include <signal.h>
#include <stdlib.h>

#include "base/error.h"
#include "cluster/cluster.h"
#include "conn/access.h"
#include "conn/conn.h"
#include "geometry/mesher.h"
#include "geometry/pool.h"
#include "loop/work.h"
#include "net/tls.h"
#include "server/server_export.h"
#include "server/server_image.h"
#include "view/exact.h"
#include "view/relay.h"

/* Milliseconds between two ticks; TICK_CLOSING: during the shutdown. */
#define TICK 500
#define TICK_CLOSING 20

/* Minimum milliseconds between two log lines about a lack of descriptors. */
#define FULL_LOG_INTERVAL 10000

static void on_tick(uv_timer_t *timer);

/* ---- the end ---- */

static void free_listeners(struct server *server)
{
    for (unsigned i = 0; i < server->listener_count; i++)
        free(server->listeners[i]);
    server->listener_count = 0;
}

void server_free(struct server *server)
{
    server_job_queue_free(&server->images);
    server_job_queue_free(&server->browser_images);
    if (server->parts != NULL) {
        server->parts->free_shots(server);
        server->parts->free_comparisons(server);
        server->parts->free_events(server);
    }
    server_export_free(server);
    assembly_free(&server->assembly);
    hub_free(&server->hub);
    if (server->page.folder != NULL)
        page_close(&server->page);
    if (server->config != NULL) {
        config_free(server->config);
        uv_mutex_destroy(&server->config_lock);
    }
    server->config = NULL;
    server_ports_free(server);
    free_listeners(server);
    access_end(&server->front);
    server_lifecycle_free(server);
    front_free(&server->front);
    cache_close(&server->cache);
    free(server->data_folder);
    server->data_folder = NULL;
}

static void on_pool_closed(void *arg)
{
    struct server *server = arg;
    server->pool = NULL;
}

static void on_mesher_closed(void *arg)
{
    struct server *server = arg;
    server->mesher = NULL;
}

void server_close_pool(struct server *server)
{
    if (server->mesher != NULL && !server->mesher_closing) {
        server->mesher_closing = true;
        mesher_close(server->mesher, on_mesher_closed, server);
    }
    if (server->pool == NULL || server->pool_closing)
        return;
    server->pool_closing = true;
    pool_close(server->pool, on_pool_closed, server);
}

static void on_cluster_closed(void *arg)
{
    struct server *server = arg;
    server->cluster = NULL;
    server_end_if_empty(server);
}

void server_close_cluster(struct server *server)
{
    if (server->cluster != NULL)
        cluster_close(server->cluster, on_cluster_closed, server);
}

/* The tick runs until the last connection is closed. */
void server_end_if_empty(struct server *server)
{
    if (!server->front.closing || !list_empty(&server->front.conns) ||
        !server_lifecycle_over(server))
        return;
    server_close_pool(server);
    /* Its connections use what the front closes. */
    if (server->cluster != NULL) {
        server_close_cluster(server);
        return;
    }
    front_close(&server->front);
    if (!uv_is_closing((uv_handle_t *)&server->tick))
        uv_close((uv_handle_t *)&server->tick, NULL);
    for (size_t i = 0; i < sizeof(server->signals) / sizeof(server->signals[0]); i++) {
        if (!uv_is_closing((uv_handle_t *)&server->signals[i]))
            uv_close((uv_handle_t *)&server->signals[i], NULL);
    }
    /* An orderly shutdown is almost complete: a signal must not turn it into a failure. */
    if (server->alone && !server->lifecycle.restart) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        /* A closed terminal sends SIGHUP, and then the shell does too. */
        signal(SIGHUP, SIG_IGN);
    }
}

static void on_gone(struct front *front, struct conn *conn)
{
    access_gone(front, conn);
    server_end_if_empty(front->owner);
}

static void on_body(struct front *front, struct conn *conn, struct http *http)
{
    struct server *server = front->owner;
    server->parts->body(server, conn, http);
}

static void on_request(struct front *front, struct conn *conn, struct http *http)
{
    struct server *server = front->owner;
    server->parts->request(server, conn, http);
}

const struct front_events server_front_events = {
    .admit = access_admit,
    .body = on_body,
    .request = on_request,
    .gone = on_gone,
};

static void stop(struct server *server, bool restart)
{
    if (server->front.closing) {
        server->cancel = true;
        server_job_cancel(&server->images);
        server_job_cancel(&server->browser_images);
        server_job_cancel(&server->exports);
        /* Second call: close the remaining connections at once. */
        list_each(pos, next, &server->front.conns)
            conn_close(list_entry(pos, struct conn, link));
        return;
    }
    server->front.closing = true;
    server_image_ending(server);
    server->restart.given_up = true;
    player_close(&server->player);
    log_info(&server->log, "server", restart ? "restarting" : "ending");
    server_lifecycle_end(server, restart);
    if (!restart)
        server_ports_leave(server);
    for (unsigned i = 0; i < server->listener_count; i++)
        listener_close(server->listeners[i]);
    access_drop_lingerers(&server->front);
    server_lifecycle_goodbye(server, false);
    uv_timer_start(&server->tick, on_tick, TICK_CLOSING, TICK_CLOSING);
    server_end_if_empty(server);
}

void server_stop(struct server *server)
{
    stop(server, false);
}

void server_restart(struct server *server)
{
    stop(server, true);
}

/* ---- running ---- */

static void on_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (!server->front.closing) {
        hub_tick(&server->hub);
        sharing_tick(&server->sharing);
        assembly_tick(&server->assembly);
        exact_tick(&server->hub);
        memory_tick(&server->memory, &server->front);
        server_ports_tick(server);
        cluster_tick(server->cluster);
        server->parts->tick(server);
    }
    server_job_tick(&server->images);
    server_job_tick(&server->browser_images);
    server_export_tick(server);
    /* Who is at work is waited for, but not longer than all others. */
    if (server->front.closing && uv_now(server->front.loop) >= server->lifecycle.cut_off)
        server_job_cancel(&server->exports);
    server_lifecycle_tick(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    log_debug(&server->log, "server", "signal %d", number);
    /* A closed terminal sends SIGHUP, and then the shell does too: not a second request to end. */
    if (number == SIGHUP && server->front.closing)
        return;
    if (number == SIGHUP && !terminal_goes(&server->terminal))
        server_lifecycle_reload(server);
    else if (number == SIGUSR2)
        server_restart_begin(server);
    else
        server_stop(server);
}

static void on_connection(void *owner, struct listener *listener, int fd)
{
    struct server *server = owner;
    conn_accept(&server->front, listener, fd);
}

static void on_full(void *owner, struct listener *listener, int error, bool refused)
{
    char why[64];
    struct server *server = owner;
    uint64_t now = uv_now(server->front.loop);
    server->front.refused += refused;
    /* Thousands of connections may be refused at once: limit the log lines. */
    if (server->full_told != 0 && now - server->full_told < FULL_LOG_INTERVAL)
        return;
    server->full_told = now;
    log_warning(&server->log, "server", "a connection cannot be accepted: %s%s",
                error_text(error, why, sizeof(why)),
                refused ? "; until then each is answered with 503" : "");
}

struct listener *server_add_listener(struct server *server, const char *session)
{
    struct listener *listener =
        server->listener_count == SERVER_LISTENERS ? NULL : calloc(1, sizeof(*listener));
    if (listener == NULL)
        return NULL;
    listener->owner = server;
    listener->on_connection = on_connection;
    listener->on_full = on_full;
    listener->session = session;
    server->listeners[server->listener_count++] = listener;
    return listener;
}

static void on_signal_closed(uv_handle_t *handle)
{
    struct server *server = handle->data;
    server->handles--;
}

int server_watch(struct server *server)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2 };
    int error = 0;
    terminal_look(&server->terminal);
    for (size_t i = 0; error == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        error = uv_signal_init(server->front.loop, &server->signals[i]);
        if (error < 0)
            break;
        server->signals[i].data = server;
        server->handles++;
        error = uv_signal_start(&server->signals[i], on_signal, numbers[i]);
    }
    for (unsigned i = 0, open = server->handles; error < 0 && i < open; i++)
        uv_close((uv_handle_t *)&server->signals[i], on_signal_closed);
    if (error < 0) {
        log_error(&server->log, "server", "cannot watch for signals: %s", uv_strerror(error));
        return error;
    }
    terminal_release();
    uv_timer_init(server->front.loop, &server->tick);
    server->tick.data = server;
    uv_timer_start(&server->tick, on_tick, TICK, TICK);
    /* A write to a closed connection returns EPIPE instead of killing the process. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/server.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/spares.h"
#include "daemon/access.h"
#include "daemon/conn.h"
#include "geometry/pool.h"
#include "net/tls.h"
#include "net/work.h"
#include "view/relay.h"

/* Milliseconds between two ticks, and at the end. */
#define TICK 500
#define TICK_CLOSING 20

/* And between two lines that say that no descriptor is left. */
#define FULL_NEWS 10000

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
    hub_free(&server->hub);
    if (server->page.folder != NULL)
        page_close(&server->page);
    if (server->config != NULL) {
        config_free(server->config);
        uv_mutex_destroy(&server->config_lock);
    }
    server->config = NULL;
    free_listeners(server);
    access_end(server);
    life_free(server);
    tls_context_unref(server->tls);
    server->tls = NULL;
    spares_unref(server->spares);
    server->spares = NULL;
    turn_free(&server->turn);
    free(server->data_folder);
    server->data_folder = NULL;
}

static void on_pool_closed(void *arg)
{
    struct server *server = arg;
    server->pool = NULL;
}

void server_close_pool(struct server *server)
{
    if (server->pool == NULL || server->pool_closing)
        return;
    server->pool_closing = true;
    pool_close(server->pool, on_pool_closed, server);
}

/* The tick goes on while connections say goodbye, and ends with the last one. */
void server_end_if_empty(struct server *server)
{
    if (!server->closing || !list_empty(&server->conns) || !life_over(server))
        return;
    server_close_pool(server);
    turn_close(&server->turn);
    watch_close(&server->watch);
    if (!uv_is_closing((uv_handle_t *)&server->tick))
        uv_close((uv_handle_t *)&server->tick, NULL);
    for (size_t i = 0; i < sizeof(server->signals) / sizeof(server->signals[0]); i++) {
        if (!uv_is_closing((uv_handle_t *)&server->signals[i]))
            uv_close((uv_handle_t *)&server->signals[i], NULL);
    }
    /* The end is near and orderly: a signal that comes now shall not make a failure of it. */
    if (server->alone && !server->life.restart) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
    }
}

void server_job_done(struct server *server, const struct work *work, const char *what)
{
    server->jobs--;
    watch_count(&server->watch.pool, work->waited);
    watch_begin(&server->watch, what, NULL, 0);
}

void server_conn_gone(struct server *server, struct conn *conn)
{
    server->conn_count--;
    bool refused = conn->refused != NULL;
    server->refused_count -= refused;
    for (unsigned i = 0; refused && i < SERVER_LINGERERS; i++) {
        if (server->lingerers[i] == conn)
            server->lingerers[i] = NULL;
    }
    server_end_if_empty(server);
}

/* The port leaves the registry on the pool: another program may hold the registry's lock for
 * seconds. The loop ends only when that is done. */
struct leaving {
    struct work work;
    struct log log;
    struct registry registry;
    uint16_t port;
};

static void run_leaving(struct work *work)
{
    struct leaving *leaving = (struct leaving *)work;
    registry_remove(&leaving->registry, leaving->port);
}

static void done_leaving(struct work *work, int status)
{
    free(work);
}

static void unregister(struct server *server)
{
    if (!server->registered)
        return;
    server->registered = false;
    uint16_t port = server->listeners[0]->port;
    struct leaving *leaving = calloc(1, sizeof(*leaving));
    if (leaving != NULL) {
        leaving->log = server->log;
        leaving->registry = server->registry;
        leaving->registry.log = &leaving->log;
        leaving->port = port;
        if (work_start(&leaving->work, server->loop, run_leaving, done_leaving) == 0)
            return;
        free(leaving);
    }
    registry_remove(&server->registry, port);
}

static void stop(struct server *server, bool restart)
{
    if (server->closing) {
        server->cancel = true;
        /* Asked twice: whoever has not gone by now is cut off. */
        list_each(pos, next, &server->conns) conn_close(list_entry(pos, struct conn, link));
        return;
    }
    server->closing = true;
    server->restart.given_up = true;
    log_info(&server->log, "server", restart ? "restarting" : "ending");
    life_end(server, restart);
    if (!restart)
        unregister(server);
    for (unsigned i = 0; i < server->listener_count; i++)
        listener_close(server->listeners[i]);
    server_drop_lingerers(server);
    life_goodbye(server, false);
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
    if (!server->closing) {
        hub_tick(&server->hub);
        memory_tick(server);
    }
    life_tick(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    log_debug(&server->log, "server", "signal %d", number);
    /* Where a terminal is there, SIGHUP says that it goes. */
    if (number == SIGHUP && !isatty(STDERR_FILENO))
        life_reload(server);
    else if (number == SIGUSR2)
        restart_begin(server);
    else
        server_stop(server);
}

static void on_connection(void *owner, struct listener *listener, int fd)
{
    conn_accept(owner, listener, fd);
}

static void on_full(void *owner, struct listener *listener, int error, bool refused)
{
    char why[64];
    struct server *server = owner;
    uint64_t now = uv_now(server->loop);
    server->refused += refused;
    /* Thousands may be turned away at once. */
    if (server->full_told != 0 && now - server->full_told < FULL_NEWS)
        return;
    server->full_told = now;
    log_warning(&server->log, "server", "a connection cannot be taken: %s%s",
                error_text(error, why, sizeof(why)),
                refused ? "; until one can, each is answered with 503" : "");
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
    for (size_t i = 0; error == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        error = uv_signal_init(server->loop, &server->signals[i]);
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
    uv_timer_init(server->loop, &server->tick);
    server->tick.data = server;
    uv_timer_start(&server->tick, on_tick, TICK, TICK);
    /* A browser that goes away while we write is an error of that write alone. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

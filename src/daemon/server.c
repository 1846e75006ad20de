/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/spares.h"
#include "daemon/access.h"
#include "daemon/conn.h"
#include "daemon/folder.h"
#include "geometry/locate.h"
#include "geometry/pool.h"
#include "net/tls.h"
#include "view/relay.h"

/* Descriptors that are not connections: listeners, log, files being read, pipes to helpers. */
#define RESERVED_FILES 64

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

/* The tick goes on while connections say goodbye, and ends with the last one. */
void server_end_if_empty(struct server *server)
{
    if (!server->closing || !list_empty(&server->conns) || !life_over(server))
        return;
    if (server->pool != NULL && !server->pool_closing) {
        server->pool_closing = true;
        pool_close(server->pool, on_pool_closed, server);
    }
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
    watch_begin(&server->watch, what, NULL);
}

void server_conn_gone(struct server *server, struct conn *conn)
{
    server->conn_count--;
    server_end_if_empty(server);
}

static void unregister(struct server *server)
{
    if (!server->registered)
        return;
    server->registered = false;
    registry_remove(&server->registry, server->listeners[0]->port);
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
    log_info(&server->log, "server", restart ? "restarting" : "ending");
    life_end(server, restart);
    if (!restart)
        unregister(server);
    for (unsigned i = 0; i < server->listener_count; i++)
        listener_close(server->listeners[i]);
    life_goodbye(server, false);
    uv_timer_start(&server->tick, on_tick, TICK_CLOSING, TICK_CLOSING);
    server_end_if_empty(server);
}

void server_stop(struct server *server)
{
    stop(server, false);
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
    else
        stop(server, number == SIGUSR2);
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

/* ---- the start ---- */

/* As many descriptors as the system allows: each browser and each kernel is one. */
static void raise_file_limit(struct server *server)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    int64_t most = (int64_t)limit.rlim_cur - RESERVED_FILES;
    if (most < 8)
        most = 8;
    if (server->options->max_connections > most || server->options->max_connections == 0) {
        server->options->max_connections = most;
        log_debug(&server->log, "server", "at most %lld connections: open files are limited",
                  (long long)most);
    }
}

static void in_use(struct server *server, uint16_t port)
{
    long pid = folder_cadcast_at(port);
    if (pid > 0)
        log_error(&server->log, "server", "port %u is in use by another cadcast, process %ld", port,
                  pid);
    else
        log_error(&server->log, "server", "port %u is in use", port);
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

static int open_listener(struct server *server, uint16_t port, const char *session)
{
    struct listener *listener = server_add_listener(server, session);
    if (listener == NULL)
        return -ENOMEM;
    int error = listener_open(listener, server->loop, server->options->host, port, &server->log);
    if (error < 0) {
        server->listener_count--;
        free(listener);
        if (error == UV_EADDRINUSE)
            in_use(server, port);
        else
            log_error(&server->log, "server", "cannot listen on %s port %u: %s",
                      server->options->host, port, uv_strerror(error));
        return error;
    }
    return 0;
}

static int open_listeners(struct server *server)
{
    const struct options *options = server->options;
    int error = life_listen(server);
    if (error == 0 && !life_listens(server, "", 0))
        error = open_listener(server, (uint16_t)options->port, SESSION_DEFAULT);
    for (size_t i = 0; error == 0 && i < options->listen.count; i++) {
        const struct options_port *port = &options->listen.items[i];
        struct session *session = hub_session(&server->hub, port->name, &error);
        if (session == NULL || server->listener_count == SERVER_LISTENERS) {
            log_error(&server->log, "server",
                      "--listen %u=%s is one too many, or there is no memory", port->port,
                      port->name);
            return -EINVAL;
        }
        session->permanent = true;
        if (!life_listens(server, port->name, port->port))
            error = open_listener(server, port->port, session->name);
    }
    return error;
}

static void on_signal_closed(uv_handle_t *handle)
{
    struct server *server = handle->data;
    server->handles--;
}

/* Errors: of the signals, for which libuv needs a pipe; nothing is left open then. */
static int start_handles(struct server *server)
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

static int start_tls(struct server *server)
{
    char why[512];
    const struct options *options = server->options;
    if (options->tls_cert == NULL)
        return 0;
    int status =
        tls_context_new(&server->tls, options->tls_cert, options->tls_key, why, sizeof(why));
    if (status < 0)
        log_error(&server->log, "tls", "%s", why);
    else if (status > 0)
        log_warning(&server->log, "tls", "%s", why);
    return status < 0 ? status : 0;
}

static int start_geometry(struct server *server)
{
    const struct options *options = server->options;
    char program[PATH_MAX];
    bool wanted = options->backend == BACKEND_AUTO || options->backend == BACKEND_BUILTIN;
    int error = wanted ? locate_helper(program, sizeof(program)) : 0;
    if (error < 0 && options->backend == BACKEND_BUILTIN)
        log_error(&server->log, "measure", "cadcast-geometry is not found");
    if (!wanted || error < 0)
        return options->backend == BACKEND_BUILTIN ? error : 0;
    struct pool_options pool = { .program = program,
                                 .processes = (unsigned)options->measure_processes,
                                 .timeout = options->measure_timeout,
                                 .memory = options->measure_memory,
                                 .log = &server->log };
    error = pool_new(&server->pool, server->loop, &pool);
    server->hub.options.builtin = error == 0;
    return error;
}

static int start_parts(struct server *server)
{
    struct hub_services services = server_services(server);
    const struct options *options = server->options;
    struct hub_options hub_options = {
        .browser_queue = options->browser_queue,
        .max_memory = options->max_memory,
        .max_sessions = (unsigned)options->max_sessions,
        .relay_min = RELAY_MIN,
        .relay_piece = RELAY_PIECE,
        .external = options->backend == BACKEND_EXTERNAL,
        .measure_wait = (uint64_t)options->measure_timeout,
        .version = CADCAST_VERSION,
    };
    server->spares = spares_new((size_t)options->max_memory / 4);
    int error = server->spares == NULL ? -ENOMEM : turn_open(&server->turn, server->loop);
    if (error == 0)
        error = watch_open(&server->watch, server->loop, &server->log);
    if (error == 0)
        error = hub_init(&server->hub, &server->log, &services, &hub_options);
    if (error == 0)
        error = access_start(server);
    if (error == 0)
        error = start_tls(server);
    if (error == 0)
        error = start_geometry(server);
    if (error == 0)
        error = folder_find(options->data_dir, &server->data_folder, &server->log);
    if (error == 0)
        error = page_open(&server->page, server->loop, server->data_folder, &server->log);
    if (error == 0 && !page_complete(&server->page))
        log_warning(&server->log, "server",
                    "the page's libraries are missing in %s/static/vendor: run tools/fetch-assets",
                    server->data_folder);
    return error;
}

/* Whether the loop still has handles of a server that never got to run. */
static bool has_handles(const struct server *server)
{
    bool open = server->pool != NULL || server->handles > 0 || server->turn.open > 0 ||
                server->watch.open > 0;
    for (unsigned i = 0; i < server->listener_count; i++)
        open = open || server->listeners[i]->open > 0;
    return open;
}

/* Gives everything back after a start that failed. */
static void abandon(struct server *server)
{
    for (unsigned i = 0; i < server->listener_count; i++)
        listener_close(server->listeners[i]);
    if (server->pool != NULL)
        pool_close(server->pool, on_pool_closed, server);
    turn_close(&server->turn);
    watch_close(&server->watch);
    /* The loop may have other users, who go on for ever. */
    while (has_handles(server))
        uv_run(server->loop, UV_RUN_ONCE);
    server_free(server);
}

int server_start(struct server *server, uv_loop_t *loop, struct options *options)
{
    memset(server, 0, sizeof(*server));
    memory_start();
    server->loop = loop;
    server->options = options;
    server->started = uv_hrtime();
    server->log = (struct log){ .fd = STDERR_FILENO,
                                .level = (enum log_level)options->log_level,
                                .json = options->log_format == 1 };
    list_init(&server->conns);
    list_init(&server->packings);
    list_init(&server->hub.sessions);
    list_init(&server->hub.lingering);
    /* None yet: a start that fails early shall not close what 0 stands for. */
    server->owner.fd = -1;
    if (getrandom(server->model_key, sizeof(server->model_key), 0) < 0)
        return -errno;
    int error = life_begin(server);
    if (error < 0) {
        life_free(server);
        return error;
    }
    raise_file_limit(server);
    const char *home = getenv("HOME");
    server->registry = (struct registry){ .home = home, .log = &server->log };
    server->config = config_new(options, home, &server->log);
    error = server->config == NULL ? -ENOMEM : uv_mutex_init(&server->config_lock);
    if (error == 0)
        error = start_parts(server);
    if (error == 0)
        error = open_listeners(server);
    if (error == 0)
        error = access_listening(server);
    if (error == 0)
        error = start_handles(server);
    if (error < 0) {
        abandon(server);
        return error;
    }
    server->registered = registry_add(&server->registry, server->listeners[0]->port) == 0;
    life_started(server);
    return 0;
}

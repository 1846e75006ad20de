/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* How a server begins: limits, parts, listeners. */
#include "daemon/server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/spares.h"
#include "daemon/access.h"
#include "daemon/file.h"
#include "daemon/folder.h"
#include "geometry/locate.h"
#include "geometry/pool.h"
#include "net/tls.h"
#include "view/relay.h"

/* Descriptors that are not connections: listeners, log, files being read, pipes to helpers. */
#define RESERVED_FILES 64

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

/* Where the helper is; "" where none is wanted, or can be done without. */
static int find_helper(const struct server *server, char program[PATH_MAX])
{
    int64_t backend = server->options->backend;
    bool wanted = backend == BACKEND_AUTO || backend == BACKEND_BUILTIN;
    int error = wanted ? locate_helper(program, PATH_MAX) : 0;
    if (error < 0 && backend == BACKEND_BUILTIN)
        log_error(&server->log, "measure", "cadcast-geometry is not found");
    if (!wanted || error < 0)
        program[0] = '\0';
    return backend == BACKEND_BUILTIN ? error : 0;
}

static int start_geometry(struct server *server)
{
    const struct options *options = server->options;
    char program[PATH_MAX];
    int error = find_helper(server, program);
    if (error < 0 || program[0] == '\0')
        return error;
    struct pool_options pool = { .program = program,
                                 .processes = (unsigned)options->measure_processes,
                                 .timeout = options->measure_timeout,
                                 .memory = options->measure_memory,
                                 .log = &server->log };
    error = pool_new(&server->pool, server->loop, &pool);
    server->hub.options.builtin = error == 0;
    return error;
}

static int start_page(struct server *server)
{
    int error = folder_find(server->options->data_dir, &server->data_folder, &server->log);
    if (error < 0)
        return error;
    char *folder = server->data_folder;
    char *packed = folder_packed(folder);
    error = page_open(&server->page, server->loop, folder, packed, &server->log);
    free(packed);
    if (error == 0 && !page_complete(&server->page))
        log_warning(&server->log, "server",
                    "the page's libraries are missing in %s/static/vendor: run tools/fetch-assets",
                    folder);
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
    return error == 0 ? start_page(server) : error;
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
    server_close_pool(server);
    turn_close(&server->turn);
    watch_close(&server->watch);
    /* The loop may have other users, who go on for ever. */
    while (has_handles(server))
        uv_run(server->loop, UV_RUN_ONCE);
    server_free(server);
}

/* A server that has nothing yet, and could be freed. */
static void clear(struct server *server, struct options *options)
{
    memset(server, 0, sizeof(*server));
    server->options = options;
    server->log = (struct log){ .fd = STDERR_FILENO,
                                .level = (enum log_level)options->log_level,
                                .json = options->log_format == 1 };
    list_init(&server->conns);
    list_init(&server->packings);
    list_init(&server->hub.sessions);
    list_init(&server->hub.lingering);
    /* None yet: a start that fails early shall not close what 0 stands for. */
    server->owner.fd = -1;
}

int server_start(struct server *server, uv_loop_t *loop, struct options *options)
{
    clear(server, options);
    memory_start();
    server->loop = loop;
    server->started = uv_hrtime();
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
        error = server_watch(server);
    if (error < 0) {
        abandon(server);
        return error;
    }
    server->registered = registry_add(&server->registry, server->listeners[0]->port) == 0;
    life_started(server);
    return 0;
}

/* ---- looking whether it could start ---- */

static int check_place(const struct server *server, const char *path, const char *what, bool folder)
{
    char why[64];
    int error = path == NULL ? 0 : file_usable(path, folder);
    if (error < 0)
        log_error(&server->log, "server", "%s %s: %s", what, path,
                  error_text(error, why, sizeof(why)));
    return error;
}

/* The viewer's settings: what is wrong in their file is a warning, as for a server that runs. */
static int check_config(struct server *server)
{
    struct text settings = { 0 };
    server->config = config_new(server->options, getenv("HOME"), &server->log);
    int error = server->config == NULL ? -ENOMEM : config_answer(server->config, false, &settings);
    text_free(&settings);
    config_free(server->config);
    server->config = NULL;
    return error;
}

int server_check(struct options *options)
{
    char program[PATH_MAX];
    struct server server;
    clear(&server, options);
    server.log.json = false;
    const char *pictures = options->no_state ? NULL : options->state_dir;
    /* All of it, whatever of it is wrong. */
    bool good = access_start(&server) == 0;
    good &= start_tls(&server) == 0;
    good &= find_helper(&server, program) == 0;
    good &= start_page(&server) == 0;
    good &= check_config(&server) == 0;
    good &= check_place(&server, options->log_file, "cannot write the log", false) == 0;
    good &= check_place(&server, pictures, "pictures are not kept in", true) == 0;
    server_free(&server);
    return good ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The start of a server: limits, parts, listeners. */
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "cluster/cluster.h"
#include "conn/access.h"
#include "geometry/mesher.h"
#include "geometry/pool.h"
#include "loop/work.h"
#include "net/tls.h"
#include "process/notify.h"
#include "process/paths.h"
#include "process/service_ask.h"
#include "server/server_export.h"
#include "server/server_image.h"
#include "server/server_settings.h"
#include "server/server_start.h"
#include "view/relay.h"

/* Descriptors for other uses than connections: listeners, log, files being read, helpers' pipes. */
#define RESERVED_FILES 64

/* Most helpers that mesh, if --mesh-processes does not say: each takes 100 MB and more. */
#define MESH_PROCESSES 8

/* Raises the limit of descriptors as far as allowed: each browser and each kernel needs one. */
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

void server_no_port(const struct server *server, uint16_t port, bool main, int error)
{
    struct text why = { 0 };
    server_ports_fault(&why, server->options->host, port, error,
                       main ? "--port 0" : "--listen 0=NAME");
    log_error(&server->log, "server", "%s", text_string(&why));
    text_free(&why);
}

void server_no_session(const struct server *server, const struct options_port *port)
{
    log_error(&server->log, "server", "--listen %u=%s is one too many, or there is no memory",
              port->port, port->name);
}

static int open_listener(struct server *server, uint16_t port, const char *session)
{
    struct listener *listener = server_add_listener(server, session);
    if (listener == NULL)
        return -ENOMEM;
    int error =
        listener_open(listener, server->front.loop, server->options->host, port, &server->log);
    if (error < 0) {
        server->listener_count--;
        free(listener);
        server_no_port(server, port, server->listener_count == 0, error);
    }
    return error;
}

static int open_listeners(struct server *server)
{
    const struct options *options = server->options;
    int error = server_lifecycle_listen(server);
    if (error == 0 && !server_lifecycle_listens(server, "", 0))
        error = open_listener(server, (uint16_t)options->port, SESSION_DEFAULT);
    for (size_t i = 0; error == 0 && i < options->listen.count; i++) {
        const struct options_port *port = &options->listen.items[i];
        /* Its session may have another name by now, which the process before this one knew. */
        if (server_lifecycle_has_port(server, port->port))
            continue;
        struct session *session = hub_session(&server->hub, port->name, &error);
        if (session == NULL || server->listener_count == SERVER_LISTENERS) {
            server_no_session(server, port);
            return -EINVAL;
        }
        session->permanent = true;
        if (!server_lifecycle_listens(server, port->name, port->port))
            error = open_listener(server, port->port, session->name);
    }
    if (error == 0)
        server_ports_note(server);
    return error;
}

int server_start_tls(struct server *server)
{
    char why[512];
    const struct options *options = server->options;
    if (options->tls_cert == NULL)
        return 0;
    int status =
        tls_context_new(&server->front.tls, options->tls_cert, options->tls_key, why, sizeof(why));
    if (status < 0)
        log_error(&server->log, "tls", "%s", why);
    else if (status > 0)
        log_warning(&server->log, "tls", "%s", why);
    return status < 0 ? status : 0;
}

/* See the header: "" if the helper is disabled, or missing and optional. */
int server_find_helper(const struct server *server, char program[PATH_MAX])
{
    int64_t backend = server->options->backend;
    bool wanted = backend == OPTIONS_BACKEND_AUTO || backend == OPTIONS_BACKEND_BUILTIN;
    int error = wanted ? paths_helper(program, PATH_MAX) : 0;
    char text[64];
    if (error < 0 && backend == OPTIONS_BACKEND_BUILTIN)
        log_error(&server->log, "measure", "cadcast-geometry is not found: %s",
                  error_text(error, text, sizeof(text)));
    else if (error < 0 && error != -ENOENT)
        log_warning(&server->log, "measure", "cadcast-geometry cannot be used: %s",
                    error_text(error, text, sizeof(text)));
    if (!wanted || error < 0)
        program[0] = '\0';
    return backend == OPTIONS_BACKEND_BUILTIN ? error : 0;
}

/* Starts no process yet. */
static int start_mesher(struct server *server, const char *program)
{
    const struct options *options = server->options;
    unsigned processes = (unsigned)options->mesh_processes;
    if (processes == 0)
        processes = sys_processors() < MESH_PROCESSES ? sys_processors() : MESH_PROCESSES;
    struct mesher_options mesher = { .program = program,
                                     .processes = processes,
                                     .first = (unsigned)options->measure_processes + 1,
                                     .timeout = options->mesh_timeout,
                                     .memory = options->measure_memory,
                                     .answer = options->max_memory,
                                     .log = &server->log,
                                     .done = server->parts->meshed,
                                     .arg = server };
    int error = mesher_new(&server->mesher, server->front.loop, &mesher);
    if (error < 0 || options->state_dir == NULL || options->no_state || options->mesh_cache == 0)
        return error;
    /* Without a cache every shape is meshed again after a start. */
    cache_open(&server->cache, options->state_dir, program, options->mesh_cache);
    return 0;
}

/* Without the importer everything else works; a file that is sent is answered so. */
static void start_files(struct server *server)
{
    char program[PATH_MAX] = "";
    if (paths_importer(program, sizeof(program)) < 0)
        program[0] = '\0';
    files_init(&server->files, &server->front, program);
}

static int start_geometry(struct server *server)
{
    const struct options *options = server->options;
    char program[PATH_MAX];
    int error = server_find_helper(server, program);
    if (error < 0 || program[0] == '\0')
        return error;
    struct pool_options pool = { .program = program,
                                 .processes = (unsigned)options->measure_processes,
                                 .timeout = options->measure_timeout,
                                 .memory = options->measure_memory,
                                 .log = &server->log };
    error = pool_new(&server->pool, server->front.loop, &pool);
    if (error == 0)
        error = start_mesher(server, program);
    server->hub.view.options.builtin = error == 0;
    return error;
}

int server_start_page(struct server *server)
{
    int error = paths_data(server->options->data_dir, &server->data_folder, &server->log);
    if (error < 0)
        return error;
    char *folder = server->data_folder;
    char *packed = paths_packed(folder);
    error = page_open(&server->page, server->front.loop, folder, packed, &server->log);
    free(packed);
    if (error == 0 && !page_complete(&server->page))
        log_warning(&server->log, "server",
                    "the page's libraries are missing in %s/static/vendor: run tools/fetch-assets",
                    folder);
    return error;
}

int server_read_cluster(const struct server *server, struct node_options *cluster, uint16_t port)
{
    const struct options *options = server->options;
    const char *fault =
        node_options(cluster, options->cluster, options->cluster_prefix, options->node_name, port);
    if (fault != NULL)
        log_error(&server->log, "cluster", "--cluster: %s", fault);
    cluster->max_content = options->max_message;
    return fault == NULL ? 0 : -EINVAL;
}

/* The names of model files are those of all nodes, also after a restart. */
static void on_keyed(void *owner)
{
    const struct server *server = owner;
    const struct state *state = &server->lifecycle.state;
    char text[64];
    int error = state->open ? state_folder_set_key(&state->folder, server->model_key,
                                                   sizeof(server->model_key))
                            : 0;
    if (error < 0)
        log_warning(&server->log, "state", "%s/key cannot be written: %s", state->folder.path,
                    error_text(error, text, sizeof(text)));
}

/* What other servers are told of this one. */
static void describe_node(struct server *server, struct node_options *cluster)
{
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    snprintf(cluster->version, sizeof(cluster->version), "%s", CADCAST_VERSION);
    snprintf(cluster->address, sizeof(cluster->address), "%.*s",
             url == NULL ? 0 : (int)strcspn(url, "?"), url == NULL ? "" : url);
    cluster->places = server->pool == NULL ? 0 : (unsigned)server->options->measure_processes;
    cluster->model_key = server->model_key;
    cluster->keyed = on_keyed;
    cluster->owner = server;
    cluster->pool = server->pool;
    cluster->asks = server->pool == NULL && server->options->backend == OPTIONS_BACKEND_AUTO;
    cluster->measure_timeout = (uint64_t)server->options->measure_timeout;
    cluster->run = server->run >> 11;
    json_decref(urls);
}

/* The engine need not be there yet, or ever: without it this server works alone. */
static int start_cluster(struct server *server)
{
    struct node_options options;
    if (server->options->cluster == NULL)
        return 0;
    int error = server_read_cluster(server, &options, server->listeners[0]->port);
    if (error < 0)
        return error;
    describe_node(server, &options);
    return cluster_new(&server->cluster, server->front.loop, &server->front.budget, &server->hub,
                       &options);
}

static int start_parts(struct server *server)
{
    struct view_services services = server->parts->services(server);
    const struct options *options = server->options;
    struct view_options hub_options = {
        .browser_queue = options->browser_queue,
        .max_memory = options->max_memory,
        .max_sessions = (unsigned)options->max_sessions,
        .history = (unsigned)options->history,
        .relay_min = RELAY_MIN,
        .relay_piece = RELAY_PIECE,
        .external = options->backend == OPTIONS_BACKEND_EXTERNAL,
        .measure_wait = (uint64_t)options->measure_timeout,
        .version = CADCAST_VERSION,
        .run = server->run >> 11, /* 53 bits: exact as a JavaScript number */
    };
    int error = front_open(&server->front);
    if (error == 0)
        error = hub_init(&server->hub, &server->log, &services, &hub_options);
    if (error == 0)
        error = access_start(&server->front);
    if (error == 0)
        error = server_start_tls(server);
    if (error == 0)
        error = start_geometry(server);
    start_files(server);
    return error == 0 ? server_start_page(server) : error;
}

/* Whether the loop still has handles of a server whose start failed. */
static bool has_handles(const struct server *server)
{
    bool open = server->cluster != NULL || server->pool != NULL || server->mesher != NULL ||
                server->handles > 0 || front_is_open(&server->front);
    for (unsigned i = 0; i < server->listener_count; i++)
        open = open || server->listeners[i]->open > 0;
    return open;
}

/* Closes and frees everything after a failed start. */
static void abandon(struct server *server)
{
    for (unsigned i = 0; i < server->listener_count; i++)
        listener_close(server->listeners[i]);
    server_close_pool(server);
    server_close_cluster(server);
    while (server->cluster != NULL)
        uv_run(server->front.loop, UV_RUN_ONCE);
    front_close(&server->front);
    /* Not until the loop is empty: it may have other users. */
    while (has_handles(server))
        uv_run(server->front.loop, UV_RUN_ONCE);
    server_free(server);
}

void server_clear(struct server *server, uv_loop_t *loop, struct options *options)
{
    memset(server, 0, sizeof(*server));
    server->options = options;
    server->log = (struct log){ .fd = STDERR_FILENO,
                                .level = (enum log_level)options->log_level,
                                .json = options->log_format == 1,
                                /* The journal adds the time to each line. */
                                .time = !notify_is_journal(STDERR_FILENO) };
    front_init(&server->front, loop, &server->log, options, &server->hub, &server_front_events,
               server);
    list_init(&server->packings);
    sharing_init(&server->sharing, &server->hub, &server->front.jobs);
    assembly_init(&server->assembly, &server->front.jobs, &server->hub.view.retained);
    server_ports_init(server);
    server_image_init(server);
    list_init(&server->shots);
    list_init(&server->comparisons);
    server_export_init(server);
    list_init(&server->hub.sessions);
    retained_init(&server->hub.view.retained);
}

/* Logs the server's version, process, address and paths. Without the token, as others may read the
 * log. */
static void log_ready(const struct server *server)
{
    char settings[PATH_MAX] = "none, without HOME";
    const struct options *options = server->options;
    const char *home = getenv("HOME");
    bool kept = options->state_dir != NULL && !options->no_state;
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    if (home != NULL)
        snprintf(settings, sizeof(settings), "%s/.ocpvscode_standalone", home);
    bool there = home != NULL && access(settings, F_OK) == 0;
    log_info(&server->log, "server",
             "ready: cadcast %s, process %ld, at %.*s; settings: %s%s; pictures: %s",
             CADCAST_VERSION, (long)getpid(), url == NULL ? 0 : (int)strcspn(url, "?"),
             url == NULL ? "" : url, settings, there || home == NULL ? "" : " (not there)",
             kept ? options->state_dir : "not kept");
    json_decref(urls);
}

/* The one fault that the steps of a start do not log. */
static void log_no_memory(const struct server *server, int error)
{
    if (error == -ENOMEM)
        log_error(&server->log, "server", "cannot start: out of memory");
}

int server_start(struct server *server, uv_loop_t *loop, struct options *options,
                 const struct server_parts *parts)
{
    server_clear(server, loop, options);
    server->parts = parts;
    /* The pool's threads allocate rarely and much: share one heap instead of one per thread. */
    sys_heap_share();
    server->started = uv_hrtime();
    int error = sys_random(server->model_key, sizeof(server->model_key));
    if (error == 0)
        error = sys_random(&server->run, sizeof(server->run));
    if (error < 0) {
        log_error(&server->log, "server", "no random numbers: %s", uv_strerror(error));
        return error;
    }
    error = server_lifecycle_begin(server);
    if (error < 0) {
        log_no_memory(server, error);
        server_lifecycle_free(server);
        return error;
    }
    options_warn(options, &server->log);
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
        error = access_listening(&server->front, server->listeners[0]);
    if (error == 0)
        error = start_cluster(server);
    if (error == 0)
        log_ready(server);
    if (error == 0)
        server_settings_start(server);
    if (error == 0)
        error = server_watch(server);
    if (error < 0) {
        log_no_memory(server, error);
        abandon(server);
        return error;
    }
    work_make_threads(&server->front.jobs);
    /* A recording is played to people, not to clients that look for a viewer. */
    if (options->replay == NULL)
        server_ports_announce(server);
    server_lifecycle_started(server);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Checks whether a server could start: everything that would prevent it, with the same log lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cluster/cluster.h"
#include "conn/access.h"
#include "net/bind.h"
#include "process/paths.h"
#include "process/service_ask.h"
#include "server/server_start.h"

/* Checks the viewer's settings: a fault in their file is a warning, as in a running server. */
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

static int check_log(const struct server *server)
{
    char why[64];
    const char *path = server->options->log_file;
    int error = path == NULL ? 0 : file_try(path, false);
    if (error < 0)
        log_error(&server->log, "server", "cannot write the log %s: %s", path,
                  error_text(error, why, sizeof(why)));
    return error;
}

/* Checks the state folder: a server would run without it, but for the check a fault is an error. */
static int check_state(const struct server *server, bool ours)
{
    char why[64];
    const char *path = server->options->state_dir;
    int error = path == NULL || server->options->no_state ? 0 : state_folder_try(path, ours);
    if (error < 0)
        log_warning(&server->log, "state", "pictures are not kept: %s: %s", path,
                    state_folder_why(error, why, sizeof(why)));
    return error;
}

/* A server would run without recording, but for the check a fault is an error. */
static int check_record(const struct server *server)
{
    struct text why = { 0 };
    const char *path = server->options->record;
    bool there = path != NULL && access(path, F_OK) == 0;
    int error = path == NULL ? 0 : file_try(path, false);
    if (error == 0 && there && !recording_is(path))
        error = -EBADMSG;
    recording_why(error, &why);
    if (error < 0)
        log_warning(&server->log, "record", "nothing is recorded: %s: %s", path, text_string(&why));
    text_free(&why);
    return error;
}

/* ---- ports ---- */

/* Ports bound by the check, kept open until all are tried: two of them may be the same. */
struct trial {
    struct bind_sockets ports[SERVER_LISTENERS];
    unsigned count;
};

/* Binds and listens on a port, without accepting connections. */
static int try_port(struct trial *trial, const struct server *server, uint16_t port)
{
    struct bind_sockets *sockets = &trial->ports[trial->count];
    int error = bind_host(sockets, server->options->host, port, &server->log);
    if (error < 0)
        return error;
    trial->count++;
    for (unsigned i = 0; error == 0 && i < sockets->count; i++)
        error = listen(sockets->fds[i], 1) < 0 ? -errno : 0;
    return error;
}

static int check_port(struct trial *trial, const struct server *server, uint16_t port,
                      long replaced)
{
    char url[SERVICE_ASK_URL];
    bool main = trial->count == 0;
    int error = try_port(trial, server, port);
    if (error == -EADDRINUSE && replaced > 0 && service_ask_pid(port, url) == replaced)
        return 0;
    if (error < 0)
        server_no_port(server, port, main, error);
    return error;
}

/* Count of sessions with the first `count` ports of --listen, the default session included. */
static int64_t sessions(const struct options *options, size_t count)
{
    int64_t number = 1;
    for (size_t i = 0; i < count; i++) {
        const char *name = options->listen.items[i].name;
        bool known = strcmp(name, SESSION_DEFAULT) == 0;
        for (size_t k = 0; k < i; k++)
            known = known || strcmp(name, options->listen.items[k].name) == 0;
        number += !known;
    }
    return number;
}

/* Tries the ports as open_listeners does; logs the first that fails. */
static int check_ports(const struct server *server, long replaced)
{
    struct trial trial = { .count = 0 };
    const struct options *options = server->options;
    int error = replaced > 0 ? 0 : check_port(&trial, server, (uint16_t)options->port, 0);
    for (size_t i = 0; error == 0 && i < options->listen.count; i++) {
        const struct options_port *port = &options->listen.items[i];
        if (i + 1 == SERVER_LISTENERS || sessions(options, i + 1) > options->max_sessions) {
            server_no_session(server, port);
            error = -EINVAL;
        } else {
            error = check_port(&trial, server, port->port, replaced);
        }
    }
    for (unsigned i = 0; i < trial.count; i++)
        bind_close(&trial.ports[i]);
    return error;
}

/* Whether the engine is there is not asked: the server starts without it. */
static int check_cluster(const struct server *server)
{
    struct node_options options;
    if (server->options->cluster == NULL)
        return 0;
    return server_read_cluster(server, &options, 0);
}

/* Whether the server on that port started this check: an older version does not set the variable
 * that marks one (server_restart_looks). */
static bool asked_by_owner(const struct options *options)
{
    char url[SERVICE_ASK_URL];
    return options->port != 0 && service_ask_pid((uint16_t)options->port, url) == getppid();
}

int server_check(struct options *options, long replaced)
{
    char program[PATH_MAX];
    struct server server;
    server_clear(&server, NULL, options);
    server.log.json = false;
    server.log.time = false;
    if (replaced == 0 && asked_by_owner(options))
        replaced = SERVER_CHECK_SELF;
    options_warn(options, &server.log);
    /* Run all checks, even after one has failed. */
    bool good = access_start(&server.front) == 0;
    good &= server_start_tls(&server) == 0;
    good &= server_find_helper(&server, program) == 0;
    good &= check_cluster(&server) == 0;
    good &= server_start_page(&server) == 0;
    good &= check_config(&server) == 0;
    good &= check_log(&server) == 0;
    good &= check_state(&server, replaced != 0) == 0;
    good &= check_record(&server) == 0;
    good &= replaced == SERVER_CHECK_SELF || check_ports(&server, replaced) == 0;
    server_free(&server);
    return good ? 0 : -EINVAL;
}

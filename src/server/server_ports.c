/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "conn/conn.h"
#include "loop/work.h"
#include "net/bind.h"
#include "process/service_ask.h"
#include "server/server.h"

/* Environment variable with the announced ports, for the process that replaces this one. */
#define ANNOUNCED_VARIABLE "CADCAST_ANNOUNCED"

/* A closed port with connections that are still open. */
struct closed {
    struct list link;
    struct listener *listener;
    uint64_t cut_off; /* milliseconds: when its busy connections are closed too */
};

void server_ports_init(struct server *server)
{
    list_init(&server->ports.closed);
}

/* ---- the registry ---- */

/* Job that takes ports out of the registry: on the pool, as another program may hold its lock for
 * seconds. The loop ends only after it. */
struct leaving {
    struct work work;
    struct log log;
    struct registry registry;
    unsigned count;
    uint16_t ports[SERVER_LISTENERS];
};

static void run_leaving(struct work *work)
{
    struct leaving *leaving = (struct leaving *)work;
    for (unsigned i = 0; i < leaving->count; i++)
        registry_remove(&leaving->registry, leaving->ports[i]);
}

static void done_leaving(struct work *work, int status)
{
    free(work);
}

/* Takes `count` ports out of the registry; at once if there is no memory for a job. */
static void leave(struct server *server, const uint16_t *ports, unsigned count)
{
    struct leaving *leaving = count == 0 ? NULL : calloc(1, sizeof(*leaving));
    if (leaving != NULL) {
        leaving->log = server->log;
        leaving->registry = server->registry;
        leaving->registry.log = &leaving->log;
        leaving->count = count;
        memcpy(leaving->ports, ports, count * sizeof(*ports));
        if (work_start(&leaving->work, &server->front.jobs, "registry", run_leaving,
                       done_leaving) == 0)
            return;
        free(leaving);
    }
    for (unsigned i = 0; i < count; i++)
        registry_remove(&server->registry, ports[i]);
}

void server_ports_leave(struct server *server)
{
    uint16_t ports[SERVER_LISTENERS];
    unsigned count = 0;
    for (unsigned i = 0; i < server->listener_count; i++) {
        if (server->listeners[i]->announced)
            ports[count++] = server->listeners[i]->port;
        server->listeners[i]->announced = false;
    }
    leave(server, ports, count);
}

static struct listener *find(const struct server *server, uint16_t port)
{
    for (unsigned i = 0; i < server->listener_count; i++) {
        if (server->listeners[i]->port == port)
            return server->listeners[i];
    }
    return NULL;
}

void server_ports_announce(struct server *server)
{
    const char *at = getenv(ANNOUNCED_VARIABLE);
    struct listener *main = server->listeners[0];
    main->announced = registry_add(&server->registry, main->port) == 0;
    while (at != NULL && *at != '\0') {
        char *end;
        struct listener *listener = find(server, (uint16_t)strtoul(at, &end, 10));
        if (listener != NULL)
            listener->announced = true;
        at = *end == ',' ? end + 1 : NULL;
    }
    unsetenv(ANNOUNCED_VARIABLE);
}

void server_ports_hand_over(const struct server *server)
{
    struct text list = { 0 };
    for (unsigned i = 1; i < server->listener_count; i++) {
        if (server->listeners[i]->announced)
            text_format(&list, "%s%u", list.size == 0 ? "" : ",", server->listeners[i]->port);
    }
    if (list.size > 0 && text_error(&list) == 0)
        setenv(ANNOUNCED_VARIABLE, list.data, 1);
    text_free(&list);
}

/* ---- sessions ---- */

static uint16_t port_of(const struct server *server, const struct session *session)
{
    for (unsigned i = 0; i < server->listener_count; i++) {
        if (strcmp(server->listeners[i]->session, session->name) == 0)
            return server->listeners[i]->port;
    }
    return 0;
}

static bool is_closing(const struct server *server, const struct session *session)
{
    list_each(pos, next, &server->ports.closed) {
        const struct closed *closed = list_entry(pos, struct closed, link);
        if (strcmp(closed->listener->session, session->name) == 0)
            return true;
    }
    return false;
}

void server_ports_note(struct server *server)
{
    list_each(pos, next, &server->hub.sessions) {
        struct session *session = list_entry(pos, struct session, link);
        session->port = port_of(server, session);
        session->permanent = session->port != 0 || is_closing(server, session) ||
                             strcmp(session->name, SESSION_DEFAULT) == 0;
    }
    server->hub.view.list_changed = true;
}

/* ---- opening ---- */

struct opening {
    struct work work;
    struct server *server;
    struct log log;
    struct registry registry;
    char *host;
    char session[SESSION_NAME_MAX + 1];
    uint16_t port;
    bool announce;
    struct bind_sockets sockets;
    struct listener *listener; /* once it is open */
    int error;
    struct text why;
    server_ports_done done;
    void *arg;
};

void server_ports_fault(struct text *why, const char *host, uint16_t port, int error,
                        const char *free_one)
{
    char url[SERVICE_ASK_URL];
    long pid = error == UV_EADDRINUSE ? service_ask_pid(port, url) : 0;
    if (pid > 0)
        text_format(why,
                    "port %u is in use by another cadcast, process %ld: it shows at %s; %s takes a "
                    "free port",
                    port, pid, url, free_one);
    else if (error == UV_EADDRINUSE)
        text_format(why, "port %u is in use; %s takes a free port", port, free_one);
    else
        text_format(why, "cannot listen on %s port %u: %s", host, port, uv_strerror(error));
}

/* Answers, and frees the opening. */
static void end(struct opening *opening)
{
    struct listener *listener = opening->listener;
    const struct server_ports_answer answer = {
        .error = opening->error,
        .why = text_string(&opening->why),
        .port = listener == NULL ? opening->port : listener->port,
        .session = opening->session,
        .announced = listener != NULL && listener->announced,
    };
    opening->done(opening->arg, &answer);
    text_free(&opening->why);
    free(opening->host);
    free(opening);
}

static void fail(struct opening *opening, int error, const char *why)
{
    opening->error = error;
    text_add(&opening->why, why);
    end(opening);
}

static void run_announce(struct work *work)
{
    struct opening *opening = (struct opening *)work;
    opening->error = registry_add(&opening->registry, opening->port);
}

static void done_announce(struct work *work, int status)
{
    struct opening *opening = (struct opening *)work;
    struct server *server = opening->server;
    bool added = status == 0 && opening->error == 0;
    /* The port may have been closed, or the server ended, meanwhile. */
    opening->listener = find(server, opening->port);
    if (opening->listener != NULL && !server->front.closing)
        opening->listener->announced = added;
    else if (added)
        leave(server, &opening->port, 1);
    opening->error = 0;
    end(opening);
}

/* The port is open: announces it if that was asked for, and answers. */
static void opened(struct opening *opening)
{
    struct server *server = opening->server;
    log_info(&server->log, "server", "port %u is for session %s", opening->port, opening->session);
    server_ports_note(server);
    if (!opening->announce || work_start(&opening->work, &server->front.jobs, "registry",
                                         run_announce, done_announce) < 0)
        end(opening);
}

static void on_failed_closed(void *owner, struct listener *listener)
{
    free(listener);
}

/* Drops a listener that could not be opened whole. */
static void drop(struct server *server, struct listener *listener)
{
    server->listener_count--;
    listener->on_closed = on_failed_closed;
    if (listener->count == 0)
        free(listener);
    else
        listener_close(listener);
}

/* Listens on the bound sockets. 0 or an error; the sockets are the listener's, or closed. */
static int adopt(struct opening *opening, const struct session *session)
{
    struct server *server = opening->server;
    struct bind_sockets *sockets = &opening->sockets;
    struct listener *listener = server_add_listener(server, session->name);
    int error = listener == NULL ? -ENOMEM : 0;
    for (unsigned i = 0; i < sockets->count; i++) {
        if (error == 0)
            error = listener_adopt(listener, server->front.loop, sockets->fds[i]);
        if (error < 0)
            close(sockets->fds[i]);
    }
    if (error < 0 && listener != NULL)
        drop(server, listener);
    else
        opening->listener = listener;
    return error;
}

static void run_bind(struct work *work)
{
    struct opening *opening = (struct opening *)work;
    opening->error = bind_host(&opening->sockets, opening->host, opening->port, &opening->log);
    if (opening->error < 0)
        server_ports_fault(&opening->why, opening->host, opening->port, opening->error, "port 0");
}

static void done_bind(struct work *work, int status)
{
    struct opening *opening = (struct opening *)work;
    struct server *server = opening->server;
    int error = 0;
    server->ports.opening--;
    if (status == 0 && opening->error < 0) {
        end(opening);
        return;
    }
    bool ends = status < 0 || server->front.closing;
    struct session *session = ends ? NULL : hub_session(&server->hub, opening->session, &error);
    if (session == NULL) {
        bind_close(&opening->sockets);
        fail(opening, ends ? -ECANCELED : error,
             ends               ? "the server ends"
             : error == -EAGAIN ? "there are too many sessions: --max-sessions"
                                : "out of memory");
        return;
    }
    opening->port = opening->sockets.port;
    error = adopt(opening, session);
    if (error == 0) {
        opened(opening);
        return;
    }
    text_format(&opening->why, "cannot listen on %s port %u: %s", opening->host, opening->port,
                uv_strerror(error));
    fail(opening, error, "");
}

static struct opening *opening_new(struct server *server, const struct server_ports_wish *wish,
                                   server_ports_done done, void *arg)
{
    struct opening *opening = calloc(1, sizeof(*opening));
    char *host = strdup(server->options->host);
    if (opening == NULL || host == NULL) {
        free(opening);
        free(host);
        return NULL;
    }
    opening->server = server;
    opening->host = host;
    opening->log = server->log;
    opening->registry = server->registry;
    opening->registry.log = &opening->log;
    opening->port = wish->port;
    opening->announce = wish->announce;
    opening->done = done;
    opening->arg = arg;
    snprintf(opening->session, sizeof(opening->session), "%s", wish->session);
    return opening;
}

/* Whether one more port can be kept over a restart, which passes on a limited number of sockets. */
static bool has_room(const struct server *server)
{
    unsigned ports = server->listener_count + server->ports.closed_count + server->ports.opening;
    unsigned sockets = 0;
    unsigned most = 0;
    for (unsigned i = 0; i < server->listener_count; i++) {
        unsigned count = server->listeners[i]->count;
        sockets += count;
        most = count > most ? count : most;
    }
    return ports < SERVER_LISTENERS &&
           sockets + (server->ports.opening + 1) * most <= ACTIVATION_MAX;
}

void server_ports_open(struct server *server, const struct server_ports_wish *wish,
                       server_ports_done done, void *arg)
{
    static const struct server_ports_answer none = { .error = -ENOMEM, .why = "out of memory" };
    struct opening *opening = opening_new(server, wish, done, arg);
    if (opening == NULL) {
        done(arg, &none);
        return;
    }
    struct listener *own = wish->port == 0 ? NULL : find(server, wish->port);
    if (!session_name_ok(wish->session)) {
        fail(opening, -EINVAL, "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -");
    } else if (own != NULL && strcmp(own->session, wish->session) != 0) {
        text_format(&opening->why, "port %u is that of session %s already", wish->port,
                    own->session);
        fail(opening, -EEXIST, "");
    } else if (own != NULL) {
        opening->listener = own;
        opening->announce = wish->announce && !own->announced;
        opened(opening);
    } else if (!has_room(server)) {
        fail(opening, -ENOSPC, "there are too many ports");
    } else {
        server->ports.opening++;
        if (work_start(&opening->work, &server->front.jobs, "a port", run_bind, done_bind) == 0)
            return;
        server->ports.opening--;
        fail(opening, -ENOMEM, "out of memory");
    }
}

/* ---- closing ---- */

int server_ports_close(struct server *server, uint16_t port, const struct listener *asked)
{
    unsigned i = 0;
    while (i < server->listener_count && server->listeners[i]->port != port)
        i++;
    struct listener *listener = i < server->listener_count ? server->listeners[i] : NULL;
    if (listener == NULL || i == 0 || listener == asked)
        return listener == NULL ? -ENOENT : i == 0 ? -EPERM : -EBUSY;
    struct closed *closed = calloc(1, sizeof(*closed));
    if (closed == NULL)
        return -ENOMEM;
    server->listener_count--;
    memmove(&server->listeners[i], &server->listeners[i + 1],
            (server->listener_count - i) * sizeof(struct listener *));
    closed->listener = listener;
    closed->cut_off = uv_now(server->front.loop) + server->options->goodbye_timeout;
    list_append(&server->ports.closed, &closed->link);
    server->ports.closed_count++;
    listener_close(listener);
    if (listener->announced)
        leave(server, &port, 1);
    listener->announced = false;
    log_info(&server->log, "server", "port %u of session %s is closed", port, listener->session);
    server_ports_note(server);
    server_ports_tick(server);
    return 0;
}

/* Ends the connections of a closed port. Returns how many there are. */
static unsigned end_connections(struct server *server, const struct closed *closed)
{
    unsigned count = 0;
    bool now = uv_now(server->front.loop) >= closed->cut_off;
    list_each(pos, next, &server->front.conns) {
        struct conn *conn = list_entry(pos, struct conn, link);
        if (conn->listener != closed->listener)
            continue;
        count++;
        if (now || !conn_busy(conn))
            conn_goodbye(conn);
    }
    return count;
}

static void forget(struct server *server, struct closed *closed)
{
    list_remove(&closed->link);
    server->ports.closed_count--;
    free(closed->listener);
    free(closed);
}

void server_ports_tick(struct server *server)
{
    bool changed = false;
    list_each(pos, next, &server->ports.closed) {
        struct closed *closed = list_entry(pos, struct closed, link);
        if (end_connections(server, closed) > 0 || closed->listener->open > 0)
            continue;
        forget(server, closed);
        changed = true;
    }
    if (changed)
        server_ports_note(server);
}

void server_ports_free(struct server *server)
{
    list_each(pos, next, &server->ports.closed)
        forget(server, list_entry(pos, struct closed, link));
}

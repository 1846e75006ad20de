/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/life.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/access.h"
#include "daemon/conn.h"
#include "daemon/notify.h"
#include "daemon/server.h"

/* Tells the process that we become where its pictures are. */
#define HANDOVER_VARIABLE "CADCAST_HANDOVER"

/* Milliseconds that saving the pictures may take at the end. */
#define SAVING 5000

/* ---- the beginning ---- */

static bool is_same(int fd, const char *path)
{
    struct stat own;
    struct stat there;
    return fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino &&
           own.st_dev == there.st_dev;
}

static int begin_log(struct server *server)
{
    char why[64];
    const struct options *options = server->options;
    if (options->log_file == NULL)
        return 0;
    struct log_file *file = &server->life.log_file;
    /* In the background what libraries print on standard error goes there too. */
    int error = log_file_open(file, options->log_file, options->log_max_size,
                              is_same(STDERR_FILENO, options->log_file) ? STDERR_FILENO : -1);
    if (error < 0) {
        log_error(&server->log, "server", "cannot write the log %s: %s", options->log_file,
                  error_text(error, why, sizeof(why)));
        return error;
    }
    server->log.fd = file->fd;
    server->log.time = true;
    return 0;
}

int life_begin(struct server *server)
{
    char host[64];
    struct life *life = &server->life;
    /* A file that may not grow is an error of that file alone. */
    signal(SIGXFSZ, SIG_IGN);
    int error = begin_log(server);
    if (error < 0)
        return error;
    activation_take(&life->sockets, &server->log);
    for (unsigned i = 0; i < life->sockets.count; i++) {
        if (life->sockets.sockets[i].session[0] != '\0')
            continue;
        activation_host(life->sockets.sockets[i].fd, host, sizeof(host));
        char *copy = strdup(host);
        if (copy == NULL)
            return -ENOMEM;
        free(server->options->host);
        server->options->host = copy;
        break;
    }
    return 0;
}

bool life_listens(const struct server *server, const char *session, uint16_t port)
{
    const struct activation *sockets = &server->life.sockets;
    for (unsigned i = 0; i < sockets->count; i++) {
        const struct activation_socket *socket = &sockets->sockets[i];
        if (strcmp(socket->session, session) == 0 &&
            (session[0] == '\0' || port == 0 || socket->port == port))
            return true;
    }
    return false;
}

/* The session that a handed-over socket is for. */
static struct session *session_of(struct server *server, const struct activation_socket *socket)
{
    int error = 0;
    const char *name = socket->session[0] == '\0' ? SESSION_DEFAULT : socket->session;
    struct session *session = hub_session(&server->hub, name, &error);
    if (session != NULL)
        session->permanent = true;
    return session;
}

/* Addresses of one port, as 127.0.0.1 and ::1, are one listener. */
static struct listener *same_port(struct server *server, const char *session, uint16_t port)
{
    for (unsigned i = 0; i < server->listener_count; i++) {
        struct listener *listener = server->listeners[i];
        if (listener->port == port && strcmp(listener->session, session) == 0)
            return listener;
    }
    return NULL;
}

static int listen_on(struct server *server, const struct activation_socket *socket)
{
    struct session *session = session_of(server, socket);
    if (session == NULL) {
        log_error(&server->log, "server", "no session for a socket: %s", socket->session);
        return -EINVAL;
    }
    struct listener *listener = same_port(server, session->name, socket->port);
    if (listener == NULL)
        listener = server_add_listener(server, session->name);
    if (listener == NULL)
        return -ENOMEM;
    int error = listener_adopt(listener, server->loop, socket->fd);
    if (error < 0)
        log_error(&server->log, "server", "cannot listen on a socket that was handed over: %s",
                  uv_strerror(error));
    return error;
}

int life_listen(struct server *server)
{
    const struct activation *sockets = &server->life.sockets;
    int error = 0;
    /* The main port is the first one. */
    for (int main = 1; main >= 0; main--) {
        for (unsigned i = 0; i < sockets->count && error == 0; i++) {
            if ((sockets->sockets[i].session[0] == '\0') == (main == 1))
                error = listen_on(server, &sockets->sockets[i]);
        }
    }
    return error;
}

static void on_taken_over(void *arg)
{
}

/* Pictures that the process before us left for us alone, since it kept none on disk. */
static void take_over(struct server *server)
{
    struct state *state = &server->life.taken;
    uint8_t key[32];
    const char *path = getenv(HANDOVER_VARIABLE);
    if (path == NULL || state_open(state, path, server->loop, &server->hub, key) < 0)
        return;
    state->passing = true;
    state_restore(state, UINT64_MAX);
    state_close(state, on_taken_over, NULL);
    state_folder_destroy(&state->folder);
    state_free(state);
    unsetenv(HANDOVER_VARIABLE);
}

/* The other half: a folder in memory where there is one, under the name of this process. */
static void leave_behind(struct server *server)
{
    char path[PATH_MAX];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct state *state = &server->life.state;
    uint8_t key[32];
    if (state->open)
        return;
    snprintf(path, sizeof(path), "%s/cadcast-%ld-XXXXXX",
             runtime != NULL && runtime[0] == '/' ? runtime : "/tmp", (long)getpid());
    if (mkdtemp(path) == NULL || state_open(state, path, server->loop, &server->hub, key) < 0)
        return;
    state_keep_all(state);
    setenv(HANDOVER_VARIABLE, path, 1);
}

void life_started(struct server *server)
{
    char line[PATH_MAX];
    struct life *life = &server->life;
    const struct options *options = server->options;
    take_over(server);
    if (options->state_dir != NULL && !options->no_state &&
        state_open(&life->state, options->state_dir, server->loop, &server->hub,
                   server->model_key) == 0)
        state_restore(&life->state, STATE_AT_ONCE);
    life->watchdog = notify_watchdog();
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    /* Without the token: other users may look at the state of services. */
    snprintf(line, sizeof(line), "READY=1\nSTATUS=%.*s\nMAINPID=%ld\n",
             url == NULL ? 0 : (int)strcspn(url, "?"), url == NULL ? "" : url, (long)getpid());
    json_decref(urls);
    notify_send(line);
    life->idle_since = uv_now(server->loop);
}

/* ---- running ---- */

static void tick_idle(struct server *server)
{
    struct life *life = &server->life;
    uint64_t now = uv_now(server->loop);
    bool idle = server->conn_count == 0 && server->jobs == 0;
    if (!idle)
        life->idle_since = 0;
    else if (life->idle_since == 0)
        life->idle_since = now;
    uint64_t limit = server->options->idle_exit;
    if (limit > 0 && idle && now - life->idle_since >= limit) {
        log_info(&server->log, "server", "nobody was here for %.1f s", (double)limit / 1000);
        server_stop(server);
    }
}

/* The disk does not answer: a process that never ended would be worse than a lost picture. */
static void tick_saving(struct server *server)
{
    struct life *life = &server->life;
    if (life->state_closing && !life->state_closed &&
        uv_now(server->loop) > life->cut_off + SAVING) {
        log_error(&server->log, "state", "pictures are not saved: the disk does not answer");
        _exit(1);
    }
}

void life_tick(struct server *server)
{
    struct life *life = &server->life;
    uint64_t now = uv_now(server->loop);
    if (life->watchdog > 0 && now - life->sign >= life->watchdog) {
        notify_send("WATCHDOG=1");
        life->sign = now;
    }
    if (server->closing) {
        life_goodbye(server, now >= life->cut_off);
        tick_saving(server);
        return;
    }
    log_file_check(&life->log_file);
    state_tick(&life->state);
    tick_idle(server);
}

void life_reload(struct server *server)
{
    char why[64];
    notify_reloading();
    int error = log_file_reopen(&server->life.log_file);
    if (error < 0)
        log_error(&server->log, "server", "the log cannot be opened anew: %s",
                  error_text(error, why, sizeof(why)));
    access_reload(server);
    log_info(&server->log, "server", "reloaded");
    notify_send("READY=1");
}

/* ---- the end ---- */

static void keep_socket(struct server *server, const struct listener *listener, unsigned i)
{
    struct life *life = &server->life;
    if (life->kept_count == ACTIVATION_MAX)
        return;
    /* Not in the way of where they will have to stand. */
    int copy = fcntl(listener->sockets[i].fd, F_DUPFD_CLOEXEC, 2 * ACTIVATION_MAX);
    if (copy < 0)
        return;
    bool main = listener == server->listeners[0];
    snprintf(life->kept_names[life->kept_count], ACTIVATION_NAME, "%s",
             main ? "" : listener->session);
    life->kept[life->kept_count++] = copy;
}

void life_end(struct server *server, bool restart)
{
    struct life *life = &server->life;
    life->restart = restart;
    life->cut_off = uv_now(server->loop) + server->options->goodbye_timeout;
    notify_send(restart ? "STATUS=restarting" : "STOPPING=1");
    for (unsigned i = 0; restart && i < server->listener_count; i++) {
        for (unsigned k = 0; k < server->listeners[i]->count; k++)
            keep_socket(server, server->listeners[i], k);
    }
}

void life_goodbye(struct server *server, bool now)
{
    list_each(pos, next, &server->conns)
    {
        struct conn *conn = list_entry(pos, struct conn, link);
        if (now || !conn_busy(conn))
            conn_goodbye(conn);
    }
}

static void on_state_closed(void *arg)
{
    struct server *server = arg;
    server->life.state_closed = true;
    if (server->life.state_closing)
        server_end_if_empty(server);
}

bool life_over(struct server *server)
{
    struct life *life = &server->life;
    if (!life->state_closing) {
        if (life->restart) {
            access_leave(server);
            leave_behind(server);
        }
        state_close(&life->state, on_state_closed, server);
        life->state_closing = true;
    }
    return life->state_closed;
}

void life_free(struct server *server)
{
    state_free(&server->life.state);
    log_file_close(&server->life.log_file);
}

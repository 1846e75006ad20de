/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_lifecycle.h"

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
#include "base/file.h"
#include "conn/access.h"
#include "conn/conn.h"
#include "process/notify.h"
#include "server/server.h"

/* Environment variable with the folder of the pictures that are handed over at a restart. */
#define HANDOVER_VARIABLE "CADCAST_HANDOVER"

/* Milliseconds that writing the pictures may take in a shutdown. */
#define SAVE_TIMEOUT_MS 5000

/* ---- the beginning ---- */

static int begin_log(struct server *server)
{
    char why[64];
    const struct options *options = server->options;
    if (options->log_file == NULL)
        return 0;
    struct log_file *file = &server->lifecycle.log_file;
    /* In the background, standard error is the log file too, for the output of libraries. */
    int error = log_file_open(file, options->log_file, options->log_max_size,
                              file_is_at(STDERR_FILENO, options->log_file) ? STDERR_FILENO : -1);
    if (error < 0) {
        log_error(&server->log, "server", "cannot write the log %s: %s", options->log_file,
                  error_text(error, why, sizeof(why)));
        return error;
    }
    server->log.fd = file->fd;
    server->log.time = true;
    return 0;
}

int server_lifecycle_begin(struct server *server)
{
    char host[64];
    struct server_lifecycle *life = &server->lifecycle;
    /* At the file size limit, a write returns EFBIG instead of killing the process. */
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

bool server_lifecycle_listens(const struct server *server, const char *session, uint16_t port)
{
    const struct activation *sockets = &server->lifecycle.sockets;
    for (unsigned i = 0; i < sockets->count; i++) {
        const struct activation_socket *socket = &sockets->sockets[i];
        if (strcmp(socket->session, session) == 0 &&
            (session[0] == '\0' || port == 0 || socket->port == port))
            return true;
    }
    return false;
}

bool server_lifecycle_has_port(const struct server *server, uint16_t port)
{
    const struct activation *sockets = &server->lifecycle.sockets;
    for (unsigned i = 0; i < sockets->count && port != 0; i++) {
        if (sockets->sockets[i].port == port)
            return true;
    }
    return false;
}

/* The session of a handed-over socket. */
static struct session *session_of(struct server *server, const struct activation_socket *socket)
{
    int error = 0;
    const char *name = socket->session[0] == '\0' ? SESSION_DEFAULT : socket->session;
    struct session *session = hub_session(&server->hub, name, &error);
    if (session != NULL)
        session->permanent = true;
    return session;
}

/* The listener of that port, if there is one: addresses of one port, such as 127.0.0.1 and ::1,
 * share a listener. */
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
        log_error(&server->log, "server", "a socket cannot have the session %s", socket->session);
        return -EINVAL;
    }
    struct listener *listener = same_port(server, session->name, socket->port);
    if (listener == NULL)
        listener = server_add_listener(server, session->name);
    if (listener == NULL)
        return -ENOMEM;
    int error = listener_adopt(listener, server->front.loop, socket->fd);
    if (error < 0)
        log_error(&server->log, "server", "cannot listen on a socket of the service manager: %s",
                  uv_strerror(error));
    return error;
}

int server_lifecycle_listen(struct server *server)
{
    const struct activation *sockets = &server->lifecycle.sockets;
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

/* Takes over the pictures of the process that this one replaced, if it kept none on disk. */
static void take_over_pictures(struct server *server)
{
    struct state *state = &server->lifecycle.taken;
    uint8_t key[32];
    const char *path = getenv(HANDOVER_VARIABLE);
    if (path == NULL || state_open(state, path, server->front.loop, &server->hub, key) < 0)
        return;
    state->passing = true;
    state_restore(state, UINT64_MAX);
    state_close(state, on_taken_over, NULL);
    state_folder_destroy(&state->folder);
    state_free(state);
    unsetenv(HANDOVER_VARIABLE);
}

/* Writes the pictures for the process that replaces this one: to a folder in memory if possible,
 * named after this process. */
static void hand_over_pictures(struct server *server)
{
    char path[PATH_MAX];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct state *state = &server->lifecycle.state;
    uint8_t key[32];
    if (state->open)
        return;
    snprintf(path, sizeof(path), "%s/cadcast-%ld-XXXXXX",
             runtime != NULL && runtime[0] == '/' ? runtime : "/tmp", (long)getpid());
    if (mkdtemp(path) == NULL || state_open(state, path, server->front.loop, &server->hub, key) < 0)
        return;
    state_keep_all(state);
    setenv(HANDOVER_VARIABLE, path, 1);
}

void server_lifecycle_started(struct server *server)
{
    char line[PATH_MAX];
    struct server_lifecycle *life = &server->lifecycle;
    const struct options *options = server->options;
    take_over_pictures(server);
    if (options->state_dir != NULL && !options->no_state &&
        state_open(&life->state, options->state_dir, server->front.loop, &server->hub,
                   server->model_key) == 0)
        state_restore(&life->state, STATE_AT_ONCE);
    if (options->record != NULL)
        recorder_open(&life->recorder, options->record, options->record_max, server->front.loop,
                      &server->hub);
    life->watchdog = notify_watchdog();
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    /* Without the token: other users can read the status of services. */
    snprintf(line, sizeof(line), "READY=1\nSTATUS=%.*s\nMAINPID=%ld\n",
             url == NULL ? 0 : (int)strcspn(url, "?"), url == NULL ? "" : url, (long)getpid());
    json_decref(urls);
    notify_send(line);
    life->idle_since = uv_now(server->front.loop);
}

/* ---- running ---- */

static void tick_idle(struct server *server)
{
    struct server_lifecycle *life = &server->lifecycle;
    uint64_t now = uv_now(server->front.loop);
    bool idle = server->front.conn_count == 0 && server->front.jobs.count == 0;
    if (!idle)
        life->idle_since = 0;
    else if (life->idle_since == 0)
        life->idle_since = now;
    uint64_t limit = server->options->idle_exit;
    if (limit > 0 && idle && now - life->idle_since >= limit) {
        log_info(&server->log, "server", "ending: no kernel or browser for %.1f s",
                 (double)limit / 1000);
        server_stop(server);
    }
}

/* Ends the wait for a disk that does not respond: a hanging shutdown is worse than a lost picture.
 */
static void tick_saving(struct server *server)
{
    struct server_lifecycle *life = &server->lifecycle;
    if (life->state_closing && !(life->state_closed && life->recorder_closed) &&
        uv_now(server->front.loop) > life->cut_off + SAVE_TIMEOUT_MS) {
        log_error(&server->log, "state", "pictures are not saved: the disk does not answer");
        _exit(1);
    }
}

void server_lifecycle_tick(struct server *server)
{
    struct server_lifecycle *life = &server->lifecycle;
    uint64_t now = uv_now(server->front.loop);
    if (life->watchdog > 0 && now - life->sign >= life->watchdog) {
        notify_send("WATCHDOG=1");
        life->sign = now;
    }
    if (server->front.closing) {
        server_lifecycle_goodbye(server, now >= life->cut_off);
        tick_saving(server);
        return;
    }
    log_file_check(&life->log_file);
    state_tick(&life->state);
    recorder_tick(&life->recorder);
    tick_idle(server);
}

void server_lifecycle_reload(struct server *server)
{
    char why[64];
    notify_reloading();
    int error = log_file_reopen(&server->lifecycle.log_file);
    if (error < 0)
        log_error(&server->log, "server", "the log file cannot be reopened: %s",
                  error_text(error, why, sizeof(why)));
    access_reload(&server->front);
    log_info(&server->log, "server", "reloaded");
    notify_send("READY=1");
}

/* ---- the end ---- */

static void keep_socket(struct server *server, const struct listener *listener, unsigned i)
{
    struct server_lifecycle *life = &server->lifecycle;
    if (life->kept_count == ACTIVATION_MAX)
        return;
    /* Copy to high numbers, so that the final ones (from 3 on) are free. */
    int copy = fcntl(listener->sockets[i].fd, F_DUPFD_CLOEXEC, 2 * ACTIVATION_MAX);
    if (copy < 0)
        return;
    bool main = listener == server->listeners[0];
    snprintf(life->kept_names[life->kept_count], ACTIVATION_NAME, "%s",
             main ? "" : listener->session);
    life->kept[life->kept_count++] = copy;
}

void server_lifecycle_end(struct server *server, bool restart)
{
    struct server_lifecycle *life = &server->lifecycle;
    life->restart = restart;
    life->cut_off = uv_now(server->front.loop) + server->options->goodbye_timeout;
    notify_send(restart ? "STATUS=restarting" : "STOPPING=1");
    for (unsigned i = 0; restart && i < server->listener_count; i++) {
        for (unsigned k = 0; k < server->listeners[i]->count; k++)
            keep_socket(server, server->listeners[i], k);
    }
    if (restart)
        server_ports_hand_over(server);
}

void server_lifecycle_goodbye(struct server *server, bool now)
{
    list_each(pos, next, &server->front.conns) {
        struct conn *conn = list_entry(pos, struct conn, link);
        if (now || !conn_busy(conn))
            conn_goodbye(conn);
    }
}

static void on_state_closed(void *arg)
{
    struct server *server = arg;
    server->lifecycle.state_closed = true;
    if (server->lifecycle.state_closing)
        server_end_if_empty(server);
}

static void on_recorder_closed(void *arg)
{
    struct server *server = arg;
    server->lifecycle.recorder_closed = true;
    if (server->lifecycle.state_closing)
        server_end_if_empty(server);
}

bool server_lifecycle_over(struct server *server)
{
    struct server_lifecycle *life = &server->lifecycle;
    if (!life->state_closing) {
        if (life->restart) {
            access_leave(&server->front);
            hand_over_pictures(server);
        }
        recorder_close(&life->recorder, on_recorder_closed, server);
        state_close(&life->state, on_state_closed, server);
        life->state_closing = true;
    }
    return life->state_closed && life->recorder_closed;
}

void server_lifecycle_free(struct server *server)
{
    state_free(&server->lifecycle.state);
    log_file_close(&server->lifecycle.log_file);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "net/stream.h"

/* Listen backlog: a show is up to 12 connections in a row, and a notebook's "run all" sends many
 * shows. */
#define BACKLOG 1024

/* Most connections accepted in one callback. */
#define ACCEPTS_A_TURN 32

/* Pause of listening, in milliseconds, after accepting failed for a reason that lasts. */
#define PAUSE_MS 100

/* How often a peer that is turned away is read, in milliseconds, and how many times. */
#define REFUSED_POLL_MS 2
#define REFUSED_POLLS 100

/* ---- connections ---- */

static void open_reserve(struct listener *listener)
{
    if (listener->reserve < 0)
        listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void close_reserve(struct listener *listener)
{
    if (listener->reserve >= 0)
        close(listener->reserve);
    listener->reserve = -1;
}

static void poll_all(struct listener *listener);

/* Whether the peer that is turned away has sent its request, or was given time enough. Some clients
 * do not understand an answer before their request, and closing before it causes a reset. */
static bool has_sent(struct listener *listener)
{
    char unread[4096];
    ssize_t n = recv(listener->refused, unread, sizeof(unread), MSG_DONTWAIT);
    return n >= 0 || errno != EAGAIN || ++listener->polls >= REFUSED_POLLS;
}

static void turn_away(struct listener *listener)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                                 "Retry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Length: 22\r\n\r\nno descriptor is left\n";
    send(listener->refused, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(listener->refused);
    listener->refused = -1;
}

static void on_pause(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    if (listener->refused >= 0 && !has_sent(listener))
        return;
    if (listener->refused >= 0)
        turn_away(listener);
    open_reserve(listener);
    uv_timer_stop(&listener->pause);
    poll_all(listener);
}

/* The socket stays readable: without a pause the loop would spin. */
static void pause_listening(struct listener *listener, unsigned pause)
{
    for (unsigned i = 0; i < listener->count; i++)
        uv_poll_stop(&listener->sockets[i].poll);
    uv_timer_start(&listener->pause, on_pause, pause, pause);
}

/* Accepts the waiting connection with the reserved descriptor. -EMFILE: it is in use; -EAGAIN: no
 * connection waits, which accept does not report while no descriptor is left. */
static int refuse(struct listener *listener, int fd)
{
    if (listener->reserve < 0)
        return -EMFILE;
    close_reserve(listener);
    int taken = socket_accept(fd);
    if (taken < 0) {
        open_reserve(listener);
        return taken;
    }
    listener->refused = taken;
    listener->polls = 0;
    pause_listening(listener, REFUSED_POLL_MS);
    return 0;
}

static bool nothing_waits(int error)
{
    return error == -EAGAIN || error == -EWOULDBLOCK;
}

/* Accepting failed. */
static void not_taken(struct listener *listener, int fd, int error)
{
    bool full = error == -EMFILE || error == -ENFILE;
    int refused = full ? refuse(listener, fd) : error;
    if (nothing_waits(refused))
        return;
    if (listener->on_full != NULL)
        listener->on_full(listener->owner, listener, error, refused == 0);
    if (refused < 0)
        pause_listening(listener, PAUSE_MS);
}

/* Accepts one connection. False: stop accepting for now. */
static bool take_next(struct listener *listener, int fd)
{
    int taken = socket_accept(fd);
    if (taken == -ECONNABORTED || taken == -EINTR)
        return true;
    if (taken < 0) {
        not_taken(listener, fd, taken);
        return false;
    }
    listener->on_connection(listener->owner, listener, taken);
    return !listener->closing;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    struct listener_socket *socket = (struct listener_socket *)poll;
    for (unsigned i = 0; i < ACCEPTS_A_TURN && !listener->closing; i++) {
        if (!take_next(listener, socket->fd))
            return;
    }
}

static void poll_all(struct listener *listener)
{
    for (unsigned i = 0; i < listener->count; i++) {
        if (listener->sockets[i].fd >= 0)
            uv_poll_start(&listener->sockets[i].poll, UV_READABLE, on_readable);
    }
}

/* ---- opening and closing ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    if (--listener->open == 0 && listener->on_closed != NULL)
        listener->on_closed(listener->owner, listener);
}

/* Adds a bound socket, which the listener closes; after an error the caller does. */
static int add_socket(struct listener *listener, uv_loop_t *loop, int fd)
{
    if (listener->count == BIND_ADDRESSES)
        return UV_ENOMEM;
    struct listener_socket *socket = &listener->sockets[listener->count];
    if (listen(fd, BACKLOG) < 0)
        return -errno;
    int error = uv_poll_init(loop, &socket->poll, fd);
    if (error < 0)
        return error;
    if (listener->count == 0) {
        uv_timer_init(loop, &listener->pause);
        listener->pause.data = listener;
        listener->reserve = listener->refused = -1;
        open_reserve(listener);
        listener->open++;
    }
    socket->poll.data = listener;
    socket->fd = fd;
    listener->count++;
    listener->open++;
    error = uv_poll_start(&socket->poll, UV_READABLE, on_readable);
    if (error < 0)
        socket->fd = -1;
    return error;
}

/* Opening failed half way: closes what is open, without events, and runs the loop until it is
 * gone. */
static void abandon(struct listener *listener, uv_loop_t *loop)
{
    listener->on_closed = NULL;
    listener_close(listener);
    while (listener->open > 0)
        uv_run(loop, UV_RUN_NOWAIT);
    listener->count = 0;
    listener->closing = false;
}

static void tune(int fd)
{
    struct sockaddr_storage name;
    if (bind_port(fd, &name) > 0 && bind_is_loopback(&name))
        socket_be_plain(fd);
}

/* Adds the sockets; after an error those that were not added are closed. */
static int add_all(struct listener *listener, uv_loop_t *loop, const struct bind_sockets *sockets)
{
    int error = 0;
    for (unsigned i = 0; i < sockets->count; i++) {
        if (error == 0) {
            tune(sockets->fds[i]);
            error = add_socket(listener, loop, sockets->fds[i]);
        }
        if (error < 0)
            close(sockets->fds[i]);
    }
    return error;
}

int listener_open(struct listener *listener, uv_loop_t *loop, const char *host, uint16_t port,
                  const struct log *log)
{
    struct bind_sockets sockets;
    int error = bind_host(&sockets, host, port, log);
    if (error < 0)
        return error;
    void (*on_closed)(void *, struct listener *) = listener->on_closed;
    listener->port = sockets.port;
    listener->loopback = sockets.loopback;
    error = add_all(listener, loop, &sockets);
    if (error < 0)
        abandon(listener, loop);
    listener->on_closed = on_closed;
    return error;
}

int listener_adopt(struct listener *listener, uv_loop_t *loop, int fd)
{
    struct sockaddr_storage name = { 0 };
    int port = bind_port(fd, &name);
    int error = port < 0 ? port : add_socket(listener, loop, fd);
    if (error < 0)
        return error;
    listener->port = (uint16_t)port;
    listener->loopback = (listener->count == 1 || listener->loopback) && bind_is_loopback(&name);
    if (bind_is_loopback(&name))
        socket_be_plain(fd);
    return 0;
}

bool listener_reached_at(const struct listener *listener, const char *literal)
{
    struct sockaddr_storage name;
    struct bind_addresses one = { .count = 0 };
    bind_add(&one, literal);
    bool family = false;
    for (unsigned i = 0; i < listener->count; i++)
        family = family || (bind_port(listener->sockets[i].fd, &name) > 0 &&
                            name.ss_family == one.list[0].ss_family);
    /* All addresses are those of the families that the machine has. */
    int fd = family ? bind_socket(&one.list[0]) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void listener_close(struct listener *listener)
{
    if (listener->closing || listener->count == 0)
        return;
    listener->closing = true;
    for (unsigned i = 0; i < listener->count; i++) {
        struct listener_socket *socket = &listener->sockets[i];
        uv_close((uv_handle_t *)&socket->poll, on_handle_closed);
        if (socket->fd >= 0)
            close(socket->fd);
        socket->fd = -1;
    }
    uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
    close_reserve(listener);
    if (listener->refused >= 0)
        turn_away(listener);
}

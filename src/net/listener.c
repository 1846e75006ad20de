/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"

/* A show is up to 12 connections in a row, and a notebook's "run all" brings many shows. */
#define BACKLOG 1024

#define FREE_PORT_TRIES 50

/* Connections that are taken before others have their turn. */
#define ACCEPTS_A_TURN 32

/* Milliseconds without listening, where taking a connection failed and would fail again. */
#define PAUSE 100

/* Milliseconds between two looks at a peer that was turned away, and how many. */
#define LOOK 2
#define LOOKS 100

/* ---- connections ---- */

static int take(int fd)
{
#ifdef __linux__
    int taken = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int taken = accept(fd, NULL, NULL);
    if (taken >= 0)
        fcntl(taken, F_SETFD, FD_CLOEXEC);
#endif
    return taken < 0 ? -errno : taken;
}

static void keep_reserve(struct listener *listener)
{
    if (listener->reserve < 0)
        listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void drop_reserve(struct listener *listener)
{
    if (listener->reserve >= 0)
        close(listener->reserve);
    listener->reserve = -1;
}

static void poll_all(struct listener *listener);

/* Whether the peer that is to be turned away has spoken, or will not soon. An answer before its
 * question is more than some clients understand, and a close before it is a reset. */
static bool has_spoken(struct listener *listener)
{
    char unread[4096];
    ssize_t n = recv(listener->refused, unread, sizeof(unread), MSG_DONTWAIT);
    return n >= 0 || errno != EAGAIN || ++listener->looks >= LOOKS;
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
    if (listener->refused >= 0 && !has_spoken(listener))
        return;
    if (listener->refused >= 0)
        turn_away(listener);
    keep_reserve(listener);
    uv_timer_stop(&listener->pause);
    poll_all(listener);
}

/* The socket stays readable: without a pause it would be looked at without end. */
static void pause_listening(struct listener *listener, unsigned pause)
{
    for (unsigned i = 0; i < listener->count; i++)
        uv_poll_stop(&listener->sockets[i].poll);
    uv_timer_start(&listener->pause, on_pause, pause, pause);
}

/* Gives the reserve for the connection that waits. -EMFILE: there is none; -EAGAIN: nothing waits,
 * which the system does not say where it has no descriptor. */
static int refuse(struct listener *listener, int fd)
{
    if (listener->reserve < 0)
        return -EMFILE;
    drop_reserve(listener);
    int taken = take(fd);
    if (taken < 0) {
        keep_reserve(listener);
        return taken;
    }
    listener->refused = taken;
    listener->looks = 0;
    pause_listening(listener, LOOK);
    return 0;
}

static bool nothing_waits(int error)
{
    return error == -EAGAIN || error == -EWOULDBLOCK;
}

/* A connection could not be taken. */
static void not_taken(struct listener *listener, int fd, int error)
{
    bool full = error == -EMFILE || error == -ENFILE;
    int refused = full ? refuse(listener, fd) : error;
    if (nothing_waits(refused))
        return;
    if (listener->on_full != NULL)
        listener->on_full(listener->owner, listener, error, refused == 0);
    if (refused < 0)
        pause_listening(listener, PAUSE);
}

/* Takes one connection. False: no further one now. */
static bool take_next(struct listener *listener, int fd)
{
    int taken = take(fd);
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

/* Takes a bound socket, which is closed with the listener; not so after an error. */
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
        keep_reserve(listener);
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

static int listen_on(struct listener *listener, uv_loop_t *loop, struct sockaddr_storage *address)
{
    struct sockaddr_storage name;
    bind_set_port(address, listener->port);
    int fd = bind_socket(address);
    if (fd < 0)
        return fd;
    if (bind_is_loopback(address))
        stream_tune_local(fd);
    int port = bind_port(fd, &name);
    int error = port < 0 ? port : add_socket(listener, loop, fd);
    if (error < 0) {
        close(fd);
        return error;
    }
    listener->port = (uint16_t)port;
    return 0;
}

/* Whether an address simply does not exist on this machine, as ::1 where IPv6 is off. */
static bool family_missing(int error)
{
    return error == UV_EADDRNOTAVAIL || error == UV_EAFNOSUPPORT || error == UV_EINVAL;
}

static int listen_on_all(struct listener *listener, uv_loop_t *loop,
                         struct bind_addresses *addresses, const struct log *log)
{
    unsigned good = 0;
    int missing = UV_EADDRNOTAVAIL;
    for (unsigned i = 0; i < addresses->count; i++) {
        int error = listen_on(listener, loop, &addresses->list[i]);
        if (error == 0) {
            good++;
            listener->loopback = listener->loopback && bind_is_loopback(&addresses->list[i]);
        } else if (family_missing(error)) {
            log_debug(log, "listener", "an address is not available here: %s", uv_strerror(error));
            missing = error;
        } else {
            return error;
        }
    }
    return good > 0 ? 0 : missing;
}

/* Opening failed half way: closes what is open, without events, and lets the loop forget it. */
static void abandon(struct listener *listener, uv_loop_t *loop)
{
    listener->on_closed = NULL;
    listener_close(listener);
    while (listener->open > 0)
        uv_run(loop, UV_RUN_NOWAIT);
    listener->count = 0;
    listener->closing = false;
}

static int try_port(struct listener *listener, uv_loop_t *loop, const char *host, uint16_t port,
                    const struct log *log)
{
    struct bind_addresses addresses;
    int error = bind_resolve(&addresses, host);
    if (error < 0)
        return error;
    if (port != 0 && (bind_held("127.0.0.1", port) || bind_held("::1", port)))
        return UV_EADDRINUSE;
    void (*on_closed)(void *, struct listener *) = listener->on_closed;
    listener->port = port;
    listener->loopback = true;
    error = listen_on_all(listener, loop, &addresses, log);
    if (error < 0)
        abandon(listener, loop);
    listener->on_closed = on_closed;
    return error;
}

int listener_open(struct listener *listener, uv_loop_t *loop, const char *host, uint16_t port,
                  const struct log *log)
{
    int error = try_port(listener, loop, host, port, log);
    /* The system's free port of one family may be taken in the other one. */
    for (int i = 0; port == 0 && error == UV_EADDRINUSE && i < FREE_PORT_TRIES; i++)
        error = try_port(listener, loop, host, 0, log);
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
        stream_tune_local(fd);
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
    /* On all addresses means on those that the machine has. */
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
    drop_reserve(listener);
    if (listener->refused >= 0)
        turn_away(listener);
}

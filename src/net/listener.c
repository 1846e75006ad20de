/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A show is up to 12 connections in a row, and a notebook's "run all" brings many shows. */
#define BACKLOG 1024

#define FREE_PORT_TRIES 50

struct addresses {
    struct sockaddr_storage list[LISTENER_SOCKETS];
    unsigned count;
};

static void add_address(struct addresses *addresses, const char *literal)
{
    struct sockaddr_storage *to = &addresses->list[addresses->count++];
    memset(to, 0, sizeof(*to));
    if (strchr(literal, ':') != NULL)
        uv_ip6_addr(literal, 0, (struct sockaddr_in6 *)to);
    else
        uv_ip4_addr(literal, 0, (struct sockaddr_in *)to);
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
    uint32_t ip = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    return ip >> 24 == 127;
}

static int look_up(struct addresses *addresses, const char *host)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return UV_EAI_NONAME;
    for (struct addrinfo *i = found; i != NULL; i = i->ai_next) {
        if (addresses->count < LISTENER_SOCKETS)
            memcpy(&addresses->list[addresses->count++], i->ai_addr, i->ai_addrlen);
    }
    freeaddrinfo(found);
    return 0;
}

static int resolve(struct addresses *addresses, const char *host)
{
    addresses->count = 0;
    if (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
        strcasecmp(host, "localhost") == 0) {
        add_address(addresses, "127.0.0.1");
        add_address(addresses, "::1");
        return 0;
    }
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
        add_address(addresses, "0.0.0.0");
        add_address(addresses, "::");
        return 0;
    }
    return look_up(addresses, host);
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

static uint16_t bound_port(uv_tcp_t *socket)
{
    struct sockaddr_storage name;
    int size = sizeof(name);
    if (uv_tcp_getsockname(socket, (struct sockaddr *)&name, &size) < 0)
        return 0;
    return name.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&name)->sin6_port)
                                      : ntohs(((struct sockaddr_in *)&name)->sin_port);
}

/* Whether somebody listens on this address; a family the machine does not have is nobody. */
static bool held(const char *literal, uint16_t port)
{
    struct addresses one = { .count = 0 };
    add_address(&one, literal);
    set_port(&one.list[0], port);
    bool v6 = one.list[0].ss_family == AF_INET6;
    int fd = socket(one.list[0].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    bool in_use = bind(fd, (struct sockaddr *)&one.list[0], size) < 0 && errno == EADDRINUSE;
    close(fd);
    return in_use;
}

static void on_connection(uv_stream_t *server, int status)
{
    struct listener *listener = server->data;
    if (status < 0 || listener->closing)
        return;
    listener->on_connection(listener->owner, listener, server);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    if (--listener->open == 0 && listener->on_closed != NULL)
        listener->on_closed(listener->owner, listener);
}

static uv_tcp_t *next_socket(struct listener *listener, uv_loop_t *loop)
{
    if (listener->count == LISTENER_SOCKETS)
        return NULL;
    uv_tcp_t *socket = &listener->sockets[listener->count];
    if (uv_tcp_init(loop, socket) < 0)
        return NULL;
    socket->data = listener;
    listener->count++;
    listener->open++;
    return socket;
}

/* Takes back a socket that could not listen. Its memory stays in use until the loop has closed
 * it, so the slot is not given out again. */
static void drop_socket(uv_tcp_t *socket)
{
    uv_close((uv_handle_t *)socket, on_socket_closed);
}

static int listen_on(struct listener *listener, uv_loop_t *loop, struct sockaddr_storage *address)
{
    uv_tcp_t *socket = next_socket(listener, loop);
    if (socket == NULL)
        return UV_ENOMEM;
    unsigned flags = address->ss_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0;
    set_port(address, listener->port);
    int error = uv_tcp_bind(socket, (const struct sockaddr *)address, flags);
    if (error == 0)
        error = uv_listen((uv_stream_t *)socket, BACKLOG, on_connection);
    if (error < 0) {
        drop_socket(socket);
        return error;
    }
    listener->port = bound_port(socket);
    return 0;
}

/* Whether an address simply does not exist on this machine, as ::1 where IPv6 is off. */
static bool family_missing(int error)
{
    return error == UV_EADDRNOTAVAIL || error == UV_EAFNOSUPPORT || error == UV_EINVAL;
}

static int listen_on_all(struct listener *listener, uv_loop_t *loop, struct addresses *addresses,
                         const struct log *log)
{
    unsigned good = 0;
    int missing = UV_EADDRNOTAVAIL;
    for (unsigned i = 0; i < addresses->count; i++) {
        int error = listen_on(listener, loop, &addresses->list[i]);
        if (error == 0) {
            good++;
            listener->loopback = listener->loopback && is_loopback(&addresses->list[i]);
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
    struct addresses addresses;
    int error = resolve(&addresses, host);
    if (error < 0)
        return error;
    if (port != 0 && (held("127.0.0.1", port) || held("::1", port)))
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
    uv_tcp_t *socket = next_socket(listener, loop);
    if (socket == NULL)
        return UV_ENOMEM;
    int error = uv_tcp_open(socket, fd);
    if (error == 0)
        error = uv_listen((uv_stream_t *)socket, BACKLOG, on_connection);
    if (error < 0) {
        drop_socket(socket);
        return error;
    }
    struct sockaddr_storage name;
    int size = sizeof(name);
    listener->port = bound_port(socket);
    if (uv_tcp_getsockname(socket, (struct sockaddr *)&name, &size) == 0)
        listener->loopback = (listener->count == 1 || listener->loopback) && is_loopback(&name);
    return 0;
}

void listener_close(struct listener *listener)
{
    if (listener->closing)
        return;
    listener->closing = true;
    for (unsigned i = 0; i < listener->count; i++) {
        if (!uv_is_closing((uv_handle_t *)&listener->sockets[i]))
            uv_close((uv_handle_t *)&listener->sockets[i], on_socket_closed);
    }
}

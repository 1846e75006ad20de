/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/bind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <uv.h>

#include "net/address.h"
#include "net/socket.h"

#define FREE_PORT_TRIES 50

void bind_add(struct bind_addresses *addresses, const char *literal)
{
    struct sockaddr_storage *to = &addresses->list[addresses->count++];
    memset(to, 0, sizeof(*to));
    if (strchr(literal, ':') != NULL)
        uv_ip6_addr(literal, 0, (struct sockaddr_in6 *)to);
    else
        uv_ip4_addr(literal, 0, (struct sockaddr_in *)to);
}

bool bind_is_loopback(const struct sockaddr_storage *address)
{
    struct address in;
    return address_from_socket(&in, (const struct sockaddr *)address) == 0 &&
           address_is_loopback(&in);
}

static int look_up(struct bind_addresses *addresses, const char *host)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return UV_EAI_NONAME;
    for (struct addrinfo *i = found; i != NULL; i = i->ai_next) {
        if (addresses->count < BIND_ADDRESSES)
            memcpy(&addresses->list[addresses->count++], i->ai_addr, i->ai_addrlen);
    }
    freeaddrinfo(found);
    return 0;
}

/* 127.0.0.1, ::1 and "localhost" are both loopback addresses, 0.0.0.0 and :: all addresses of both
 * families, and anything else is looked up, which blocks. 0, or UV_EAI_NONAME. */
static int resolve(struct bind_addresses *addresses, const char *host)
{
    addresses->count = 0;
    if (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
        strcasecmp(host, "localhost") == 0) {
        bind_add(addresses, "127.0.0.1");
        bind_add(addresses, "::1");
        return 0;
    }
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
        bind_add(addresses, "0.0.0.0");
        bind_add(addresses, "::");
        return 0;
    }
    return look_up(addresses, host);
}

/* `port` in host byte order. */
static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

static socklen_t size_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

int bind_port(int fd, struct sockaddr_storage *name)
{
    socklen_t size = sizeof(*name);
    struct address in;
    if (getsockname(fd, (struct sockaddr *)name, &size) < 0)
        return -errno;
    return address_from_socket(&in, (const struct sockaddr *)name) < 0 ? 0 : in.port;
}

int bind_socket(const struct sockaddr_storage *address)
{
    int on = 1;
    int fd = socket_open(address->ss_family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)address, size_of(address)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

/* Whether a program listens on this address; false if the machine does not have the address. */
static bool is_held(const char *literal, uint16_t port)
{
    struct bind_addresses one = { .count = 0 };
    bind_add(&one, literal);
    set_port(&one.list[0], port);
    int fd = bind_socket(&one.list[0]);
    if (fd >= 0)
        close(fd);
    return fd == -EADDRINUSE;
}

void bind_close(struct bind_sockets *sockets)
{
    for (unsigned i = 0; i < sockets->count; i++)
        close(sockets->fds[i]);
    sockets->count = 0;
}

static int bind_next(struct bind_sockets *sockets, struct sockaddr_storage *address)
{
    struct sockaddr_storage name;
    set_port(address, sockets->port);
    int fd = bind_socket(address);
    if (fd < 0)
        return fd;
    sockets->fds[sockets->count++] = fd;
    int port = bind_port(fd, &name);
    if (port < 0)
        return port;
    sockets->port = (uint16_t)port;
    sockets->loopback = sockets->loopback && bind_is_loopback(address);
    return 0;
}

/* Whether this machine lacks the address family, as ::1 if IPv6 is off. */
static bool family_missing(int error)
{
    return error == UV_EADDRNOTAVAIL || error == UV_EAFNOSUPPORT || error == UV_EINVAL;
}

static int bind_all(struct bind_sockets *sockets, struct bind_addresses *addresses,
                    const struct log *log)
{
    int missing = UV_EADDRNOTAVAIL;
    for (unsigned i = 0; i < addresses->count; i++) {
        int error = bind_next(sockets, &addresses->list[i]);
        if (error == 0)
            continue;
        if (!family_missing(error))
            return error;
        log_debug(log, "listener", "an address is not available here: %s", uv_strerror(error));
        missing = error;
    }
    return sockets->count > 0 ? 0 : missing;
}

static int try_port(struct bind_sockets *sockets, const char *host, uint16_t port,
                    const struct log *log)
{
    struct bind_addresses addresses;
    int error = resolve(&addresses, host);
    if (error < 0)
        return error;
    if (port != 0 && (is_held("127.0.0.1", port) || is_held("::1", port)))
        return UV_EADDRINUSE;
    *sockets = (struct bind_sockets){ .port = port, .loopback = true };
    error = bind_all(sockets, &addresses, log);
    if (error < 0)
        bind_close(sockets);
    return error;
}

int bind_host(struct bind_sockets *sockets, const char *host, uint16_t port, const struct log *log)
{
    int error = try_port(sockets, host, port, log);
    /* A port that is free in one family may be taken in the other. */
    for (int i = 0; port == 0 && error == UV_EADDRINUSE && i < FREE_PORT_TRIES; i++)
        error = try_port(sockets, host, 0, log);
    return error;
}

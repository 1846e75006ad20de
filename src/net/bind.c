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

int bind_resolve(struct bind_addresses *addresses, const char *host)
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

void bind_set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

static socklen_t address_size(const struct sockaddr_storage *address)
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
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)address, address_size(address)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

bool bind_held(const char *literal, uint16_t port)
{
    struct bind_addresses one = { .count = 0 };
    bind_add(&one, literal);
    bind_set_port(&one.list[0], port);
    int fd = bind_socket(&one.list[0]);
    if (fd >= 0)
        close(fd);
    return fd == -EADDRINUSE;
}

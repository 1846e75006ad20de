/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_BIND_H
#define CADCAST_NET_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/log.h"

/* Most addresses of one host name; further ones are ignored. */
#define BIND_ADDRESSES 8

struct bind_addresses {
    struct sockaddr_storage list[BIND_ADDRESSES]; /* port 0 */
    unsigned count;
};

/* Adds a numeric address of either family. The caller makes sure that there is room. */
void bind_add(struct bind_addresses *addresses, const char *literal);

/* 127.0.0.0/8 or ::1. */
bool bind_is_loopback(const struct sockaddr_storage *address);

/* A TCP socket that is bound to the address, IPv6 without IPv4, and does not listen; the caller
 * closes it. A negative errno if that fails. */
int bind_socket(const struct sockaddr_storage *address);

/* Bound sockets of one port. */
struct bind_sockets {
    int fds[BIND_ADDRESSES]; /* the owner closes them */
    unsigned count;
    uint16_t port; /* host byte order */
    bool loopback; /* every address is a loopback address */
};

/*
 * Binds a port on every address of `host` that this machine has. `port` 0 takes one that is free in
 * every family. Resolves names, which blocks. Errors as in listener_open; nothing is open after
 * one.
 */
int bind_host(struct bind_sockets *sockets, const char *host, uint16_t port, const struct log *log);

void bind_close(struct bind_sockets *sockets);

/* The port that a socket is bound to, in host byte order, and its whole name. 0 if it is not bound,
 * a negative errno if the system call fails. */
int bind_port(int fd, struct sockaddr_storage *name);

#endif

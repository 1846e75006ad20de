/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_BIND_H
#define CADCAST_NET_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

/* Addresses that a host name stands for at most; further ones are not listened on. */
#define BIND_ADDRESSES 8

struct bind_addresses {
    struct sockaddr_storage list[BIND_ADDRESSES]; /* port 0 */
    unsigned count;
};

/* What a host to listen on means: 127.0.0.1, ::1 and "localhost" are both loopback addresses,
 * 0.0.0.0 and :: all addresses of both families, and anything else is looked up, which blocks. 0,
 * or UV_EAI_NONAME. */
int bind_resolve(struct bind_addresses *addresses, const char *host);

/* Adds an address in digits of either family. The caller sees to it that there is room. */
void bind_add(struct bind_addresses *addresses, const char *literal);

/* 127.0.0.0/8 or ::1. */
bool bind_is_loopback(const struct sockaddr_storage *address);

/* `port` in host byte order. */
void bind_set_port(struct sockaddr_storage *address, uint16_t port);

/* A TCP socket that is bound to the address, IPv6 without IPv4, and does not listen; it is the
 * caller's to close. A negative errno where that fails. */
int bind_socket(const struct sockaddr_storage *address);

/* The port that a socket is bound to, in host byte order, and its whole name. 0 where it is bound
 * to none, a negative errno where the system does not say. */
int bind_port(int fd, struct sockaddr_storage *name);

/* Whether somebody listens on this address; a family the machine does not have is nobody. */
bool bind_held(const char *literal, uint16_t port);

#endif

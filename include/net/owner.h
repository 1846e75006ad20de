/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_OWNER_H
#define CADCAST_NET_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Which user owns the other end of a TCP connection whose two ends are on this machine. Linux tells
 * through sock_diag(7): one request and one answer over a netlink socket, both inside two system
 * calls that do not wait (some ten microseconds, however many sockets there are).
 */
struct owner {
    int fd; /* the netlink socket, or -1 */
    uint32_t serial;
    bool maps_all; /* our user namespace knows every user by a number of its own */
};

/* Conditions. */
enum {
    /* Nobody can be named for this connection: its other end is closed already, or is in another
     * network namespace, or belongs to a user that our user namespace has no number for. */
    OWNER_UNKNOWN = 1,
    /* This system cannot tell at all: not Linux, or a kernel or sandbox without sock_diag. */
    OWNER_UNSUPPORTED = 2,
};

/*
 * Opens the netlink socket and tries it on a connection of its own. 0, OWNER_UNSUPPORTED (nothing
 * is open then, owner_find always says OWNER_UNSUPPORTED), or an error such as -EMFILE.
 * A few system calls that do not wait: for the start of the program.
 */
int owner_open(struct owner *owner);

/* May be called twice, and on a struct that owner_open refused. */
void owner_close(struct owner *owner);

/*
 * `local` and `peer` are the two ends as getsockname and getpeername of our side tell them, of
 * either family. 0 and the user's number, OWNER_UNKNOWN, OWNER_UNSUPPORTED, or an error of the
 * netlink socket (which is to be taken like OWNER_UNKNOWN).
 */
int owner_find(struct owner *owner, const struct sockaddr *local, const struct sockaddr *peer,
               uid_t *uid);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_OWNER_H
#define CADCAST_NET_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Which user owns the other end of a TCP connection whose two ends are on this machine. On Linux
 * sock_diag(7) answers: one request and one answer over a netlink socket, both inside two system
 * calls that do not wait (some ten microseconds, however many sockets there are). If a container or
 * a sandbox has no sock_diag, the kernel's list of sockets in /proc/net is read instead.
 */
struct owner {
    int fd; /* the netlink socket, or -1 */
    uint32_t serial;
    bool listed;   /* sock_diag is missing: /proc/net is read */
    bool maps_all; /* every user has a number in our user namespace */
};

/* Conditions. */
enum {
    /* The owner of this connection is not known: its other end is closed already, or is in another
     * network namespace, or belongs to a user without a number in our user namespace. */
    OWNER_UNKNOWN = 1,
    /* No owner can be found on this system: not Linux, or a sandbox with neither sock_diag nor
     * /proc. */
    OWNER_UNSUPPORTED = 2,
};

/*
 * Opens the netlink socket and tests it, and then /proc/net, on a connection of its own, of the
 * first family that this machine has. 0, OWNER_UNSUPPORTED (nothing is open then, and owner_find
 * always returns OWNER_UNSUPPORTED), or an error such as -EMFILE. A few system calls that do not
 * wait: for the start of the program.
 */
int owner_open(struct owner *owner);

/* Whether owners can be found on this kind of system, as on Linux. If not, OWNER_UNSUPPORTED is no
 * defect of this machine, and no reason to refuse connections. */
bool owner_is_possible(void);

/* Whether owner_find can find owners. */
bool owner_works(const struct owner *owner);

/* May be called twice, and after owner_open failed. */
void owner_close(struct owner *owner);

/*
 * `local` and `peer` are the two ends as returned by getsockname and getpeername on our side, of
 * either family. 0 and the user's number, OWNER_UNKNOWN, OWNER_UNSUPPORTED, or an error of the
 * system (to be handled like OWNER_UNKNOWN).
 */
int owner_find(struct owner *owner, const struct sockaddr *local, const struct sockaddr *peer,
               uid_t *uid);

#endif

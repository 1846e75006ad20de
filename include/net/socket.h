/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_SOCKET_H
#define CADCAST_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/* Differences between systems with sockets; base/sys.h has the others. */

/* A close-on-exec socket, or -errno. Hides SOCK_CLOEXEC. */
int socket_open(int family, int type);

/* Accepts the next connection of a listening socket, non-blocking and close-on-exec, or -errno.
 * Hides accept4. */
int socket_accept(int fd);

/* Sends what can be sent at once, and lets the system wait for more before it makes a packet of it.
 * Returns the bytes sent; 0 after an error, which the next call reports too, and if the system has
 * no MSG_MORE. */
size_t socket_send_more(int fd, const void *data, size_t size);

/* Bytes that the system has and the peer has not acknowledged; 0 if the system does not report
 * them. Hides SIOCOUTQ. */
size_t socket_unacknowledged(int fd);

/* For a connection within this machine, or its listening socket: nothing is lost there and nothing
 * is congested, so congestion control only delays (BBR paces what is sent, and a model takes a
 * fifth longer). Accepted connections inherit it from the listening socket. Hides TCP_CONGESTION.
 */
void socket_be_plain(int fd);

/* Whether the peer of a TCP connection is known to have closed it; false if the system does not
 * report it. Hides TCP_INFO. */
bool socket_peer_left(int fd);

#endif

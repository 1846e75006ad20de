/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_OWNER_LIST_H
#define CADCAST_NET_OWNER_LIST_H

#include <sys/types.h>

#include "net/address.h"

/*
 * Searches /proc/net/tcp and tcp6 (proc(5)) for the socket whose own address is `peer` and whose
 * other end is `local`. Costs a line of text for each TCP socket of the network namespace, about a
 * microsecond each: for systems without sock_diag. 0 and the user's number, -ENOENT: there is no
 * such socket, or its process has closed it, or an error of reading.
 */
int owner_list_find(const struct address *local, const struct address *peer, uid_t *uid);

#endif

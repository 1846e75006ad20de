/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_AHEAD_H
#define CADCAST_DAEMON_AHEAD_H

#include <stddef.h>

struct blob;
struct server;

/*
 * Memory for a large message, found on the worker pool while its beginning is still coming: a
 * model that is the first one would otherwise wait for the system as long as for its kernel.
 *
 * To be called with every piece: `blob` holds some of `total` bytes. Asks for as much more as is
 * in proportion to what has come, so that a header that only claims to be large costs nothing.
 * `asked` is the caller's, 0 at the beginning of a message. Where the pool has no time the memory
 * is found as it is written.
 */
void ahead(struct server *server, struct blob *blob, size_t total, size_t *asked);

#endif

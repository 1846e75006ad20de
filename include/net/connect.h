/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_CONNECT_H
#define CADCAST_NET_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "net/stream.h"

/* An outgoing connection: finds the address of a host, and connects a stream to it. */
struct connect {
    uv_getaddrinfo_t resolve;
    uv_connect_t request;
    struct stream *stream;
    unsigned attempt;
    bool resolving;
    void (*done)(void *owner, int error);
    void *owner;
};

/*
 * Connects an opened stream, whose `tcp` has no connection yet. A host of several addresses is
 * tried at one of them a call: pass 0, 1, 2... as `attempt`, in turn. Names are looked up on the
 * pool. Returns an error, or `done` is called exactly once, never inside this call: with 0, or the
 * error; also if the stream is closed meanwhile, but then maybe after its event `closed`. Both
 * structs must last until then.
 */
int connect_start(struct connect *connect, struct stream *stream, const char *host, uint16_t port,
                  unsigned attempt, void (*done)(void *owner, int error), void *owner);

/* Ends a look-up that has not begun on the pool, so that `done` comes at once. */
void connect_cancel(struct connect *connect);

#endif

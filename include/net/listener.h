/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_LISTENER_H
#define CADCAST_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/log.h"

#define LISTENER_SOCKETS 8

/*
 * One port, on every address of every family that a host name stands for: 127.0.0.1 and
 * "localhost" mean both loopback addresses, 0.0.0.0 and :: mean all addresses of both families.
 */
struct listener {
    uv_tcp_t sockets[LISTENER_SOCKETS];
    unsigned count; /* sockets that are open */
    unsigned open;  /* of these, how many have not been closed yet */
    uint16_t port;  /* host byte order */
    bool loopback;  /* every address is a loopback address */
    bool closing;
    void *owner;
    void (*on_connection)(void *owner, struct listener *listener, uv_stream_t *server);
    void (*on_closed)(void *owner, struct listener *listener);
    const char *session; /* free for the owner: which session this port stands for */
};

/*
 * Binds and listens. `port` 0 takes a port that is free in every family. Blocking name look-up:
 * for the start of the program only. Errors: UV_EADDRINUSE (also where anybody holds the port on
 * one of the loopback addresses), UV_EACCES, UV_EADDRNOTAVAIL, UV_EAI_... for an unknown name.
 * After an error nothing is open.
 */
int listener_open(struct listener *listener, uv_loop_t *loop, const char *host, uint16_t port,
                  const struct log *log);

/* Takes a socket that listens already, as socket activation hands over (sd_listen_fds(3)). May be
 * called again for further sockets of the same port. */
int listener_adopt(struct listener *listener, uv_loop_t *loop, int fd);

/* Stops accepting; `on_closed` comes when the handles are gone (also where none was open, but then
 * not from within this call only if count is 0: the caller checks `count`). May be called twice. */
void listener_close(struct listener *listener);

#endif

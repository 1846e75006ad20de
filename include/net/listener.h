/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_LISTENER_H
#define CADCAST_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/log.h"
#include "net/bind.h"

struct listener_socket {
    uv_poll_t poll;
    int fd; /* -1: closed */
};

/*
 * One port, on every address of every family of a host name: 127.0.0.1 and "localhost" mean both
 * loopback addresses, 0.0.0.0 and :: mean all addresses of both families.
 *
 * If no descriptor is left for a connection, the reserved one is freed for it: the peer gets 503
 * and is closed, instead of waiting at a silent port.
 */
struct listener {
    struct listener_socket sockets[BIND_ADDRESSES];
    uv_timer_t pause; /* listens again after an error that would recur at once */
    unsigned count;   /* sockets in use */
    unsigned open;    /* handles that have not been closed yet */
    int reserve;      /* a spare descriptor for accepting when none is left, -1: none */
    int refused;      /* the peer that was accepted with it and is turned away; -1: none */
    unsigned polls;   /* how often its socket was read */
    uint16_t port;    /* host byte order */
    bool loopback;    /* every address is a loopback address */
    bool closing;
    void *owner;
    /* A new connection; the owner closes the descriptor. */
    void (*on_connection)(void *owner, struct listener *listener, int fd);
    /* A connection could not be accepted, because of `error` (a negative errno): it was turned away
     * if `refused`, else it waits. May be NULL. */
    void (*on_full)(void *owner, struct listener *listener, int error, bool refused);
    void (*on_closed)(void *owner, struct listener *listener);
    const char *session; /* free for the owner: the session of this port */
    bool announced;      /* free for the owner: clients find the port in the registry */
};

/*
 * Binds and listens. `port` 0 takes a port that is free in every family. Blocking name look-up: for
 * the start of the program only. Errors: UV_EADDRINUSE (also if another program holds the port on
 * one of the loopback addresses), UV_EACCES, UV_EADDRNOTAVAIL, UV_EAI_... for an unknown name.
 * After an error nothing is open.
 */
int listener_open(struct listener *listener, uv_loop_t *loop, const char *host, uint16_t port,
                  const struct log *log);

/* Takes a listening socket, as socket activation passes it (sd_listen_fds(3)). May be called again
 * for further sockets of the same port. The listener closes the descriptor, unless there is an
 * error. */
int listener_adopt(struct listener *listener, uv_loop_t *loop, int fd);

/* Whether a client that connects to a loopback address, "127.0.0.1" or "::1", reaches this
 * listener: it is on that address or on all, and has a socket of that family. */
bool listener_reached_at(const struct listener *listener, const char *literal);

/* Stops accepting. `on_closed` comes once, from the loop, when the last handle is closed; never if
 * no handle is open (`count` is 0), so the caller checks `count` first. May be called twice. */
void listener_close(struct listener *listener);

#endif

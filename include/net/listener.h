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
 * One port, on every address of every family that a host name stands for: 127.0.0.1 and
 * "localhost" mean both loopback addresses, 0.0.0.0 and :: mean all addresses of both families.
 *
 * Where the system has no descriptor left for a connection, one that is held in reserve is given
 * for it: the peer is told 503 and let go, and nobody is left waiting at a port that is silent.
 */
struct listener {
    struct listener_socket sockets[BIND_ADDRESSES];
    uv_timer_t pause; /* begins to listen again after an error that would come at once again */
    unsigned count;   /* sockets that are in use */
    unsigned open;    /* handles that have not been closed yet */
    int reserve;      /* a descriptor for the moment when there is no other, -1: none */
    int refused;      /* it is used for this peer, who is turned away; -1: for none */
    unsigned looks;   /* at what that peer says */
    uint16_t port;    /* host byte order */
    bool loopback;    /* every address is a loopback address */
    bool closing;
    void *owner;
    /* A connection, whose descriptor is the owner's from now on. */
    void (*on_connection)(void *owner, struct listener *listener, int fd);
    /* One could not be taken, for this reason (a negative errno): it was turned away where
     * `refused`, else it waits. May be NULL. */
    void (*on_full)(void *owner, struct listener *listener, int error, bool refused);
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
 * called again for further sockets of the same port. The descriptor is the listener's then, unless
 * there is an error. */
int listener_adopt(struct listener *listener, uv_loop_t *loop, int fd);

/* Whether a loopback address, "127.0.0.1" or "::1", leads to a listener that is on loopback or on
 * all addresses: not where the machine lacks it, or only the other family was handed over. */
bool listener_reached_at(const struct listener *listener, const char *literal);

/* Stops accepting; `on_closed` comes when the handles are gone (also where none was open, but then
 * not from within this call only if count is 0: the caller checks `count`). May be called twice. */
void listener_close(struct listener *listener);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_PORTS_H
#define CADCAST_SERVER_SERVER_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"

struct listener;
struct server;

/*
 * The ports of a running server: further ones are opened and closed, each for a session, and those
 * that are announced to clients are in the registry (process/registry.h). A part of struct server.
 */
struct server_ports {
    struct list closed; /* closed ports whose last connections are still there */
    unsigned closed_count;
    unsigned opening; /* jobs on the pool that bind a port */
};

/* A port to open. */
struct server_ports_wish {
    uint16_t port;       /* host byte order; 0: one that the system gives */
    const char *session; /* its name; the session is made if there is none */
    bool announce;       /* write it into the registry, where clients without a setting look */
};

/* What came of it. */
struct server_ports_answer {
    int error;           /* 0, or an error with one line about it in `why` */
    const char *why;     /* what a person should know; "" without an error */
    uint16_t port;       /* host byte order */
    const char *session; /* its name */
    bool announced;      /* it is in the registry */
};

typedef void (*server_ports_done)(void *arg, const struct server_ports_answer *answer);

void server_ports_init(struct server *server);

/*
 * Opens a port on the addresses of --host. Binding, the question who holds a busy port, and the
 * registry are for the worker pool; `done` is called once, at once or later on the loop. Errors in
 * its answer: -EINVAL (not a session's name), -EEXIST (this server has the port, for another
 * session), -EADDRINUSE, -EAGAIN (--max-sessions), -ENOSPC (too many ports), -ECANCELED (the server
 * ends), -ENOMEM, or that of bind(2). A port that is open for that session already is no error.
 */
void server_ports_open(struct server *server, const struct server_ports_wish *wish,
                       server_ports_done done, void *arg);

/*
 * Closes a port, and its connections politely. `asked`: the listener of the connection that asks
 * for it, or NULL. Returns 0, and the answer has port and session; -ENOENT: it is no port of this
 * server; -EPERM: it is the main one; -EBUSY: the request came over this port; -ENOMEM.
 */
int server_ports_close(struct server *server, uint16_t port, const struct listener *asked);

/* About twice a second: ends the connections of closed ports. */
void server_ports_tick(struct server *server);

/* Notes in each session whether it has a port: after ports were opened or closed. */
void server_ports_note(struct server *server);

/* After the start: announces the main port, and takes over from the process that this one replaced
 * which others are announced. Waits for the registry's lock. */
void server_ports_announce(struct server *server);

/* Before a restart: passes on which ports are announced. */
void server_ports_hand_over(const struct server *server);

/* The server ends: takes its ports out of the registry, on the pool. */
void server_ports_leave(struct server *server);

/* Adds one line about a port that cannot be bound, and what to do: `free_one` is how to ask for a
 * free port. Asks who holds it, which blocks (process/service_ask.h). */
void server_ports_fault(struct text *why, const char *host, uint16_t port, int error,
                        const char *free_one);

/* After the loop has ended. */
void server_ports_free(struct server *server);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONN_H
#define CADCAST_DAEMON_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/weak.h"
#include "net/listener.h"
#include "net/stream.h"
#include "view/peer.h"
#include "web/http.h"
#include "web/ws.h"

struct server;

/* What the one timer of a connection is for. */
enum conn_wait {
    WAIT_FIRST,     /* the first byte, or the TLS handshake */
    WAIT_HEADER,    /* the rest of a request's header */
    WAIT_BODY,      /* the rest of its body */
    WAIT_ANSWER,    /* our own answer, and that the peer takes it */
    WAIT_REQUEST,   /* the next request on a kept connection */
    WAIT_HANDSHAKE, /* that the peer takes our answer and says something as a WebSocket */
    WAIT_MESSAGE,   /* messages: pings go out, and stalls are looked for */
    WAIT_GOODBYE,   /* the closing handshake, and what is still being sent */
};

/*
 * One accepted connection, from its first byte to its last: the firebreak. Whatever a peer does,
 * and whatever memory it makes fail, ends here. Freed by its own last close callback.
 */
struct conn {
    struct list link; /* in server->conns */
    struct server *server;
    struct listener *listener;
    struct stream stream;
    uv_timer_t timer;
    struct http *http;      /* until it becomes a WebSocket */
    struct weak *http_weak; /* for answers to requests that come later */
    struct ws *ws;
    struct peer peer;
    struct weak *weak; /* for answers that come later */
    struct sockaddr_storage address;
    char name[80];       /* the peer's address and port, for the log */
    const char *refused; /* why it is turned away, whatever it wants; NULL: it is not */
    enum conn_wait wait;
    uint64_t due;        /* uv_now() at which the timer is to fire */
    uint64_t last_input; /* uv_now() of the last byte */
    uint64_t progress;   /* stream_progress() when it last moved */
    uint64_t progress_at;
    size_t in_flight;         /* bytes of this connection in hub->in_flight */
    const struct blob *large; /* what a large write was of last; only compared, may be freed */
    uint64_t message_at;      /* uv_hrtime() of a large message's first piece, 0: none comes */
    size_t ahead;             /* bytes of it that the pool was asked to find memory for */
    unsigned handles;         /* of stream and timer, how many are open */
    bool first;               /* no byte has come yet */
    bool has_peer;
    bool loopback;  /* the peer is on this machine, by a loopback address */
    bool local;     /* a process of this machine, not one behind a proxy */
    int owner;      /* enum guard_owner */
    bool read_only; /* may look, and nothing else */
    bool pinged;    /* a ping waits for any sign of life */
    bool linger;    /* the peer may still be sending when we have said our last */
    bool said;      /* something of this connection is in the log already */
    bool closing;
};

/* A connection came, with this descriptor, which is ours now. Whatever fails is logged and leaves
 * nothing. */
void conn_accept(struct server *server, struct listener *listener, int fd);

/* Says goodbye: browsers are told to come back (1001), then the connection closes. */
void conn_goodbye(struct conn *conn);

/* Whether something is under way, or likely to be, that a goodbye would cut off: a message, an
 * answer, a kernel that has just connected. */
bool conn_busy(const struct conn *conn);

/* Closes now. May be called twice. */
void conn_close(struct conn *conn);

/* Nothing more to say: closes when all is sent, or when the deadline for goodbyes passes. */
void conn_finish(struct conn *conn);

/* One line about a peer that did something wrong, however much it does. `detail` may be NULL. */
void conn_complain(struct conn *conn, const char *what, const char *detail);

/* Sends; the `write` of both protocols (struct http_events, struct ws_events), `owner` being the
 * connection. An error closes it. */
void conn_write(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                size_t size);

#endif

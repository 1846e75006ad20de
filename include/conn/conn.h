/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CONN_CONN_H
#define CADCAST_CONN_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/weak_pointer.h"
#include "net/listener.h"
#include "net/stream.h"
#include "view/peer.h"
#include "web/http.h"
#include "web/ws.h"

struct front;

/* What the one timer of a connection is for. */
enum conn_wait {
    CONN_WAIT_FIRST,     /* the first byte, or the TLS handshake */
    CONN_WAIT_HEADER,    /* the rest of a request's header */
    CONN_WAIT_BODY,      /* the rest of its body, or, if it is taken, more of it */
    CONN_WAIT_ANSWER,    /* our own answer, until the peer has received it */
    CONN_WAIT_REQUEST,   /* the next request on a kept connection */
    CONN_WAIT_HANDSHAKE, /* the peer to receive our upgrade and send its first WebSocket frame */
    CONN_WAIT_MESSAGE,   /* messages: pings are sent, and stalls are detected */
    CONN_WAIT_EVENTS,    /* events to send: heartbeats are sent, and stalls are detected */
    CONN_WAIT_GOODBYE,   /* the closing handshake, and the bytes still being sent */
};

/*
 * One accepted connection, from its first byte to its last: the firebreak. The faults of a peer,
 * and allocations that fail because of it, end at most its connection. Freed by its own last close
 * callback.
 */
struct conn {
    struct list link; /* in front->conns */
    struct front *front;
    struct listener *listener;
    struct stream stream;
    uv_timer_t timer;
    struct http *http;              /* until it becomes a WebSocket */
    struct weak_pointer *http_weak; /* for answers to requests that are ready later */
    struct ws *ws;
    struct peer peer;
    struct weak_pointer *weak; /* for results that are ready later */
    struct sockaddr_storage address;
    char name[80];       /* the peer's address and port, for the log */
    const char *refused; /* why it is refused before its request is read; NULL: it is not */
    enum conn_wait wait;
    uint64_t due;             /* uv_now() when the timer must fire */
    uint64_t last_input;      /* uv_now() of the last byte received */
    uint64_t beat;            /* uv_now() of the last heartbeat of a stream of events */
    uint64_t progress;        /* stream_progress() at its last change */
    uint64_t progress_at;     /* uv_now() of that change */
    uint64_t body_seen;       /* bytes of body at the start of the current wait for more */
    size_t in_flight;         /* bytes of this connection in hub->in_flight */
    const struct blob *large; /* blob of the last large write; only compared, may be freed */
    uint64_t message_at;      /* uv_hrtime() of the first part of a large message; 0: none */
    size_t prefaulted;        /* bytes of it that the pool was asked to prefault */
    unsigned handles;         /* count of open ones among stream and timer */
    bool first;               /* no byte has been received yet */
    bool has_peer;
    bool plain; /* without TLS though it needs it: its request is not answered but led to https */
    bool loopback;  /* the peer is on this machine, by a loopback address */
    bool local;     /* a process of this machine, not one behind a proxy */
    int owner;      /* enum guard_owner */
    bool read_only; /* may view and measure, but change nothing */
    bool view_only; /* because it has the token of viewers */
    bool pinged;    /* a ping was sent and nothing received since */
    bool events;    /* sends events and reads nothing any more (conn/conn_events.h) */
    bool linger;    /* at the close, keep reading for a while: the peer may still be sending */
    bool said;      /* a complaint about this connection is in the log already */
    bool closing;
};

/* Sets up an accepted connection; takes over the descriptor. An error is logged, and frees
 * everything. */
void conn_accept(struct front *front, struct listener *listener, int fd);

/* Closes politely: a WebSocket with code 1001, on which browsers reconnect. */
void conn_goodbye(struct conn *conn);

/* Whether a goodbye would cut off a transfer or a likely one: a message, an answer, a kernel that
 * has just connected. */
bool conn_busy(const struct conn *conn);

/* Answers a refused connection (conn->refused) with 503, and closes it. */
void conn_turn_away(struct conn *conn);

/* Closes now. May be called twice. */
void conn_close(struct conn *conn);

/* Closes when everything queued is sent, or at the deadline of CONN_WAIT_GOODBYE. */
void conn_finish(struct conn *conn);

/* Logs a fault of the peer; at most one line per connection. `detail` may be NULL. */
void conn_complain(struct conn *conn, const char *what, const char *detail);

/* Sends; the `write` of both protocols (struct http_events, struct ws_events), `owner` being the
 * connection. An error closes it. */
void conn_write(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                size_t size);

#endif

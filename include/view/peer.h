/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_PEER_H
#define CADCAST_VIEW_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/list.h"
#include "base/weak.h"

struct hub;
struct relay;
struct session;

/* What a connection has turned out to be. */
enum peer_role {
    PEER_KERNEL,  /* has said nothing yet, or only what kernels say */
    PEER_BROWSER, /* registered with L: a viewer */
    PEER_BACKEND, /* an external measurement backend (`L:Python listener`) */
    PEER_LISTING, /* the /sessions page */
};

/* What a queued message is, so that a newer one can take the place of those it makes pointless. */
enum peer_matter {
    MATTER_ANSWER,  /* only for this peer: never skipped */
    MATTER_PICTURE, /* a model, or that there is none: replaces all PICTURE and CHANGE */
    MATTER_CHANGE,  /* a change to the picture: settings, animation, time */
};

/* The connection below, filled in by the daemon. None of them calls back into the view. */
struct peer_ops {
    /* Sends the text from `offset` on as one message; takes references as it needs. */
    void (*send)(void *conn, struct blob *blob, size_t offset);
    void (*send_text)(void *conn, const char *data, size_t size);
    /* Sends part of a blob as one fragment of a text message (RFC 6455 section 5.4). */
    void (*send_fragment)(void *conn, struct blob *blob, size_t offset, size_t size, bool first,
                          bool last);
    /* Bytes that the peer has not taken yet. */
    size_t (*queued)(void *conn);
    /* Begins the closing handshake with a code of RFC 6455 section 7.4. */
    void (*close)(void *conn, int code, const char *reason);
    /* Stops and resumes the delivery of this peer's messages, so that answers stay in order. */
    void (*hold)(void *conn);
    void (*release)(void *conn);
};

struct peer {
    const struct peer_ops *ops;
    void *conn;
    struct hub *hub;
    struct session *session;
    struct weak *weak;     /* for those who answer later */
    struct list link;      /* in session->peers */
    struct list queue;     /* messages that wait until the peer has taken what it was sent */
    size_t queue_size;     /* bytes of those that are kept for this peer alone */
    struct relay *sending; /* a model that passes through while this kernel still sends it */
    struct relay *relay;   /* the one whose pieces this browser is getting */
    struct list relay_link;
    size_t relay_sent; /* bytes of its message, payload or not, that were passed on */
    enum peer_role role;
    char name[80];       /* address and port, for the log */
    char id[65];         /* of the page in its window, "" unknown */
    bool ours;           /* our own page: understands "hello" and the like */
    bool binary;         /* fetches models as binary files */
    bool local;          /* on this machine */
    bool read_only;      /* may look, and nothing else */
    bool closing;        /* was told to go: gets nothing more */
    uint64_t acted;      /* milliseconds: when its person last did something */
    uint64_t act;        /* order of the acts of all peers, for those of one millisecond */
    json_t *status;      /* what it reported so far, merged; NULL: nothing */
    size_t status_most;  /* bytes of memory that it takes at most */
    uint64_t model_seen; /* number of the model it was sent last */
    json_t *tool;        /* "activeTool" as last reported, NULL: none */
};

/* Joins a new connection to a session as a kernel, until it says otherwise. `name` is copied.
 * Returns 0 or -ENOMEM, the peer then being unusable. */
int peer_init(struct peer *peer, struct hub *hub, struct session *session,
              const struct peer_ops *ops, void *conn, const char *name);

/* The connection is gone: leaves the session. May be called twice. */
void peer_gone(struct peer *peer);

/* Its person did something at `at` (milliseconds, as hub_now counts). */
void peer_note_act(struct peer *peer, uint64_t at);

/* Whether the person of `peer` did something later than that of `other`. */
bool peer_acted_later(const struct peer *peer, const struct peer *other);

/* Sends `blob` from `offset` on, at once or when there is room; see enum peer_matter. */
void peer_send(struct peer *peer, struct blob *blob, size_t offset, enum peer_matter matter);

/* Sends text that is this peer's alone. */
void peer_send_text(struct peer *peer, const char *data, size_t size);
void peer_send_json(struct peer *peer, json_t *json);

/* A newer picture was sent or is about to wait: what it replaces need not be sent at all. */
void peer_skip_replaced(struct peer *peer);

/* Whether a message would go out at once: nothing waits and no other message is half sent. */
bool peer_is_free(const struct peer *peer);

/* The connection has room again: sends what waits. */
void peer_pump(struct peer *peer);

void peer_close(struct peer *peer, int code, const char *reason);

#endif

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
#include "base/weak_pointer.h"
#include "view/view.h"

struct hub;
struct exact_show;
struct relay;
struct session;
struct type_scanner;

/* The role of a connection, from the messages it sent. */
enum peer_role {
    PEER_KERNEL,  /* has sent nothing yet, or only what kernels send */
    PEER_BROWSER, /* registered with L: a viewer */
    PEER_BACKEND, /* an external measurement backend (`L:Python listener`) */
    PEER_LISTING, /* the /sessions page */
};

/* The class of a queued message, which determines the older ones that a newer one replaces. */
enum peer_matter {
    PEER_MATTER_ANSWER,  /* only for this peer: never skipped, and does not wait for a picture that
                          * is still being made */
    PEER_MATTER_RELAYED, /* not understood: never skipped, and stays in its place among the others
                          */
    PEER_MATTER_SHOT,    /* a screenshot request: the pictures queued before it are not skipped */
    PEER_MATTER_PICTURE, /* a model or a clear: replaces all PICTURE and CHANGE */
    PEER_MATTER_CHANGE,  /* a change to the picture: settings, animation, time */
};

/* Operations of the connection below, filled in by conn/conn_ws. None calls back into the view. */
struct peer_ops {
    /* Sends the payload of `blob` as one text message; takes references as it needs. */
    void (*send)(void *conn, struct blob *blob);
    void (*send_text)(void *conn, const char *data, size_t size);
    /* Sends part of a blob as one fragment of a text message (RFC 6455 section 5.4). */
    void (*send_fragment)(void *conn, struct blob *blob, size_t offset, size_t size, bool first,
                          bool last);
    /* Bytes queued at the connection that the peer has not received yet. */
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
    struct view *view;
    struct hub *hub; /* for dispatch and handlers; opaque here */
    struct session *session;
    struct weak_pointer *weak; /* for answers that are ready later, when the peer may be gone */
    struct list link;          /* in session->peers */
    /* A screenshot request that waited in the queue was dropped; set by the session it joins. */
    void (*on_shot_dropped)(struct peer *peer, const struct blob *blob);
    /* A show of it is not complete, and it leaves; set by exact.c. May be NULL. */
    void (*on_leave)(struct peer *peer);
    uint64_t exact_begun;     /* number of its last `E` in session->exact_begun */
    struct exact_show *exact; /* the show whose geometry this kernel is sending; or NULL */
    struct list queue;        /* messages that wait until the connection's queue has drained */
    size_t queue_size;        /* bytes of the messages in `queue` that only this peer holds */
    struct relay *sending;    /* relay of the model that this kernel is still sending; or NULL */
    struct relay *relay;      /* relay whose fragments this browser receives; or NULL */
    struct list relay_link;
    struct type_scanner *scanner; /* of a large `D` message that is still arriving; or NULL */
    size_t scanned;               /* bytes of its payload that were fed to the scanner */
    size_t relay_sent; /* bytes of the relay's message, kind included, sent to this browser */
    enum peer_role role;
    char name[80];      /* address and port, for the log */
    char id[65];        /* of the page in its window; "": unknown */
    bool ours;          /* our own page: understands "hello" and our other messages */
    bool binary;        /* fetches models as binary files */
    bool local;         /* on this machine */
    bool read_only;     /* may view and measure, but change nothing */
    bool closing;       /* is being closed: gets nothing more */
    bool incoming;      /* a `D` message of it is being received */
    bool previews;      /* was sent a preview, and no model since */
    bool wants_text;    /* could not use the picture's binary form */
    bool cannot_draw;   /* the last screenshot it was asked for failed */
    uint64_t acted;     /* milliseconds: time of its user's last action */
    uint64_t act;       /* sequence number of that action among all peers: breaks ties of `acted` */
    json_t *status;     /* all its status reports, merged; NULL: none yet */
    size_t status_most; /* upper bound of the bytes of memory of `status` */
    json_t *tool;       /* "activeTool" as last reported, NULL: none */
};

/* Prepares the peer of a new connection, which is in no session yet. `name` is copied. Returns 0,
 * or -ENOMEM: the peer is unusable then. */
int peer_init(struct peer *peer, struct view *view, const struct peer_ops *ops, void *conn,
              const char *name);

/* The connection is gone: invalidates the weak pointers to the peer, and nothing is sent to it
 * any more. False: the peer had ended before. */
bool peer_end(struct peer *peer);

/* Frees what an ended peer holds. */
void peer_free(struct peer *peer);

/* Its user did something at `at` (milliseconds, on the clock of view_now). */
void peer_note_act(struct peer *peer, uint64_t at);

/* Whether the user of `peer` was active more recently than that of `other`. */
bool peer_acted_later(const struct peer *peer, const struct peer *other);

/* Sends the payload of `blob`, at once or when there is room; see enum peer_matter. */
void peer_send(struct peer *peer, struct blob *blob, enum peer_matter matter);

/* Queues a placeholder for a picture that is still being made: everything but answers waits behind
 * it until peer_send_pending fills it. Replaces queued pictures as any other picture does. */
void peer_expect(struct peer *peer);

/* Fills the placeholder with that picture, and sends it and what waited behind it. Sends nothing if
 * there is no placeholder. */
void peer_send_pending(struct peer *peer, struct blob *blob);

/* The picture is about to be replaced before its form for this peer is ready: if a screenshot of it
 * is queued, the peer gets the picture as the text in `blob`; without one (NULL), the screenshot is
 * dropped. */
void peer_settle_pending(struct peer *peer, struct blob *blob);

/* Removes the placeholder, as that picture was dropped: drops its changes and sends the rest. */
void peer_forget_pending(struct peer *peer);

/* Sends text to this peer only. NULL as JSON: there was no memory for it, and the peer is closed.
 */
void peer_send_text(struct peer *peer, const char *data, size_t size);
void peer_send_json(struct peer *peer, json_t *json);

/* Sends one of our pages a notice, which it shows until it is sent another text of that key; an
 * empty one withdraws it. */
void peer_send_notice(struct peer *peer, const char *key, const char *text);

/* The same of what takes a while; `progress`: how far it is, from 0 to 1. */
void peer_send_progress(struct peer *peer, const char *key, const char *text, double progress);

/* The same of a run: what is run, and for how many seconds already. */
void peer_send_run(struct peer *peer, const char *command, double seconds);

/* Sends a browser the reason why its question, asked with `tool`, has no answer. */
void peer_send_no_answer(struct peer *peer, const char *tool, const char *reason);

/* Drops the queued messages that a newer picture replaces; that one was sent or is about to be
 * queued. */
void peer_skip_replaced(struct peer *peer);

/* Whether a message would go out at once: nothing waits and no other message is half sent. */
bool peer_is_free(const struct peer *peer);

/* Sends queued messages while the connection has room for them. */
void peer_pump(struct peer *peer);

void peer_close(struct peer *peer, int code, const char *reason);

#endif

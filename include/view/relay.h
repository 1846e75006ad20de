/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_RELAY_H
#define CADCAST_VIEW_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"
#include "view/peer.h"

/* Smallest model, in bytes, that is relayed: waiting for the whole of a smaller one costs less than
 * a second frame. */
#define RELAY_MIN (256 * 1024)

/* Smallest fragment, in bytes, but for the last of a message. */
#define RELAY_PIECE (128 * 1024)

/*
 * A large model passed on during its reception: browsers that get models as text receive its
 * beginning as fragments of one message (RFC 6455 section 5.4) while the kernel still sends its
 * end. A browser with other messages pending gets it whole, later, as any other model.
 */
struct relay {
    struct blob *blob;   /* the message as far as it has been received */
    struct list targets; /* struct peer, by relay_link */
    uint64_t moved;      /* milliseconds: when bytes last arrived */
};

/* `blob->size` of `total` bytes of a message of `sender` have arrived; `peers` are those of its
 * session (struct peer, by link). Begins a relay if the message is a model and a browser can take
 * it, and passes on the new bytes. */
void relay_progress(struct peer *sender, struct list *peers, struct blob *blob, size_t total);

/* The message of `sender` is complete. Must be called before the message is handled. */
void relay_complete(struct peer *sender);

/* Sends `peer` the rest of this message if the beginning was relayed to it. False: it was not.
 * `picture`: the message is a model, which replaces what is queued for the peer. */
bool relay_finish(struct peer *peer, const struct blob *blob, bool picture);

/* The message of `sender` will not be completed: ends the relayed beginning as text that is not
 * JSON, which shows nothing. Also if a complete message was not handled as a model. */
void relay_abort(struct peer *sender);

/* If the kernel has stalled and other messages wait for `peer`, they go first: ends the relayed
 * beginning as relay_abort does, and the model follows when it is complete. */
void relay_tick(struct peer *peer, uint64_t now);

/* Ends the message being relayed to `peer`, if there is one, as relay_tick does. */
void relay_break(struct peer *peer);

/* Removes `peer`, which is gone, from its relay. */
void relay_leave(struct peer *peer);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_RELAY_H
#define CADCAST_VIEW_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/blob.h"
#include "view/peer.h"

/* Bytes of a model: below this, waiting for the whole message costs less than a second frame. */
#define RELAY_MIN (256 * 1024)

/* Pieces are not smaller than this, but for the last one. */
#define RELAY_PIECE (128 * 1024)

/*
 * A large model on its way through: browsers that take it as text get its beginning as fragments
 * of one message (RFC 6455 section 5.4) while its end is still coming from the kernel. A browser
 * that is busy with something else gets it whole, later, as any other model.
 */
struct relay {
    struct blob *blob;   /* the message as far as it has come */
    size_t offset;       /* where its payload begins */
    struct list targets; /* struct peer, by relay_link */
    uint64_t moved;      /* milliseconds: when something last came */
};

/* `blob->size` of `total` bytes of a message of `sender` have come. Begins a relay where this is a
 * model and somebody can take it, and passes on what is new. */
void relay_progress(struct peer *sender, struct blob *blob, size_t total);

/* The message of `sender` is complete: to be called before it is handled. */
void relay_complete(struct peer *sender);

/* Whether `peer` has been getting this very message; then the rest of it is sent, and the message
 * is done. */
bool relay_finish(struct peer *peer, const struct blob *blob);

/* The message of `sender` will never be complete: what was sent of it is ended, as text that is no
 * JSON and so shows nothing. Also where a complete message was not handled as a model. */
void relay_abort(struct peer *sender);

/* Where the kernel has fallen silent and something else waits for `peer`, that comes first: what
 * was sent is ended as by relay_abort, and the model follows when it is complete. */
void relay_tick(struct peer *peer, uint64_t now);

/* `peer` is gone: it gets nothing more. */
void relay_leave(struct peer *peer);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_EXACT_H
#define CADCAST_VIEW_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/assemble.h"
#include "model/plan.h"
#include "view/hub.h"

/*
 * Shows that send geometry instead of triangles (docs/protocol.md, Shows of geometry): a kernel
 * sends the tree and the hashes of its shapes (`E`), is asked for those that are not in the store,
 * sends them (`F`), and gets an answer when the picture is the session's. A session has one such
 * show at a time, the newest; a newer one, a model or a clear ends it, and so does its kernel when
 * it leaves. Until a show is complete the session's picture stays as it is.
 */

/* Bytes of an `F` message before the shape: kind, colon, hash. */
#define EXACT_SHAPE_HEAD (2 + PLAN_HASH)

/* What came of a shape's meshing. */
struct exact_mesh {
    struct weak_pointer *show;
    uint32_t number;
    uint32_t asked;     /* flags of the question */
    uint32_t flags;     /* flags of the answer, which may be edges alone */
    bool kept;          /* it was made before, and read from the disk */
    struct blob *mesh;  /* borrowed; NULL: it failed */
    const char *reason; /* why it failed, or why its faces are missing; else NULL */
};

/* What came of assembling a show. */
struct exact_assembled {
    struct weak_pointer *show;
    bool preview; /* of what is ready of it */
    int status;   /* as assemble_model */
    struct model_file file;
    struct assemble_facts facts;
};

/* An `E` message was received. */
void exact_begin(struct peer *peer, struct blob *message);

/* The result of view_services.plan; takes over `plan`, or NULL with the reason in `why`. */
void exact_planned(struct peer *peer, struct blob *message, struct plan *plan, const char *why);

/* An `F` message was received. Returns NULL, or the fault of the message for the log. */
const char *exact_shape(struct peer *peer, struct blob *message);

/* Whether the show of `peer` still waits for the shape in that `F` message. */
bool exact_wants(const struct peer *peer, const struct blob *message);

/* The result of view_services.check: whether the hash is that of the bytes. */
void exact_checked(struct peer *peer, struct blob *message, bool same);

/* Part of an `F` message was received: its show goes on. */
void exact_moves(struct peer *peer);

/* A shape was meshed, or cannot be. */
void exact_meshed(const struct exact_mesh *result);

/* A show was assembled; takes over its file and facts. */
void exact_assembled(struct exact_assembled *result);

/* The exact geometry of picture `number` of that session was made; takes over `parts`, NULL: it was
 * not. */
void exact_gathered(struct hub *hub, uint32_t session, uint64_t number, struct blob *parts);

/* A model or a clear is newer than the session's show, which ends. */
void exact_replaced(struct session *session);

/* About twice a second: ends shows whose kernels are silent, and previews those that take long. */
void exact_tick(struct hub *hub);

#endif

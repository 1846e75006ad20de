/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_EXACT_SHOW_H
#define CADCAST_VIEW_EXACT_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "model/plan.h"
#include "view/hub.h"

/* One show that sends geometry, from its `E` message to its answer. Only exact.c uses this header.
 */

enum exact_show_state {
    EXACT_SHOW_UNUSED,  /* no part refers to the shape, or an equal one stands for it */
    EXACT_SHOW_MISSING, /* its bytes were asked for */
    EXACT_SHOW_MESHING,
    EXACT_SHOW_DONE, /* meshed, or it cannot be */
};

struct exact_show_shape {
    enum exact_show_state state;
    struct blob *shape;  /* its bytes, the payload of an `F` message */
    struct blob *mesh;   /* NULL: it has none (yet) */
    struct blob *coarse; /* a quick first one, for a preview; NULL: none */
    struct blob *edges;  /* its edges alone, which are quicker still; NULL: none */
};

struct exact_show {
    struct weak_pointer *weak;
    struct peer *peer; /* the kernel, which stays as long as the show */
    struct session *session;
    struct plan *plan;
    struct exact_show_shape *shapes; /* one a shape of the plan */
    uint32_t of;                     /* shapes to mesh */
    uint32_t missing;                /* shapes whose bytes have not come */
    uint32_t meshing;                /* shapes that are being meshed */
    uint32_t finished;               /* shapes that were, or that cannot be */
    uint32_t meshed;                 /* shapes that were */
    uint32_t cached;                 /* shapes whose mesh was known */
    json_t *notices;                 /* what cannot be shown, and why */
    uint64_t bytes;                  /* of all shapes that were declared */
    size_t weight;                   /* bytes of memory of the plan */
    uint64_t begun;                  /* milliseconds: when it began */
    uint64_t moved;                  /* when bytes of it last came */
    uint64_t told;                   /* when its kernel was last told how far it is */
    uint64_t complete;               /* when the last bytes came; 0: not yet */
    uint64_t preview_at;             /* when the next preview is due */
    uint32_t drafting;               /* coarse meshes that were asked for */
    uint32_t outlining;              /* edges alone that were asked for */
    uint32_t drafted;                /* of both kinds that came */
    uint32_t previewed;              /* what was ready at the last preview, plus one */
    bool assembling;
};

/* A show of `peer` by that plan of `weight` bytes, of which it takes over the reference. NULL: no
 * memory. */
struct exact_show *exact_show_new(struct peer *peer, struct plan *plan, size_t weight);

/* Looks up the shapes and their meshes in the store. Nothing is asked for or meshed yet. */
void exact_show_look_up(struct exact_show *show);

/* Asks for the mesh of a shape whose bytes are there; for the edges first, if that takes long and a
 * page can show them. */
void exact_show_mesh(struct exact_show *show, uint32_t number);

/* Bytes have come for a shape. */
void exact_show_take(struct exact_show *show, uint32_t number, struct blob *shape);

/* A shape is meshed, or its mesh was read from the disk (`kept`), or it cannot be: `mesh` is NULL
 * then. `reason` may be NULL; else it is kept as a notice. */
void exact_show_finish(struct exact_show *show, uint32_t number, struct blob *mesh, bool kept,
                       const char *reason);

/* Asks for coarse meshes of the shapes that take long. */
void exact_show_draft(struct exact_show *show);

/* A coarse mesh is made, or the edges alone (`flags`, of enum view_mesh_flags), or cannot be:
 * `mesh` is NULL then. */
void exact_show_drafted(struct exact_show *show, uint32_t number, uint32_t flags,
                        struct blob *mesh);

/* Arrays of the meshes, for a preview the coarse ones and edges too, and of the bytes of all
 * shapes, with a reference each; NULL: no memory. */
struct blob **exact_show_meshes(const struct exact_show *show);
struct blob **exact_show_shapes(const struct exact_show *show);

/* Ends it: its meshing too. */
void exact_show_free(struct exact_show *show);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_ASSEMBLE_H
#define CADCAST_MODEL_ASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "model/model.h"
#include "model/plan.h"

/*
 * Makes what a session needs of a show that sent geometry: the model file from its tree and the
 * meshes of its shapes, and the exact geometry for measuring. Needs no loop: made for the worker
 * pool.
 */

/* What is known of an assembled file besides. */
struct assemble_facts {
    uint32_t parts;  /* leaves that are drawn */
    uint64_t faces;  /* of all shapes that are drawn, each shape once */
    uint64_t watson; /* of those, faces that only the slower algorithm could mesh */
    json_t *notices; /* array of strings: what of the show is missing and why; owned */
};

/*
 * Writes the file that model_convert would make from the `D` of the same show. `meshes`: one for
 * each shape of the plan; NULL: there is none, and its parts are left out, as those of a shape
 * that has nothing to draw. Only the first of equal shapes is looked at.
 *
 * 0: `file` and `facts` are filled. -ENODATA: no part is left; -EFBIG: more than max_bytes;
 * -ECANCELED; -ENOMEM. `facts` is then empty.
 */
int assemble_model(const struct plan *plan, struct blob *const *meshes,
                   const struct model_options *options, struct model_file *file,
                   struct assemble_facts *facts);

/*
 * Writes the `B` message of the same show: the tree's leaves with their placement and the bytes of
 * their shapes, as base64. `shapes`: one for each shape of the plan, as `meshes`. 0: `*parts` has
 * one reference. -EFBIG: more than `max_bytes`; -ENOMEM.
 */
int assemble_parts(const struct plan *plan, struct blob *const *shapes, size_t max_bytes,
                   struct blob **parts);

void assemble_facts_free(struct assemble_facts *facts);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_SIDE_H
#define CADCAST_COMPARE_COMPARE_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "compare/compare.h"
#include "model/place.h"
#include "render/limit.h"
#include "render/scene.h"

/* A part of a model, with all that decides whether it is still the same. */
struct compare_side_part {
    const json_t *json;
    const char *id;   /* borrowed from the JSON, as all texts; "": it has none */
    const char *key;  /* the id without that of the tree's root */
    const char *name; /* "": none */
    const char *type; /* what its arrays are drawn as */
    uint32_t order;   /* in the tree */
    uint32_t other;   /* number of the other model's part that it is; COMPARE_SIDE_NONE */
    struct place place;
    struct place_box box;
    bool solid;    /* `volume` is known: that of its triangles */
    double volume; /* cubic millimetres */
    bool faces;    /* visible */
    bool edges;
    const char *exact;          /* hash of its exact geometry; NULL: there is none */
    const char *also;           /* of another form of it; NULL: there is none */
    const char *form;           /* that of the two by which renamed parts are looked for */
    uint8_t shape[HASH_SHA256]; /* of its arrays */
    uint8_t look[HASH_SHA256];  /* of its colours */
};

#define COMPARE_SIDE_NONE UINT32_MAX

/* One of the two models. */
struct compare_side {
    struct scene scene;
    json_t *exact;      /* hashes by id of a part; NULL: there is no exact geometry */
    json_t *also;       /* of another form of it */
    const json_t *root; /* of the tree */
    const char *root_id;
    struct compare_side_mesh *meshes; /* one an instance of the file */
    struct compare_side_part *parts;  /* in the order of the tree */
    uint32_t count, room;
    struct place_box box;
};

/* The key of an id: without that of the root. */
const char *compare_side_key(const struct compare_side *side, const char *id);

/* Reads a model. At most `budget` bytes are allocated. Errors as compare_models, with the reason in
 * `fault` (a literal) if it is not plain. compare_side_free is to be called in any case. */
int compare_side_read(struct compare_side *side, const struct compare_input *input, size_t budget,
                      const struct limit *limit, const char **fault);

void compare_side_free(struct compare_side *side);

#endif

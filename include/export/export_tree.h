/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_TREE_H
#define CADCAST_EXPORT_EXPORT_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "export/export.h"
#include "model/matrix.h"
#include "render/limit.h"
#include "render/scene.h"
#include "render/scene_array.h"

/*
 * What of a model is written: its tree without what was not chosen, and each shape once.
 */
enum export_kind { EXPORT_GROUP, EXPORT_FACES, EXPORT_LINES, EXPORT_POINTS };

/* A group or a part, in the order of the tree: each before what is below it. */
struct export_node {
    const char *name; /* borrowed from the JSON; "" if it has none */
    uint32_t end;     /* number of the next node that is not below this one */
    bool written;     /* of a group: something below it is */
    enum export_kind kind;
    struct matrix place;  /* within its parent; millimetres */
    struct matrix placed; /* within the model */
    uint32_t shape;       /* number in `shapes`, if it is written and no group */
    /* Of a part: */
    const struct scene_mesh *mesh;
    uint32_t source;  /* number of the mesh */
    uint8_t color[4]; /* sRGB, and the opacity */
    bool both;        /* its back is to be seen too */
};

/* A mesh in a colour: what parts share. */
struct export_shape {
    const struct export_node *first; /* the part that uses it first: its mesh, colour and kind */
    uint32_t mesh;                   /* of shapes with equal numbers only the colour differs */
    uint32_t material;               /* number of the colour */
    bool named;                      /* all parts that use it have the same name */
};

struct export_tree {
    struct scene scene;
    struct look look;
    struct export_node *nodes;
    uint32_t count;
    uint32_t room;
    struct export_shape *shapes; /* sorted so that those of one mesh follow each other */
    uint32_t shape_count;
    uint32_t mesh_count;
    struct export_shape **materials; /* one shape of each colour */
    uint32_t material_count;
    unsigned left_out;
    struct limit limit;
    char *fault; /* EXPORT_WHY bytes, the caller's */
};

/* Reads a model file, and chooses. `drawn`: lines and points are written too. Errors as
 * export_write. export_tree_free is to be called in any case. */
int export_tree_read(struct export_tree *tree, const uint8_t *file, size_t size,
                     const struct export_options *options, bool drawn);

void export_tree_free(struct export_tree *tree);

/* The colour of a part, sRGB, and its opacity. */
void export_tree_color(const struct look *look, const json_t *part, uint8_t color[4]);

/* Sets the reason, unless there is one; returns `error`. */
int export_tree_fail(const struct export_tree *tree, int error, const char *why);

#endif

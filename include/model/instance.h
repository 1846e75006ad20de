/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_INSTANCE_H
#define CADCAST_MODEL_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"

/*
 * The mesh of one shape, as the helper makes it and the cache keeps it: a model file
 * (docs/model-format.md) whose JSON is one instance of a `D`, with its box and how it was made.
 */
enum instance_array {
    INSTANCE_VERTICES,
    INSTANCE_TRIANGLES,
    INSTANCE_NORMALS,
    INSTANCE_EDGES,
    INSTANCE_OBJ_VERTICES,
    INSTANCE_FACE_TYPES,
    INSTANCE_EDGE_TYPES,
    INSTANCE_TRIANGLES_PER_FACE,
    INSTANCE_SEGMENTS_PER_EDGE,
    INSTANCE_ARRAYS,
};

/* What a shape is drawn as. */
enum instance_type {
    INSTANCE_SHAPES,   /* faces, with their edges and vertices */
    INSTANCE_EDGE_SET, /* edges alone */
    INSTANCE_POINTS,   /* vertices alone */
    INSTANCE_NOTHING,  /* it has none of them */
};

struct instance {
    json_t *json; /* owned */
    enum instance_type type;
    struct {
        const uint8_t *data; /* in the file; 4 bytes an element */
        size_t bytes;
        const char *dtype; /* borrowed from `json` */
    } arrays[INSTANCE_ARRAYS];
    double box[6];     /* xmin, ymin, zmin, xmax, ymax, zmax of the nodes; valid if `boxed` */
    bool boxed;        /* it has a node */
    double quality;    /* deflection that it was meshed with */
    uint64_t faces;    /* in the shape */
    uint64_t watson;   /* faces that only the slower algorithm could mesh */
    json_t *notices;   /* array of strings, borrowed; may be NULL */
    const char *maker; /* "info": {"algorithm"}, borrowed; "" if it has none */
};

/* The name of an array as the client has it. */
const char *instance_array_name(enum instance_array array);

/* Reads the file in `blob`, which the caller keeps. 0; -EBADMSG if it is not one; -ENOMEM. */
int instance_open(struct instance *instance, const struct blob *blob);
void instance_close(struct instance *instance);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_PROJECTION_H
#define CADCAST_RENDER_PROJECTION_H

#include <stddef.h>
#include <stdint.h>

#include "render/camera.h"
#include "render/limit.h"
#include "render/scene.h"

/*
 * A scene as one camera sees it: triangles, lines and points in pixels, in the order of drawing,
 * and for each tile of the picture which of them may touch it. Depth is 0 at the near plane and 1
 * at the far one, as in WebGL.
 */

/* Edge length of a tile in pixels: the samples of one fit into a first level cache. */
#define PROJECTION_TILE 32

/* Coordinates of triangles have as many steps a pixel. */
#define PROJECTION_STEPS 256

/* An item in the order of drawing. */
struct projection_item {
    const struct scene_item *item;
    double screen[4][4]; /* model to pixels and depth, homogeneous */
    double view[3][4];   /* model to the camera's axes */
    double distance;     /* for the order */
};

struct projection_triangle {
    int32_t x[3]; /* the area is positive; y goes down */
    int32_t y[3];
    float z; /* depth at the first vertex, pushed, and its slopes a pixel */
    float slope_x;
    float slope_y;
};

struct projection_line {
    float x; /* where it begins */
    float y;
    float dx; /* unit vector along it */
    float dy;
    float length;
    float half; /* half of its width */
    float z;    /* depth at its begin, and its slope a pixel along it */
    float slope;
    float push;
};

struct projection_point {
    float x;
    float y;
    float half; /* half of its size */
    float z;
};

/* A triangle, line or point, by the kind of its item. */
struct projection_shape {
    uint32_t item;
    uint32_t index; /* of the triangle, line or point in its item */
    union {
        struct projection_triangle triangle;
        struct projection_line line;
        struct projection_point point;
    };
};

struct projection {
    const struct scene *scene;
    const struct camera *camera;
    unsigned width; /* pixels */
    unsigned height;
    unsigned across; /* tiles in a row */
    unsigned down;
    struct projection_item *items;
    uint32_t item_count;
    uint32_t blended; /* the first item behind which some are seen through; item_count: none */
    struct projection_shape *shapes;
    size_t count;
    size_t room;
    uint32_t *starts; /* of each tile, and the end of the last: in `refs` */
    uint32_t *refs;   /* numbers of shapes, ascending within a tile */
    size_t budget;    /* bytes that may still be allocated */
};

/* 0; -EFBIG: over `budget` bytes; -ENOMEM; or what limit_check returns. projection_free is to be
 * called in any case. `scene` and `camera` must stay until then. */
int projection_init(struct projection *projection, const struct scene *scene,
                    const struct camera *camera, unsigned width, unsigned height, size_t budget,
                    const struct limit *limit);
void projection_free(struct projection *projection);

#endif

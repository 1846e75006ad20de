/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_PROJECTION_CLIP_H
#define CADCAST_RENDER_PROJECTION_CLIP_H

#include <stdbool.h>

#include "render/camera.h"
#include "render/scene.h"

/* Corners that a triangle may have once it is clipped: each plane adds one at most. */
#define PROJECTION_CLIP_MOST (9 + SCENE_CUTS_MAX)

/* What is kept: between the near and the far plane, around the picture, wide enough that only what
 * is very close to the camera is cut, and on one side of the planes that cut the model. */
struct projection_clip {
    unsigned count; /* of planes that count for the item at hand */
    double planes[6 + SCENE_CUTS_MAX]
                 [4]; /* kept where the dot product with a homogeneous point is not negative */
    unsigned cut_count;
    double cuts[SCENE_CUTS_MAX][4]; /* the planes that cut the model, in the same form */
};

void projection_clip_init(struct projection_clip *clip, unsigned width, unsigned height);

/* Works out the planes that cut the model, for a camera and a picture of that size. */
void projection_clip_cuts(struct projection_clip *clip, const struct scene *scene,
                          const struct camera *camera, unsigned width, unsigned height);

/* Says which of them count for the next item: bits of scene_item's `cuts`. */
void projection_clip_choose(struct projection_clip *clip, unsigned cuts);

/* Whether the point is kept; false also for what is no number. */
bool projection_clip_inside(const struct projection_clip *clip, const double point[4]);

/* Clips a polygon of `count` corners in place; returns how many it then has, 0: nothing is left. */
int projection_clip_polygon(const struct projection_clip *clip,
                            double corners[PROJECTION_CLIP_MOST][4], int count);

/* Clips a line in place. False: nothing is left. */
bool projection_clip_line(const struct projection_clip *clip, double from[4], double to[4]);

#endif

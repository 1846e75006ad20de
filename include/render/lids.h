/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_LIDS_H
#define CADCAST_RENDER_LIDS_H

#include "render/camera.h"
#include "render/limit.h"
#include "render/scene.h"
#include "render/tile.h"

/*
 * What closes the solids that scene->cuts cut, as the page does it: for each plane and each visible
 * solid that it meets, the fronts and backs of the solid on the kept side are counted where they
 * cover the picture, and the plane is drawn where their numbers differ.
 */

/* Adds the lids of the scene's items so far. 0, or an error of scene_build or of limit_check. */
int lids_add(struct scene *scene, const struct limit *limit);

/* Draws lines of one pixel around the lids that are seen, and where planes cut faces: on each pixel
 * whose mark is larger than one beside it. */
void lids_outline(const struct tile_picture *picture);

/* Millimetres between two lines of hatching, as the page has them: 8 pixels where the middle of the
 * model is. `height`: of the picture, in pixels. */
double lids_hatch(const struct scene *scene, const struct camera *camera, unsigned height);

#endif

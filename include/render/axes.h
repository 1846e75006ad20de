/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_AXES_H
#define CADCAST_RENDER_AXES_H

#include "render/scene.h"

/* Adds axes and grid to a built scene, if its look has them: as large, as dense and in the colours
 * of the page, without the numbers at the grid. `zoom` is that of the camera: a closer grid is
 * finer. 0, or -EFBIG or -ENOMEM as scene_build. */
int axes_add(struct scene *scene, double zoom);

#endif

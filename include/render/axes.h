/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_AXES_H
#define CADCAST_RENDER_AXES_H

#include "render/scene.h"

/* Half the length of axes and grids, and the distance of their lines. */
struct axes_grid {
    double half;
    double step;
};

/* The page's: a little more than the model, rounded up to a round distance of ticks. `zoom` is that
 * of the camera: a closer grid is finer. False: the model has no extent, and so no grid. */
bool axes_measure(const struct scene *scene, double zoom, struct axes_grid *grid);

/* The middle of grid number `plane`, and the axes that its lines are parallel to. */
void axes_plane(const struct scene *scene, const struct axes_grid *grid, int plane,
                double middle[3], int axes[2]);

/* Adds axes and grid to a built scene, if its look has them: as large, as dense and in the colours
 * of the page. 0, or -EFBIG or -ENOMEM as scene_build. */
int axes_add(struct scene *scene, double zoom);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_NUMBERS_H
#define CADCAST_RENDER_NUMBERS_H

#include "render/camera.h"
#include "render/scene.h"

/* The picture that the numbers are for. */
struct numbers_page {
    unsigned width; /* pixels */
    unsigned height;
    unsigned scale; /* of these, so many are one of the picture in the end */
    double zoom;    /* that axes_add had */
};

/* Adds the numbers at the lines of the grids that the look has, as large as the page's and where
 * they are there. They face that camera: the items are for one view, and the caller takes them off
 * again. 0, or -EFBIG or -ENOMEM as scene_build. */
int numbers_add(struct scene *scene, const struct camera *camera, const struct numbers_page *page);

#endif

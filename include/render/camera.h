/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_CAMERA_H
#define CADCAST_RENDER_CAMERA_H

#include <stdbool.h>

#include "render/look.h"

/* A camera in the model's space, as the page's is built for a model of that size. */
struct camera {
    double eye[3];
    double right[3]; /* unit vectors: to the right, up, and from the model to the eye */
    double up[3];
    double back[3];
    double half_width; /* orthographic: half of what is seen; perspective: the same at distance 1 */
    double half_height;
    double near;
    double far;
    bool ortho;
    double light[3]; /* direction to the light, in the camera's own axes */
};

/* The model that is looked at. */
struct camera_subject {
    double low[3]; /* its box */
    double high[3];
};

/* A view by its name ("iso", "front", "back" or "rear", "left", "right", "top", "bottom") or as
 * "AZ,EL", degrees: AZ from the front to the right, EL from the ground up. */
struct camera_view {
    bool named;
    char name[8];
    double azimuth;
    double elevation;
};

/* 0, or -EINVAL: `text` names no view. */
int camera_view_parse(const char *text, struct camera_view *view);

/* A camera for a picture of that size in pixels. `view` NULL: as `look` has it. */
void camera_init(struct camera *camera, const struct camera_subject *subject,
                 const struct look *look, const struct camera_view *view, unsigned width,
                 unsigned height);

#endif

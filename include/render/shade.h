/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_SHADE_H
#define CADCAST_RENDER_SHADE_H

#include <stdint.h>

#include "render/camera.h"
#include "render/color.h"
#include "render/look.h"

/* Steps of the table of reflected shares, by the cosine of the angle to the normal. */
#define SHADE_STEPS 32

/*
 * Light as the page's renderer computes it: an ambient and one directional light on a surface with
 * metalness and roughness; Lambert's diffuse light, and a microfacet lobe (GGX with
 * height-correlated masking, Heitz 2014; what is reflected more than once added as Fdez-Aguera 2019
 * does). No surroundings are mirrored.
 */
struct shade {
    struct color_encoder encoder;
    float ambient;
    float direct;
    float metalness;
    float roughness;
    float light[3];                      /* direction, in the camera's axes */
    float reflected[SHADE_STEPS + 1][2]; /* scale and bias of a reflectance */
    const struct shade *lids;            /* for what closes cuts; NULL: there are none */
};

void shade_init(struct shade *shade, const struct look *look, const struct camera *camera);

/* A point on a surface. Vectors are of length 1, in the camera's axes. */
struct shade_point {
    float normal[3];
    float to_eye[3];
    float bend; /* how much the normal changes over a pixel: makes the lobe wider */
};

/* The colour of a surface whose own colour is `base` (linear), as sRGB bytes. */
void shade_lit(const struct shade *shade, const struct shade_point *point, const float base[3],
               uint8_t rgb[3]);

/* The same for what is not lit. */
void shade_plain(const struct shade *shade, const float base[3], uint8_t rgb[3]);

#endif

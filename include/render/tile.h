/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_TILE_H
#define CADCAST_RENDER_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "render/limit.h"
#include "render/projection.h"
#include "render/shade.h"

/* Most threads of a picture. */
#define TILE_THREADS_MAX 16

/* Most samples of a pixel. */
#define TILE_SAMPLES 16

#define TILE_PIXELS (PROJECTION_TILE * PROJECTION_TILE)

/* No shape. */
#define TILE_NONE UINT32_MAX

/* The triangle whose normals were used last, so that its neighbouring pixel finds them. */
struct tile_surface {
    uint32_t shape;
    double weights[3][3]; /* of its corners: x, y and constant */
    double normals[3][3]; /* in the camera's axes */
    double corners[3][3]; /* the same */
    const float *base;    /* colour */
};

/*
 * Where one thread draws one tile after the other. Cover and depth are found for each sample,
 * colour once a pixel. Opaque items first leave their number at the samples and are coloured
 * together; from projection->blended on each shape is coloured and mixed in as it comes.
 */
struct tile {
    const struct projection *projection;
    const struct shade *shade;
    unsigned samples;
    int offsets[TILE_SAMPLES][2]; /* of the samples in a pixel, in PROJECTION_STEPS */
    int left;                     /* the tile's first pixel */
    int top;
    int right; /* behind its last one */
    int bottom;
    bool blend;
    struct tile_surface surface;
    float depth[TILE_PIXELS * TILE_SAMPLES];
    uint32_t owner[TILE_PIXELS * TILE_SAMPLES];   /* numbers of shapes */
    uint8_t color[TILE_PIXELS * TILE_SAMPLES][4]; /* sRGB, multiplied by its opacity */
};

/* Whether a picture may have that many samples a pixel: 4, 8 or 16. */
bool tile_samples_ok(unsigned samples);

/* How a picture is drawn: cover by so many samples a pixel, by so many threads; 0 and 1 are the
 * caller's alone. */
struct tile_effort {
    unsigned samples;
    unsigned threads;
};

/* Draws all tiles of a projection into `pixels`: RGBA of the projection's size, multiplied by its
 * opacity. A thread that cannot be created is done without. 0, -ENOMEM, or what limit_check
 * returns. */
int tile_draw_all(const struct projection *projection, const struct shade *shade,
                  const struct tile_effort *effort, const struct limit *limit, uint8_t *pixels);

/* ---- for tile_*.c ---- */

/* Finds the samples that a shape covers. */
void tile_triangle(struct tile *tile, uint32_t number, const struct projection_triangle *triangle);
void tile_line(struct tile *tile, uint32_t number, const struct projection_line *line);
void tile_point(struct tile *tile, uint32_t number, const struct projection_point *point);

/* A shape covers the samples of `mask` of a pixel, at these depths. */
void tile_cover(struct tile *tile, uint32_t number, int x, int y, unsigned mask, const float *z);

/* The colour of a shape at the middle of a pixel: sRGB and opacity. */
void tile_color(struct tile *tile, uint32_t number, int x, int y, uint8_t rgba[4]);

#endif

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

/* Most samples of a pixel: those of its colour, and the one in its middle. */
#define TILE_SAMPLES (16 + 1)

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
    bool flat;            /* its colour is the same everywhere ... */
    bool colored;         /* ... and known: `rgb` */
    uint8_t rgb[3];
};

/*
 * Where one thread draws one tile after the other. Cover and depth are found for each sample,
 * colour once a pixel. Opaque items first leave their number at the samples and are coloured
 * together; from projection->blended on each shape is coloured and mixed in as it comes.
 */
struct tile {
    const struct tile_picture *picture;
    const struct projection *projection;
    const struct shade *shade;
    unsigned shown;   /* samples that the colour of a pixel is the mean of */
    unsigned samples; /* these, and if the picture has marks one in the middle: faces and lids alone
                       * cover it, as in the page, whose marks are a picture with one sample */
    int offsets[TILE_SAMPLES][2]; /* of the samples in a pixel, in PROJECTION_STEPS */
    int left;                     /* the tile's first pixel */
    int top;
    int right; /* behind its last one */
    int bottom;
    bool blend;
    unsigned lid; /* the one that `counts` are of; 0: none */
    struct tile_surface surface;
    float depth[TILE_PIXELS * TILE_SAMPLES];
    uint32_t owner[TILE_PIXELS * TILE_SAMPLES];   /* numbers of shapes */
    uint8_t color[TILE_PIXELS * TILE_SAMPLES][4]; /* sRGB, multiplied by its opacity */
    uint8_t counts[TILE_PIXELS * TILE_SAMPLES];   /* backs less fronts of a solid that is cut */
};

/* Whether a picture may have that many samples a pixel: 4, 8 or 16. */
bool tile_samples_ok(unsigned samples);

/* A face where a plane cuts it. */
#define TILE_CUT UINT32_MAX

/* What is drawn, and where: `pixels` and `marks` are of the projection's size, and zeros. */
struct tile_picture {
    const struct projection *projection;
    const struct shade *shade;
    const struct limit *limit;
    unsigned samples; /* a pixel, for cover */
    unsigned threads; /* 0 and 1: the caller's alone */
    uint8_t *pixels;  /* RGBA, multiplied by its opacity */
    uint32_t *marks;  /* what the outline of lids is drawn around: the number of the lid that a
                       * pixel shows, TILE_CUT, or 0; NULL: not wanted */
};

/* Draws all tiles. A thread that cannot be created is done without. 0, -ENOMEM, or what
 * limit_check returns. */
int tile_draw_all(const struct tile_picture *picture);

/* ---- for tile_*.c ---- */

/* Finds the samples that a shape covers. */
void tile_triangle(struct tile *tile, uint32_t number, const struct projection_triangle *triangle);
void tile_line(struct tile *tile, uint32_t number, const struct projection_line *line);
void tile_point(struct tile *tile, uint32_t number, const struct projection_point *point);

/* A shape covers the samples of `mask` of a pixel, at these depths. */
void tile_cover(struct tile *tile, uint32_t number, int x, int y, unsigned mask, const float *z);

/* Whether a face is cut by a plane between the middle of a pixel and that of the next one. */
bool tile_on_cut(struct tile *tile, uint32_t number, int x, int y);

/* The colour of a shape at the middle of a pixel: sRGB and opacity. */
void tile_color(struct tile *tile, uint32_t number, int x, int y, uint8_t rgba[4]);

#endif

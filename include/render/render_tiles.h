/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_RENDER_TILES_H
#define CADCAST_RENDER_RENDER_TILES_H

#include "render/render.h"
#include "render/tile.h"

/* Draws all tiles of a projection with as many threads as `options` has, into `pixels`: RGBA of the
 * projection's size, multiplied by its opacity. A thread that cannot be created is done without. 0,
 * -ENOMEM, or what limit_check returns. */
int render_tiles(const struct projection *projection, const struct shade *shade,
                 const struct render_options *options, const struct limit *limit, uint8_t *pixels);

#endif

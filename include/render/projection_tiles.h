/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_PROJECTION_TILES_H
#define CADCAST_RENDER_PROJECTION_TILES_H

#include "render/projection.h"

/* Finds which shapes may touch each tile. Errors as projection_init. */
int projection_tiles(struct projection *projection, const struct limit *limit);

#endif

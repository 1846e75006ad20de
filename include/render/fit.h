/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_FIT_H
#define CADCAST_RENDER_FIT_H

#include <stddef.h>

#include "render/camera.h"
#include "render/limit.h"
#include "render/scene.h"

/*
 * Moves a camera, and narrows what it sees, so that the visible ones of the scene's first `count`
 * items just fill its picture; its direction and its light stay. Nothing is changed if none is
 * visible. 0, or what limit_check returns.
 */
int fit_camera(struct camera *camera, const struct scene *scene, size_t count,
               const struct limit *limit);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_WELD_HPP
#define CADCAST_SCENE_WELD_HPP

#include "scene.hpp"

/* The mesh with each place once, and without triangles that have a corner twice, one that is no
 * number, or one that is not there. Points are in the order in which triangles come to them. */
scene::mesh weld(const scene::mesh &of);

#endif

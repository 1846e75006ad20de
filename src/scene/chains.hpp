/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_CHAINS_HPP
#define CADCAST_SCENE_CHAINS_HPP

#include "faces.hpp"

/* Numbers of points along an edge, one after the other. The first is the last too if it is closed.
 */
using chain = std::vector<std::uint32_t>;

/* Puts sides that lie between the same two faces together: an edge ends where others begin, and
 * where it turns by more than 25 degrees. */
std::vector<chain> find_chains(const scene::mesh &welded, const face_map &faces);

/* Whether the points are on one line. */
bool is_straight(const scene::mesh &welded, const chain &of);

#endif

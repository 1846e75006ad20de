/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_DRAWN_HPP
#define CADCAST_SCENE_DRAWN_HPP

#include "scene.hpp"

/* A mesh as it is drawn: the members of an element of `instances` of a `D`. */
struct drawn {
    std::vector<float> vertices, normals, edges, obj_vertices;
    std::vector<std::uint32_t> triangles;
    std::vector<std::int32_t> face_types, triangles_per_face, edge_types, segments_per_edge;
    bool closed = false;         /* every edge has two triangles */
    bool edges_left_out = false; /* there are too many to draw */
};

/*
 * Makes of triangles what a person sees as faces and edges: corners at the same place become one,
 * triangles that meet at less than 25 degrees one face, and an edge is where faces meet at more, or
 * where a triangle has no neighbour. Triangles without extent or with corners that are no numbers
 * are left out. Deterministic: the same input gives the same result.
 */
drawn draw(const scene::mesh &of);

#endif

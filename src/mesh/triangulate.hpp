/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MESH_TRIANGULATE_HPP
#define CADCAST_MESH_TRIANGULATE_HPP

#include "shape_map.hpp"

#include <TopoDS_Face.hxx>
#include <TopoDS_Shape.hxx>

#include <cstddef>

namespace mesh
{

/*
 * Gives the faces of a shape triangles, and its edges polygons on them. The kernel has two
 * algorithms: Delabella is up to thirty times as fast for a face with many holes, and does not
 * always reach the border of the face; Watson then does that face. `faces` are those of the shape.
 * Returns the number of faces that Watson did. A face that neither can do stays without triangles.
 */
std::size_t triangulate(const TopoDS_Shape &shape, const shape_map &faces, double deflection,
                        double angle, int threads);

/* Whether a face has triangles that cover it up to the polygons of its edges. */
bool is_whole(const TopoDS_Face &face);

} // namespace mesh

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_MESH_HPP
#define CADCAST_HELPER_MESH_HPP

#include "mass.hpp"

#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>

#include <array>
#include <vector>

/*
 * Faces and edges without exact geometry: a face may be only triangles (as import_stl makes it), an
 * edge only a polygon. Most functions of the kernel crash at either.
 */
bool has_surface(const TopoDS_Face &face);

/* Whether an edge has a curve, in space or on a surface; a degenerate one need not. */
bool has_curve(const TopoDS_Edge &edge);

/* Whether every face and edge of a shape has exact geometry, as the kernel needs it. */
bool is_exact(const TopoDS_Shape &shape);

/* The triangles of a face, in its place and orientation; empty if it has none. */
std::vector<std::array<gp_XYZ, 3>> triangles_of(const TopoDS_Face &face);

/* The corners of an edge's polygon in their order; empty if it has none. */
std::vector<gp_XYZ> polygon_of(const TopoDS_Edge &edge);

/* These throw `reason` if there are no triangles, or no polygon. */
mass mesh_area(const TopoDS_Face &face, const gp_Pnt &about);
mass mesh_volume(const TopoDS_Face &face, const gp_Pnt &about);
mass polygon_length(const TopoDS_Edge &edge, const gp_Pnt &about);

/* The point at a share (0 to 1) of a polygon's length. */
gp_XYZ polygon_point(const std::vector<gp_XYZ> &polygon, double share);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MESH_PARTS_HPP
#define CADCAST_MESH_PARTS_HPP

#include "instance.hpp"
#include "shape_map.hpp"

#include <TopoDS_Shape.hxx>
#include <gp_Pnt.hxx>

#include <string>
#include <vector>

/* What an instance is filled with, one kind of sub-shape after the other. */
namespace mesh
{

/* The sub-shapes of a kind, in the order in which a show counts them. */
shape_map sub_shapes(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind);

/* Adds a point to a row of coordinates. */
void add_point(std::vector<float> &to, const gp_Pnt &point);

/* Adds a notice; after the first few they are only counted. */
void add_notice(instance &to, const std::string &text);

/* The exception being handled, in a few words, for a notice. Does not return for one that is about
 * memory: that is thrown again. */
std::string describe_fault();

/* Nodes, triangles, normals and types of the faces that have triangles. */
void add_faces(instance &to, const shape_map &faces, int threads);

/* The polygons of the edges on the triangles of their first face; without any, the sides of all
 * triangles. */
void add_polygons(instance &to, const TopoDS_Shape &shape);

/* Edges without faces: their curves, divided so that no segment is farther off than `deflection`,
 * and the vertices at their ends. */
void add_curves(instance &to, const TopoDS_Shape &shape, double deflection);

/* The edges of a shape whose faces are not meshed, divided likewise. Those that cannot be divided,
 * as at the pole of a sphere, have no segments, so that the others keep their numbers. */
void add_outline(instance &to, const TopoDS_Shape &shape, double deflection);

/* The points of vertices: those of a compound of vertices in their order, repeated ones too, else
 * each of the shape once. */
void add_vertices(instance &to, const TopoDS_Shape &shape);

} // namespace mesh

#endif

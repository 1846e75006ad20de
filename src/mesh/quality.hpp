/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MESH_QUALITY_HPP
#define CADCAST_MESH_QUALITY_HPP

#include <TopoDS_Shape.hxx>

#include <array>
#include <optional>

namespace mesh
{

/* The kernel's quick box, which is a little too large: least x, greatest x, least y, and so on.
 * None if the shape is empty. */
std::optional<std::array<double, 6>> quick_box(const TopoDS_Shape &shape);

/* The greatest distance of a mesh from its shape, for shapes of that box: a share of its mean size,
 * with 3 significant digits, so that it does not depend on the last bits of the box. */
double quality_of(const std::array<double, 6> &box, double deviation);

} // namespace mesh

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_MEASURE_HPP
#define CADCAST_HELPER_MEASURE_HPP

#include "deadline.hpp"

#include <BRepGProp_Face.hxx>
#include <TopoDS_Shape.hxx>
#include <gp_Dir.hxx>
#include <gp_Pnt.hxx>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/*
 * The results of a measurement, without their text form: a section is a list of rows in the order
 * in which the panel shows them. Lengths are in the model's unit, angles in degrees.
 */
using vector3 = std::array<double, 3>;
struct box {
    vector3 min, center, max, size;
};
using value = std::variant<double, std::string, vector3, box>;
using section = std::vector<std::pair<std::string, value>>;

struct properties {
    std::string shape_type;
    std::string geom_type;
    vector3 refpoint;
    std::vector<section> sections;
};

struct distance {
    std::vector<section> sections;
    vector3 refpoint1, refpoint2;
};

/* Both throw `reason` or an exception of the kernel. Past the deadline, properties have no box, and
 * the reason for that. */
properties measure_properties(const TopoDS_Shape &shape, const deadline &until);
distance measure_distance(const TopoDS_Shape &first, const TopoDS_Shape &second, bool centers);

/* The parts they are made of. */
vector3 coordinates(const gp_XYZ &of);
std::string shape_type_name(const TopoDS_Shape &shape);
std::string geom_type_name(const TopoDS_Shape &shape);

/* "60.000 (120.000)": an angle and its supplement. */
std::string with_supplement(double degrees);

/* The centre of the volume of the solids, else of the area of the faces, else of the length of the
 * edges, else the mean of the vertices. */
gp_Pnt center_of_mass(const TopoDS_Shape &shape);

/* The reference point of moments, and of the volume of open shapes, as the kernel has it; the
 * shape's own origin if it has no vertices. */
gp_Pnt mean_of_vertices(const TopoDS_Shape &shape);

/* The point and the normal at `u`, `v` of a face; no normal if it vanishes. */
std::pair<gp_Pnt, std::optional<gp_Dir>> face_frame(const BRepGProp_Face &face, double u, double v);

/* The box of the geometry, tight to 1e-8 of its size. Throws `late`. */
box bounding_box(const TopoDS_Shape &shape, const deadline &until);

#endif

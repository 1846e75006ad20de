/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_MEASURE_HPP
#define CADCAST_HELPER_MEASURE_HPP

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
 * What is measured, free of how it is written down: a section is a list of rows in the order in
 * which the panel shows them. Lengths are in the model's unit, angles in degrees.
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

/* Both throw `reason` or whatever the kernel throws. */
properties measure_properties(const TopoDS_Shape &shape);
distance measure_distance(const TopoDS_Shape &first, const TopoDS_Shape &second, bool centers);

/* The parts they are made of. */
vector3 coordinates(const gp_XYZ &of);
std::string shape_type_name(const TopoDS_Shape &shape);
std::string geom_type_name(const TopoDS_Shape &shape);

/* "60.000 (120.000)": an angle and its supplement. */
std::string with_supplement(double degrees);

/* Of the volume of the solids, else the area of the faces, else the length of the edges, else the
 * mean of the vertices. */
gp_Pnt center_of_mass(const TopoDS_Shape &shape);

/* The point and the normal at `u`, `v` of a face; no normal where it vanishes. */
std::pair<gp_Pnt, std::optional<gp_Dir>> face_frame(const BRepGProp_Face &face, double u, double v);

/* As BRepGProp::SurfaceProperties has it, where that is a plane, a cylinder, a cone, a sphere or a
 * torus in a fraction of the time. Another edge is loaded afterwards. */
double area_of_face(BRepGProp_Face &face);

/* The exact box (BRepBndLib::AddOptimal on the geometry). */
box bounding_box(const TopoDS_Shape &shape);

#endif

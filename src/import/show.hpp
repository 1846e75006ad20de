/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_SHOW_HPP
#define CADCAST_IMPORT_SHOW_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/* What is sent of a file: the tree of a show, as the Python clients make it. */
namespace show
{

enum class kind { group, solid, face, edge, vertex };

/* A turn (a unit quaternion: x, y, z, w), then a move; lengths in millimetres. */
struct placement {
    std::array<double, 3> move{};
    std::array<double, 4> turn{ 0, 0, 0, 1 };
};

struct part {
    enum kind kind = kind::group;
    std::string name; /* UTF-8 */
    std::optional<placement> where;
    std::string color; /* of a leaf: #rrggbb */
    double alpha = 1;
    double size = 0;           /* of edges and vertices: pixels */
    std::size_t shape = 0;     /* of a leaf: number of its shape */
    std::vector<part> parts{}; /* of a group */
};

/* Colours of parts that have none, as the clients have them. */
extern const char *const color_of_solids;
extern const char *const color_of_faces;
extern const char *const color_of_curves;

/* The root of a tree: the part if it is a group, else one that holds it, as the clients make it. */
part as_root(part made);

/* Makes the names of parts beside each other unique: a, a(2), a(3). */
void name_apart(std::vector<part> &parts);

std::size_t count_leaves(const part &of);

/* How deep its groups are nested; a leaf alone: 0. */
std::size_t depth_of(const part &of);

/* The JSON of a tree, as `shapes` of a `D` and `tree` of an `E` have it (docs/protocol.md). */
std::string write_tree(const part &root);

/* A colour, red, green and blue from 0 to 1 (sRGB), as #rrggbb. */
std::string web_color(double red, double green, double blue);

} // namespace show

#endif

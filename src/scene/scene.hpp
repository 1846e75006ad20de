/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_SCENE_HPP
#define CADCAST_SCENE_SCENE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/* Triangles: what an STL, OBJ, glTF, 3MF or PLY file holds. Needs no geometry kernel. */
namespace scene
{

/* An affine transformation: the rows of a 3 by 4 matrix; the fourth column moves. */
struct matrix {
    std::array<double, 12> m{ 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
};

/* `a` after `b`. */
matrix operator*(const matrix &a, const matrix &b);

std::array<double, 3> apply(const matrix &to, const std::array<double, 3> &point);

/* Of the linear part: negative if it mirrors. */
double determinant(const matrix &of);

/* Whether it turns and moves only, within rounding of single precision. */
bool is_rigid(const matrix &of);

/* The turn of a rigid one as a unit quaternion: x, y, z, w. */
std::array<double, 4> turn_of(const matrix &of);

struct mesh {
    std::vector<float> points;          /* x, y, z in a row, in millimetres */
    std::vector<std::uint32_t> corners; /* three numbers of points a triangle, from 0 */
};

/* Red, green, blue, alpha from 0 to 1, sRGB. */
using color = std::array<double, 4>;

struct node {
    std::string name; /* UTF-8; empty: it has none */
    std::optional<scene::color> color;
    matrix where;
    std::optional<std::size_t> mesh; /* its number; of a node without children */
    std::vector<node> children;
};

struct file {
    node root;
    std::vector<scene::mesh> meshes;
};

/* What the readers need besides the bytes. */
struct request {
    std::string name;                     /* of the file */
    std::function<void(double)> progress; /* from 0 to 1 */
    std::function<void(const std::string &)> notice;
    /* A file beside it, or nothing: only plain names are ever looked for. */
    std::function<std::optional<std::string_view>(const std::string &)> beside;
};

/* Read a whole file. Throw `failure` or std::bad_alloc. */
file read_stl(std::string_view bytes, const request &how);
file read_ply(std::string_view bytes, const request &how);
file read_obj(std::string_view bytes, const request &how);
file read_gltf(std::string_view bytes, const request &how);
file read_3mf(std::string_view bytes, const request &how);

} // namespace scene

#endif

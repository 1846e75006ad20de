/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MESH_INSTANCE_HPP
#define CADCAST_MESH_INSTANCE_HPP

#include <TopoDS_Shape.hxx>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/*
 * A shape as a show draws it: what the Python client (ocp_tessellate) makes of the same shape and
 * the same request, so that a picture does not depend on which of the two made it.
 */
namespace mesh
{

struct request {
    double deviation; /* a percentage of the mean size of the shape's box is its greatest error */
    double angle;     /* radians between neighbouring segments of a curve */
    bool coarse;      /* a first picture: larger errors, made in a fraction of the time */
    bool edges_only;  /* faces are not meshed; edges as if the shape had no faces */
    int threads;      /* at most as many, this one included */
};

/* Which members of an instance are there: of shapes all, of edges those of its second line, of
 * vertices `obj_vertices` alone. */
enum class kind { shapes, edges, vertices };

/* Lengths are in the model's unit, as in the shape. Positions and normals are x, y, z in a row. */
struct instance {
    std::vector<float> vertices, normals;
    std::vector<float> edges, obj_vertices; /* `edges` are pairs of points */
    std::vector<std::int32_t> triangles;    /* three indices of vertices each, from 0 */
    std::vector<std::int32_t> face_types, triangles_per_face; /* GeomAbs_SurfaceType */
    std::vector<std::int32_t> edge_types, segments_per_edge;  /* GeomAbs_CurveType */

    enum kind kind = kind::shapes;
    std::optional<std::array<double, 6>> box; /* least x, greatest x, least y...; none if empty */
    double quality = 0;                       /* greatest distance of the mesh from the shape */
    std::size_t faces = 0;                    /* of the shape, meshed or not */
    std::size_t watson_faces = 0;             /* meshed by the slower algorithm */
    double milliseconds = 0;
    std::vector<std::string> notices; /* what could not be shown, in a few words for the user */
};

/*
 * Meshes a shape, which gets triangles by it. A face or an edge that cannot be meshed costs a
 * notice. Throws an exception of the kernel, std::bad_alloc, or std::runtime_error for a request or
 * a shape that makes no sense.
 */
instance make_instance(const TopoDS_Shape &shape, const request &how);

/*
 * An instance as a model file (docs/model-format.md): its head, up to the data area, then the
 * arrays and the zeros between them, which are views of the instance and of static memory.
 */
std::string write_head(const instance &of);
std::vector<std::string_view> list_arrays(const instance &of);

} // namespace mesh

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "triangulate.hpp"

#include <BRepMesh_IncrementalMesh.hxx>
#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <IMeshTools_Parameters.hxx>
#include <OSD_Parallel.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <Standard_Failure.hxx>
#include <TopExp_Explorer.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

using opencascade::handle;

namespace
{

/* A side of a triangle: its two corners, the lower number first. */
using side = std::uint64_t;

side side_of(int a, int b)
{
    auto [low, high] = std::minmax(a, b);
    return static_cast<side>(low) << 32 | static_cast<std::uint32_t>(high);
}

/* The sides of all triangles, in order; one that two triangles share is there twice. */
std::vector<side> sides_of(const Poly_Triangulation &of)
{
    std::vector<side> sides;
    sides.reserve(3 * static_cast<std::size_t>(of.NbTriangles()));
    for (int i = 1; i <= of.NbTriangles(); i++) {
        int a, b, c;
        of.Triangle(i).Get(a, b, c);
        sides.push_back(side_of(a, b));
        sides.push_back(side_of(b, c));
        sides.push_back(side_of(c, a));
    }
    std::sort(sides.begin(), sides.end());
    return sides;
}

/* The segments of the polygons of a face's edges, in order. A seam has two polygons, one for each
 * of its orientations. */
struct border {
    std::vector<side> needed; /* of edges that have a length: there must be a triangle at each */
    std::vector<side> all;    /* with those of poles: no triangle may end elsewhere */
};

border border_of(const TopoDS_Face &face, const handle<Poly_Triangulation> &triangles,
                 const TopLoc_Location &where)
{
    border found;
    for (TopExp_Explorer at(face, TopAbs_EDGE); at.More(); at.Next()) {
        const TopoDS_Edge &edge = TopoDS::Edge(at.Current());
        handle<Poly_PolygonOnTriangulation> polygon =
            BRep_Tool::PolygonOnTriangulation(edge, triangles, where);
        bool needed = !BRep_Tool::Degenerated(edge);
        for (int i = 1; !polygon.IsNull() && i < polygon->NbNodes(); i++) {
            if (polygon->Node(i) == polygon->Node(i + 1))
                continue;
            found.all.push_back(side_of(polygon->Node(i), polygon->Node(i + 1)));
            if (needed)
                found.needed.push_back(found.all.back());
        }
    }
    std::sort(found.needed.begin(), found.needed.end());
    std::sort(found.all.begin(), found.all.end());
    return found;
}

/* The sides that only one triangle has; `sides` are in order. */
std::vector<side> ends_of(const std::vector<side> &sides)
{
    std::vector<side> ends;
    for (std::size_t i = 0, next; i < sides.size(); i = next) {
        for (next = i + 1; next < sides.size() && sides[next] == sides[i];)
            next++;
        if (next == i + 1)
            ends.push_back(sides[i]);
    }
    return ends;
}

void run(const TopoDS_Shape &shape, double deflection, double angle, bool parallel,
         IMeshTools_MeshAlgoType algorithm)
{
    IMeshTools_Parameters parameters;
    parameters.MeshAlgo = algorithm;
    parameters.Deflection = deflection;
    parameters.Angle = angle;
    parameters.InParallel = parallel;
    BRepMesh_IncrementalMesh(shape, parameters);
}

/* False if the kernel gave up as a whole, as it does for an edge that it cannot divide. */
bool try_to_run(const TopoDS_Shape &shape, double deflection, double angle, bool parallel,
                IMeshTools_MeshAlgoType algorithm)
{
    try {
        run(shape, deflection, angle, parallel, algorithm);
        return true;
    } catch (const Standard_Failure &) {
        return false;
    }
}

bool has_surface(const TopoDS_Face &face)
{
    TopLoc_Location where;
    return !BRep_Tool::Surface(face, where).IsNull();
}

/* Faces with a surface that are not whole. */
std::vector<TopoDS_Face> broken_faces(const mesh::shape_map &faces, int threads)
{
    std::vector<char> broken(static_cast<std::size_t>(faces.Extent()), 0);
    OSD_Parallel::For(
        0, faces.Extent(),
        [&faces, &broken](int i) {
            const TopoDS_Face &face = TopoDS::Face(faces(i + 1));
            broken[static_cast<std::size_t>(i)] = has_surface(face) && !mesh::is_whole(face);
        },
        threads <= 1);
    std::vector<TopoDS_Face> out;
    for (int i = 0; i < faces.Extent(); i++)
        if (broken[static_cast<std::size_t>(i)] != 0)
            out.push_back(TopoDS::Face(faces(i + 1)));
    return out;
}

} // namespace

bool mesh::is_whole(const TopoDS_Face &face)
{
    TopLoc_Location where;
    handle<Poly_Triangulation> triangles = BRep_Tool::Triangulation(face, where);
    if (triangles.IsNull() || triangles->NbTriangles() == 0)
        return false;
    std::vector<side> sides = sides_of(*triangles), ends = ends_of(sides);
    border around = border_of(face, triangles, where);
    return std::includes(sides.begin(), sides.end(), around.needed.begin(), around.needed.end()) &&
           std::includes(around.all.begin(), around.all.end(), ends.begin(), ends.end());
}

std::size_t mesh::triangulate(const TopoDS_Shape &shape, const mesh::shape_map &faces,
                              double deflection, double angle, int threads)
{
    bool parallel = threads > 1;
    if (!try_to_run(shape, deflection, angle, parallel, IMeshTools_MeshAlgoType_Delabella))
        BRepTools::Clean(shape);
    std::vector<TopoDS_Face> broken = broken_faces(faces, threads);
    if (broken.empty())
        return 0;
    for (const TopoDS_Face &face : broken)
        BRepTools::Clean(face);
    /* Meshes that are there stay, and their edges keep their points. */
    if (try_to_run(shape, deflection, angle, parallel, IMeshTools_MeshAlgoType_Watson))
        return broken.size();
    /* One by one, so that a bad face costs no other. */
    for (const TopoDS_Face &face : broken)
        try_to_run(face, deflection, angle, false, IMeshTools_MeshAlgoType_Watson);
    return broken.size();
}

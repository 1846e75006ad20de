/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * The parts of mesh/ that the meshes of whole shapes do not show: how the quality is rounded, that
 * triangles with a gap at the border of their face are noticed and made again, and that the quicker
 * of the kernel's algorithms makes as many triangles as the client's. What becomes of a shape is in
 * tests/e2e/test_mesh.py.
 *
 *   test_mesh FILE...
 *
 * A FILE is a recorded B message.
 */
#include "mesh/instance.hpp"
#include "mesh/parts.hpp"
#include "mesh/quality.hpp"
#include "mesh/triangulate.hpp"

#include "tree.hpp"

#include <BRepBuilderAPI_MakeFace.hxx>
#include <BRepMesh_IncrementalMesh.hxx>
#include <BRepTools.hxx>
#include <BRep_Builder.hxx>
#include <BRep_Tool.hxx>
#include <BinTools.hxx>
#include <IMeshTools_Parameters.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <TopExp.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <gp_Ax3.hxx>
#include <gp_Cylinder.hxx>
#include <gp_Pln.hxx>
#include <gp_Sphere.hxx>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

static int faults = 0;

static void check(bool right, const char *what)
{
    if (right)
        return;
    std::fprintf(stderr, "%s\n", what);
    faults++;
}

/* The values are those of the Python client for these boxes. */
static void check_quality()
{
    check(mesh::quality_of({ 0, 4, 0, 5, 0, 6 }, 0.1) == 0.005, "quality of a box");
    check(mesh::quality_of({ 0, 12.3456, 0, 0.98765, 0, 1234.5 }, 0.1) == 0.414,
          "quality of a long box");
    check(mesh::quality_of({ 0, 0.0012345, 0, 1e-7, 0, 1e-7 }, 0.1) == 4.1e-07,
          "quality of a small box");
    check(mesh::quality_of({ 0, 0, 0, 0, 0, 0 }, 0.1) == 0, "quality of nothing");
}

static TopoDS_Face first_face(const TopoDS_Shape &shape)
{
    return TopoDS::Face(mesh::sub_shapes(shape, TopAbs_FACE)(1));
}

/* Takes the last triangle away, and lets the edges keep their polygons. */
static void open_gap(const TopoDS_Face &face)
{
    TopLoc_Location where;
    opencascade::handle<Poly_Triangulation> whole = BRep_Tool::Triangulation(face, where);
    whole->ResizeTriangles(whole->NbTriangles() - 1, true);
}

static void check_gaps(const TopoDS_Shape &shape)
{
    mesh::shape_map faces = mesh::sub_shapes(shape, TopAbs_FACE);
    BRepTools::Clean(shape);
    check(!mesh::is_whole(first_face(shape)), "a face without triangles is whole");
    check(mesh::triangulate(shape, faces, 0.05, 0.2, 1) == 0, "good faces were done again");
    check(mesh::is_whole(first_face(shape)), "a meshed face is not whole");
    open_gap(first_face(shape));
    check(!mesh::is_whole(first_face(shape)), "a face with a gap is whole");
    check(mesh::triangulate(shape, faces, 0.05, 0.2, 1) == 1, "the gap was not found");
    for (int i = 1; i <= faces.Extent(); i++)
        check(mesh::is_whole(TopoDS::Face(faces(i))), "the gap was not closed");
}

static void check_head()
{
    mesh::instance made;
    made.notices = { "a \"quoted\" \\ word \n and \xc3\xa4" };
    std::string head = mesh::write_head(made);
    check(head.size() % 16 == 0 && head.substr(0, 8) == "CADCAST1", "a head is a model file's");
    check(head.find("[\"a \\\"quoted\\\" \\\\ word ? and ??\"]") != std::string::npos,
          "a notice is JSON");
}

/* Triangles of each face of a shape with faces, by the client's algorithm. The other one makes as
 * many on most surfaces, and up to a tenth more or less on those of B-splines. */
static std::vector<std::int32_t> count_by_watson(const TopoDS_Shape &shape, double quality)
{
    IMeshTools_Parameters parameters;
    parameters.MeshAlgo = IMeshTools_MeshAlgoType_Watson;
    parameters.Deflection = quality;
    parameters.Angle = 0.2;
    BRepMesh_IncrementalMesh(shape, parameters);
    std::vector<std::int32_t> counts;
    mesh::shape_map faces = mesh::sub_shapes(shape, TopAbs_FACE);
    for (int i = 1; i <= faces.Extent(); i++) {
        TopLoc_Location where;
        counts.push_back(BRep_Tool::Triangulation(TopoDS::Face(faces(i)), where)->NbTriangles());
    }
    return counts;
}

static TopoDS_Shape read_shape(const std::string &bytes)
{
    std::istringstream in(bytes);
    TopoDS_Shape shape;
    BinTools::Read(shape, in);
    return shape;
}

static void check_counts(const std::string &where, const std::string &bytes)
{
    mesh::instance ours = mesh::make_instance(read_shape(bytes), { 0.1, 0.2, false, false, 2 });
    if (ours.faces == 0)
        return;
    std::vector<std::int32_t> theirs = count_by_watson(read_shape(bytes), ours.quality);
    bool alike = theirs.size() == ours.triangles_per_face.size();
    for (std::size_t i = 0; alike && i < theirs.size(); i++)
        alike = std::abs(theirs[i] - ours.triangles_per_face[i]) <= 2 + theirs[i] / 10;
    check(alike, (where + " has other triangles").c_str());
    check(ours.watson_faces == 0, (where + " was left to the slower algorithm").c_str());
}

static void check_file(const char *path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    text.erase(0, 2);
    for (const part &leaf : read_tree(text)) {
        std::string bytes;
        check(decode_base64(leaf.shapes.at(0), bytes), path);
        check_counts(std::string(path) + " " + leaf.id, bytes);
    }
}

int main(int argc, char **argv)
{
    check_quality();
    check_gaps(BRepBuilderAPI_MakeFace(gp_Pln(), 0, 4, 0, 5).Shape());
    check_gaps(BRepBuilderAPI_MakeFace(gp_Cylinder(gp_Ax3(), 3), 0, 1, 0, 5).Shape());
    check_gaps(BRepBuilderAPI_MakeFace(gp_Sphere(gp_Ax3(), 3)).Shape());
    check_head();
    for (int i = 1; i < argc; i++)
        check_file(argv[i]);
    return faults == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "parts.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRep_Tool.hxx>
#include <GCPnts_QuasiUniformDeflection.hxx>
#include <GCPnts_UniformDeflection.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <Precision.hxx>
#include <TopExp.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Iterator.hxx>
#include <TopoDS_Vertex.hxx>
#include <gp_Trsf.hxx>

#include <algorithm>

using opencascade::handle;

namespace
{

std::int32_t type_of(const TopoDS_Edge &edge)
{
    return BRep_Tool::IsGeometric(edge) ? BRepAdaptor_Curve(edge).GetType() : GeomAbs_OtherCurve;
}

/* Adds the segments between points that follow each other. */
void add_segments(mesh::instance &to, const std::vector<gp_Pnt> &points)
{
    for (std::size_t i = 1; i < points.size(); i++) {
        mesh::add_point(to.edges, points[i - 1]);
        mesh::add_point(to.edges, points[i]);
    }
    to.segments_per_edge.push_back(
        static_cast<std::int32_t>(points.empty() ? 0 : points.size() - 1));
}

/* The polygon of an edge on the triangles of a face; false if there is none. Numbers that lead
 * nowhere are left out: those of a file are not checked when it is read. */
bool add_polygon(mesh::instance &to, const TopoDS_Edge &edge, const TopoDS_Face &face)
{
    TopLoc_Location where;
    handle<Poly_Triangulation> triangles = BRep_Tool::Triangulation(face, where);
    if (triangles.IsNull())
        return false;
    handle<Poly_PolygonOnTriangulation> polygon =
        BRep_Tool::PolygonOnTriangulation(edge, triangles, where);
    if (polygon.IsNull())
        return false;
    gp_Trsf move = where.Transformation();
    std::vector<gp_Pnt> points;
    for (int i = 1; i <= polygon->NbNodes(); i++) {
        int node = polygon->Node(i);
        if (node >= 1 && node <= triangles->NbNodes())
            points.push_back(triangles->Node(node).Transformed(move));
    }
    std::int32_t type = type_of(edge);
    add_segments(to, points);
    to.edge_types.push_back(type);
    return true;
}

/* All triangles' sides, as if each were an edge: of a mesh without edges, as from an STL file. */
void add_sides(mesh::instance &to)
{
    to.edges.reserve(to.triangles.size() * 6);
    for (std::size_t i = 0; i + 2 < to.triangles.size(); i += 3) {
        for (std::size_t k = 0; k < 3; k++) {
            for (std::size_t end : { i + k, i + (k + 1) % 3 }) {
                auto first = to.vertices.begin() + 3 * static_cast<long>(to.triangles[end]);
                to.edges.insert(to.edges.end(), first, first + 3);
            }
        }
    }
}

/* The division that a show uses, and where it finds a curve straight that is not, another one. */
template <class Divider>
std::vector<gp_Pnt> divide(const BRepAdaptor_Curve &curve, double deflection)
{
    Divider divider;
    std::vector<gp_Pnt> points;
    divider.Initialize(curve, deflection, curve.FirstParameter(), curve.LastParameter());
    if (divider.IsDone())
        for (int i = 1; i <= divider.NbPoints(); i++)
            points.push_back(curve.Value(divider.Parameter(i)));
    return points;
}

/* Throws an exception of the kernel. No points if the edge has no end. */
std::vector<gp_Pnt> divide_edge(const TopoDS_Edge &edge, double deflection)
{
    BRepAdaptor_Curve curve(edge);
    if (Precision::IsInfinite(curve.FirstParameter()) ||
        Precision::IsInfinite(curve.LastParameter()))
        return {};
    std::vector<gp_Pnt> points = divide<GCPnts_QuasiUniformDeflection>(curve, deflection);
    if (points.size() == 2 && curve.GetType() != GeomAbs_Line)
        points = divide<GCPnts_UniformDeflection>(curve, deflection / 10);
    return points;
}

bool has_curve(const TopoDS_Edge &edge)
{
    TopLoc_Location where;
    double first, last;
    return !BRep_Tool::Degenerated(edge) && !BRep_Tool::Curve(edge, where, first, last).IsNull();
}

/* Why an edge is not shown; empty if it is. */
std::string try_to_add(mesh::instance &to, const TopoDS_Edge &edge, double deflection)
{
    try {
        if (!has_curve(edge))
            return "has no curve";
        std::vector<gp_Pnt> points = divide_edge(edge, deflection);
        if (points.size() < 2)
            return "cannot be divided";
        std::int32_t type = type_of(edge);
        add_segments(to, points);
        to.edge_types.push_back(type);
        return {};
    } catch (...) {
        return "cannot be divided: " + mesh::describe_fault();
    }
}

/* A list of edges or vertices reaches us as a compound of them: in their order, and as often as
 * they are in it. */
std::vector<TopoDS_Shape> list_of(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind)
{
    std::vector<TopoDS_Shape> list;
    bool direct = shape.ShapeType() == TopAbs_COMPOUND;
    for (TopoDS_Iterator at(shape); direct && at.More(); at.Next()) {
        direct = at.Value().ShapeType() == kind;
        list.push_back(at.Value());
    }
    if (direct)
        return list;
    mesh::shape_map map = mesh::sub_shapes(shape, kind);
    list.clear();
    for (int i = 1; i <= map.Extent(); i++)
        list.push_back(map(i));
    return list;
}

void add_vertex(mesh::instance &to, const TopoDS_Shape &vertex)
{
    mesh::add_point(to.obj_vertices, BRep_Tool::Pnt(TopoDS::Vertex(vertex)));
}

} // namespace

void mesh::add_polygons(instance &to, const TopoDS_Shape &shape)
{
    mesh::shape_map edges = sub_shapes(shape, TopAbs_EDGE);
    mesh::parents_map faces;
    TopExp::MapShapesAndAncestors(shape, TopAbs_EDGE, TopAbs_FACE, faces);
    for (int i = 1; i <= edges.Extent(); i++) {
        const NCollection_List<TopoDS_Shape> &around = faces.FindFromKey(edges(i));
        if (!around.IsEmpty())
            add_polygon(to, TopoDS::Edge(edges(i)), TopoDS::Face(around.First()));
    }
    if (to.edges.empty())
        add_sides(to);
}

/* Edges that meet have each an end there, as the client shows them. */
void mesh::add_curves(instance &to, const TopoDS_Shape &shape, double deflection)
{
    std::size_t number = 0;
    for (const TopoDS_Shape &edge : list_of(shape, TopAbs_EDGE)) {
        std::string fault = try_to_add(to, TopoDS::Edge(edge), deflection);
        if (!fault.empty())
            add_notice(to, "edge " + std::to_string(number) + " " + fault);
        mesh::shape_map ends = sub_shapes(edge, TopAbs_VERTEX);
        for (int i = 1; fault.empty() && i <= ends.Extent(); i++)
            add_vertex(to, ends(i));
        number++;
    }
}

void mesh::add_outline(instance &to, const TopoDS_Shape &shape, double deflection)
{
    mesh::shape_map edges = sub_shapes(shape, TopAbs_EDGE);
    for (int i = 1; i <= edges.Extent(); i++) {
        const TopoDS_Edge &edge = TopoDS::Edge(edges(i));
        if (try_to_add(to, edge, deflection).empty())
            continue;
        to.segments_per_edge.push_back(0);
        to.edge_types.push_back(BRep_Tool::Degenerated(edge) ? GeomAbs_Line : GeomAbs_OtherCurve);
    }
    add_vertices(to, shape);
}

void mesh::add_vertices(instance &to, const TopoDS_Shape &shape)
{
    for (const TopoDS_Shape &vertex : list_of(shape, TopAbs_VERTEX))
        add_vertex(to, vertex);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "mesh.hpp"

#include "shapes.hpp"

#include <BRep_Tool.hxx>
#include <Poly_Polygon3D.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <TopExp_Explorer.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>

namespace
{

gp_XYZ placed(const gp_Pnt &point, const TopLoc_Location &where)
{
    return where.IsIdentity() ? point.XYZ() : point.Transformed(where.Transformation()).XYZ();
}

std::vector<std::array<gp_XYZ, 3>> some_triangles(const TopoDS_Face &face)
{
    std::vector<std::array<gp_XYZ, 3>> out = triangles_of(face);
    if (out.empty())
        throw reason("this face has neither a surface nor triangles");
    return out;
}

std::vector<gp_XYZ> some_polygon(const TopoDS_Edge &edge)
{
    std::vector<gp_XYZ> out = polygon_of(edge);
    if (out.empty())
        throw reason("this edge has neither a curve nor a polygon");
    return out;
}

} // namespace

bool has_surface(const TopoDS_Face &face)
{
    TopLoc_Location where;
    return !BRep_Tool::Surface(face, where).IsNull();
}

bool has_curve(const TopoDS_Edge &edge)
{
    return BRep_Tool::IsGeometric(edge);
}

bool is_exact(const TopoDS_Shape &shape)
{
    for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next())
        if (!has_surface(TopoDS::Face(at.Current())))
            return false;
    for (TopExp_Explorer at(shape, TopAbs_EDGE); at.More(); at.Next()) {
        const TopoDS_Edge &edge = TopoDS::Edge(at.Current());
        if (!BRep_Tool::Degenerated(edge) && !has_curve(edge))
            return false;
    }
    return true;
}

/* A triangle may refer to missing corners: a file's triangles are not checked when it is read. */
std::vector<std::array<gp_XYZ, 3>> triangles_of(const TopoDS_Face &face)
{
    std::vector<std::array<gp_XYZ, 3>> out;
    TopLoc_Location where;
    opencascade::handle<Poly_Triangulation> mesh = BRep_Tool::Triangulation(face, where);
    if (mesh.IsNull())
        return out;
    auto known = [&mesh](int corner) { return corner >= 1 && corner <= mesh->NbNodes(); };
    for (int i = 1; i <= mesh->NbTriangles(); i++) {
        int a, b, c;
        mesh->Triangle(i).Get(a, b, c);
        if (!known(a) || !known(b) || !known(c))
            continue;
        if (face.Orientation() == TopAbs_REVERSED)
            std::swap(b, c);
        out.push_back({ placed(mesh->Node(a), where), placed(mesh->Node(b), where),
                        placed(mesh->Node(c), where) });
    }
    return out;
}

std::vector<gp_XYZ> polygon_of(const TopoDS_Edge &edge)
{
    std::vector<gp_XYZ> out;
    TopLoc_Location where;
    opencascade::handle<Poly_Polygon3D> polygon = BRep_Tool::Polygon3D(edge, where);
    if (!polygon.IsNull()) {
        for (const gp_Pnt &corner : polygon->Nodes())
            out.push_back(placed(corner, where));
        return out;
    }
    opencascade::handle<Poly_PolygonOnTriangulation> numbers;
    opencascade::handle<Poly_Triangulation> mesh;
    BRep_Tool::PolygonOnTriangulation(edge, numbers, mesh, where);
    if (numbers.IsNull() || mesh.IsNull())
        return out;
    for (int corner : numbers->Nodes())
        if (corner >= 1 && corner <= mesh->NbNodes())
            out.push_back(placed(mesh->Node(corner), where));
    return out;
}

mass mesh_area(const TopoDS_Face &face, const gp_Pnt &about)
{
    mass out;
    for (const auto &[a, b, c] : some_triangles(face)) {
        double area = (b - a).Crossed(c - a).Modulus() / 2;
        out.add({ area, ((a + b + c) / 3 - about.XYZ()) * area });
    }
    return out;
}

mass mesh_volume(const TopoDS_Face &face, const gp_Pnt &about)
{
    mass out;
    for (const auto &[a, b, c] : some_triangles(face)) {
        gp_XYZ x = a - about.XYZ(), y = b - about.XYZ(), z = c - about.XYZ();
        double volume = x.Dot(y.Crossed(z)) / 6;
        out.add({ volume, (x + y + z) / 4 * volume });
    }
    return out;
}

mass polygon_length(const TopoDS_Edge &edge, const gp_Pnt &about)
{
    mass out;
    std::vector<gp_XYZ> corners = some_polygon(edge);
    for (std::size_t i = 1; i < corners.size(); i++) {
        double length = (corners[i] - corners[i - 1]).Modulus();
        out.add({ length, ((corners[i] + corners[i - 1]) / 2 - about.XYZ()) * length });
    }
    return out;
}

gp_XYZ polygon_point(const std::vector<gp_XYZ> &polygon, double share)
{
    double left = 0;
    for (std::size_t i = 1; i < polygon.size(); i++)
        left += share * (polygon[i] - polygon[i - 1]).Modulus();
    for (std::size_t i = 1; i < polygon.size(); i++) {
        gp_XYZ step = polygon[i] - polygon[i - 1];
        double length = step.Modulus();
        if (length > 0 && left <= length)
            return polygon[i - 1] + step * (left / length);
        left -= length;
    }
    return polygon.back();
}

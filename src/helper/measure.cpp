/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "measure.hpp"

#include "mass.hpp"
#include "mesh.hpp"
#include "shapes.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRep_Tool.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Vertex.hxx>
#include <gp_Vec.hxx>

#include <algorithm>
#include <cstdio>

vector3 coordinates(const gp_XYZ &of)
{
    return { of.X(), of.Y(), of.Z() };
}

std::string with_supplement(double degrees)
{
    char text[64];
    std::snprintf(text, sizeof(text), "%.3f (%.3f)", degrees, std::max(180 - degrees, 0.0));
    return text;
}

std::string shape_type_name(const TopoDS_Shape &shape)
{
    switch (shape.ShapeType()) {
    case TopAbs_VERTEX:
        return "Vertex";
    case TopAbs_EDGE:
        return "Edge";
    case TopAbs_WIRE:
        return "Wire";
    case TopAbs_FACE:
        return "Face";
    case TopAbs_SHELL:
        return "Shell";
    case TopAbs_SOLID:
        return "Solid";
    case TopAbs_COMPSOLID:
        return "CompSolid";
    case TopAbs_COMPOUND:
        return "Compound";
    default:
        throw reason("this kind of shape cannot be measured");
    }
}

static const char *curve_name(GeomAbs_CurveType type)
{
    switch (type) {
    case GeomAbs_Line:
        return "Line";
    case GeomAbs_Circle:
        return "Circle";
    case GeomAbs_Ellipse:
        return "Ellipse";
    case GeomAbs_Hyperbola:
        return "Hyperbola";
    case GeomAbs_Parabola:
        return "Parabola";
    case GeomAbs_BezierCurve:
        return "BezierCurve";
    case GeomAbs_BSplineCurve:
        return "BSplineCurve";
    case GeomAbs_OffsetCurve:
        return "OffsetCurve";
    default:
        return "OtherCurve";
    }
}

static const char *surface_name(GeomAbs_SurfaceType type)
{
    switch (type) {
    case GeomAbs_Plane:
        return "Plane";
    case GeomAbs_Cylinder:
        return "Cylinder";
    case GeomAbs_Cone:
        return "Cone";
    case GeomAbs_Sphere:
        return "Sphere";
    case GeomAbs_Torus:
        return "Torus";
    case GeomAbs_BezierSurface:
        return "BezierSurface";
    case GeomAbs_BSplineSurface:
        return "BSplineSurface";
    case GeomAbs_SurfaceOfRevolution:
        return "Revolution";
    case GeomAbs_SurfaceOfExtrusion:
        return "SurfaceOfExtrusion";
    case GeomAbs_OffsetSurface:
        return "OffsetSurface";
    default:
        return "OtherSurface";
    }
}

std::string geom_type_name(const TopoDS_Shape &shape)
{
    switch (shape.ShapeType()) {
    case TopAbs_VERTEX:
        return "Point";
    case TopAbs_EDGE:
        if (!has_curve(TopoDS::Edge(shape)))
            return "Other";
        return curve_name(BRepAdaptor_Curve(TopoDS::Edge(shape)).GetType());
    case TopAbs_FACE:
        if (!has_surface(TopoDS::Face(shape)))
            return "Other";
        /* Without the face's bounds, which cost more than all the rest of it. */
        return surface_name(BRepAdaptor_Surface(TopoDS::Face(shape), false).GetType());
    default:
        return "Other";
    }
}

gp_Pnt mean_of_vertices(const TopoDS_Shape &shape)
{
    gp_XYZ sum;
    int count = 0;
    for (TopExp_Explorer at(shape, TopAbs_VERTEX); at.More(); at.Next(), count++)
        sum += BRep_Tool::Pnt(TopoDS::Vertex(at.Current())).XYZ();
    return count > 0 ? gp_Pnt(sum / count) : gp_Pnt().Transformed(shape.Location());
}

gp_Pnt center_of_mass(const TopoDS_Shape &shape)
{
    auto has = [&shape](TopAbs_ShapeEnum kind) { return TopExp_Explorer(shape, kind).More(); };
    gp_Pnt about = mean_of_vertices(shape);
    if (has(TopAbs_SOLID))
        return volume_of(shape, about).center(about);
    if (has(TopAbs_FACE))
        return area_of(shape, about).center(about);
    if (has(TopAbs_EDGE))
        return length_of(shape, about).center(about);
    return about;
}

std::pair<gp_Pnt, std::optional<gp_Dir>> face_frame(const BRepGProp_Face &face, double u, double v)
{
    constexpr double vanishing = 1e-10;
    gp_Pnt point;
    gp_Vec normal;
    face.Normal(u, v, point, normal);
    if (normal.Magnitude() <= vanishing)
        return { point, std::nullopt };
    return { point, gp_Dir(normal) };
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "measure.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRepBndLib.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_MapOfShape.hxx>
#include <TopoDS.hxx>
#include <gp_Hypr.hxx>

#include <cmath>

namespace
{

/* AddOptimal of OCCT before 8 misses where a hyperbola turns round: C + a cosh(t) X + b sinh(t) Y
 * is extreme along an axis where tanh(t) = -b Y / (a X) in that axis' coordinate. */
void add_hyperbola(const BRepAdaptor_Curve &curve, Bnd_Box &bounds)
{
    gp_Hypr hyperbola = curve.Hyperbola();
    gp_XYZ x = hyperbola.XAxis().Direction().XYZ() * hyperbola.MajorRadius();
    gp_XYZ y = hyperbola.YAxis().Direction().XYZ() * hyperbola.MinorRadius();
    for (int axis = 1; axis <= 3; axis++) {
        double slope = std::fabs(x.Coord(axis)) > 0 ? -y.Coord(axis) / x.Coord(axis) : 1;
        double turn = std::fabs(slope) < 1 ? std::atanh(slope) : curve.FirstParameter();
        if (turn > curve.FirstParameter() && turn < curve.LastParameter())
            bounds.Add(curve.Value(turn));
    }
}

void add_edge(const TopoDS_Edge &edge, Bnd_Box &bounds)
{
    if (BRep_Tool::Degenerated(edge) || !BRep_Tool::IsGeometric(edge))
        return;
    BRepBndLib::AddOptimal(edge, bounds, false, false);
    BRepAdaptor_Curve curve(edge);
    if (curve.GetType() == GeomAbs_Hyperbola)
        add_hyperbola(curve, bounds);
}

/* What a face reaches beyond its edges. */
void add_inside(const TopoDS_Face &face, Bnd_Box &bounds)
{
    if (BRep_Tool::Surface(face).IsNull())
        return;
    GeomAbs_SurfaceType type = BRepAdaptor_Surface(face, false).GetType();
    bool straight = type == GeomAbs_Plane || type == GeomAbs_Cylinder || type == GeomAbs_Cone;
    if (!straight || !TopExp_Explorer(face, TopAbs_EDGE).More())
        BRepBndLib::AddOptimal(face, bounds, false, false);
}

/* As BRepBndLib::AddOptimal does it, but each edge once. */
void add_shape(const TopoDS_Shape &shape, Bnd_Box &bounds)
{
    TopTools_MapOfShape met;
    for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next())
        if (met.Add(at.Current()))
            add_inside(TopoDS::Face(at.Current()), bounds);
    for (TopExp_Explorer at(shape, TopAbs_EDGE); at.More(); at.Next())
        if (met.Add(at.Current()))
            add_edge(TopoDS::Edge(at.Current()), bounds);
    for (TopExp_Explorer at(shape, TopAbs_VERTEX, TopAbs_EDGE); at.More(); at.Next())
        bounds.Add(BRep_Tool::Pnt(TopoDS::Vertex(at.Current())));
}

} // namespace

box bounding_box(const TopoDS_Shape &shape)
{
    Bnd_Box bounds;
    add_shape(shape, bounds);
    /* What has no extent, such as an empty compound, is a point with a little room. */
    constexpr double room = 1e-6;
    gp_XYZ low, high;
    if (bounds.IsVoid()) {
        gp_XYZ center = center_of_mass(shape).XYZ();
        low = center - gp_XYZ(room, room, room);
        high = center + gp_XYZ(room, room, room);
    } else {
        low = bounds.CornerMin().XYZ();
        high = bounds.CornerMax().XYZ();
    }
    gp_XYZ size = high - low;
    return { coordinates(low), coordinates(low + size / 2), coordinates(high), coordinates(size) };
}

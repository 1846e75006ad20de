/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "measure.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepBndLib.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Hypr.hxx>

#include <cmath>

/* AddOptimal of OCCT before 8 misses where a hyperbola turns round: C + a cosh(t) X + b sinh(t) Y
 * is extreme along an axis where tanh(t) = -b Y / (a X) in that axis' coordinate. */
static void add_hyperbola(const BRepAdaptor_Curve &curve, Bnd_Box &bounds)
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

static void add_hyperbolas(const TopoDS_Shape &shape, Bnd_Box &bounds)
{
    for (TopExp_Explorer at(shape, TopAbs_EDGE); at.More(); at.Next()) {
        const TopoDS_Edge &edge = TopoDS::Edge(at.Current());
        if (BRep_Tool::Degenerated(edge) || !BRep_Tool::IsGeometric(edge))
            continue;
        BRepAdaptor_Curve curve(edge);
        if (curve.GetType() == GeomAbs_Hyperbola)
            add_hyperbola(curve, bounds);
    }
}

box bounding_box(const TopoDS_Shape &shape)
{
    Bnd_Box bounds;
    BRepBndLib::AddOptimal(shape, bounds, false, false);
    /* What has no extent, such as an empty compound, is a point with a little room. */
    constexpr double room = 1e-6;
    gp_XYZ low, high;
    if (bounds.IsVoid()) {
        gp_XYZ center = center_of_mass(shape).XYZ();
        low = center - gp_XYZ(room, room, room);
        high = center + gp_XYZ(room, room, room);
    } else {
        add_hyperbolas(shape, bounds);
        low = bounds.CornerMin().XYZ();
        high = bounds.CornerMax().XYZ();
    }
    gp_XYZ size = high - low;
    return { coordinates(low), coordinates(low + size / 2), coordinates(high), coordinates(size) };
}

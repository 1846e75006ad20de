/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "extent.hpp"
#include "measure.hpp"
#include "mesh.hpp"
#include "shapes.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRepBndLib.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <GeomConvert.hxx>
#include <Geom_BezierCurve.hxx>
#include <Standard_Failure.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Circ.hxx>
#include <gp_Elips.hxx>
#include <gp_Hypr.hxx>

#include <cmath>

namespace
{

void add_box(extent &into, const Bnd_Box &bounds)
{
    if (bounds.IsVoid())
        return;
    into.add(bounds.CornerMin().XYZ());
    into.add(bounds.CornerMax().XYZ());
}

/* The kernel's bounds: exact for lines and parabolas, and for infinite shapes. */
void add_by_kernel(extent &into, const TopoDS_Shape &shape)
{
    Bnd_Box bounds;
    BRepBndLib::AddOptimal(shape, bounds, false, false);
    add_box(into, bounds);
}

void add_ends(extent &into, const BRepAdaptor_Curve &curve)
{
    into.add(curve.Value(curve.FirstParameter()).XYZ());
    into.add(curve.Value(curve.LastParameter()).XYZ());
}

/* C + cos(t) X + sin(t) Y is extreme along an axis if tan(t) is the quotient of Y and X there. */
void add_ellipse(extent &into, const BRepAdaptor_Curve &curve, const gp_XYZ &x, const gp_XYZ &y)
{
    add_ends(into, curve);
    double first = curve.FirstParameter(), last = curve.LastParameter();
    for (int axis = 1; axis <= 3; axis++) {
        double turn = std::atan2(coordinate_of(y, axis), coordinate_of(x, axis));
        double t = turn + M_PI * std::ceil((first - turn) / M_PI);
        while (t <= last) {
            into.add(curve.Value(t).XYZ());
            t += M_PI;
        }
    }
}

/* C + cosh(t) X + sinh(t) Y likewise, by the area functions. */
void add_hyperbola(extent &into, const BRepAdaptor_Curve &curve)
{
    add_ends(into, curve);
    gp_Hypr hyperbola = curve.Hyperbola();
    gp_XYZ x = hyperbola.XAxis().Direction().XYZ() * hyperbola.MajorRadius();
    gp_XYZ y = hyperbola.YAxis().Direction().XYZ() * hyperbola.MinorRadius();
    for (int axis = 1; axis <= 3; axis++) {
        double slope = std::fabs(coordinate_of(x, axis)) > 0
                           ? -coordinate_of(y, axis) / coordinate_of(x, axis)
                           : 1;
        double turn = std::fabs(slope) < 1 ? std::atanh(slope) : curve.FirstParameter();
        if (turn > curve.FirstParameter() && turn < curve.LastParameter())
            into.add(curve.Value(turn).XYZ());
    }
}

/* The part of a spline that an edge takes; null if the kernel cannot cut it out. */
opencascade::handle<Geom_BSplineCurve> spline_of(const BRepAdaptor_Curve &curve)
{
    try {
        opencascade::handle<Geom_BSplineCurve> spline =
            curve.GetType() == GeomAbs_BezierCurve
                ? GeomConvert::CurveToBSplineCurve(curve.Bezier())
                : opencascade::handle<Geom_BSplineCurve>::DownCast(curve.BSpline()->Copy());
        spline->Segment(curve.FirstParameter(), curve.LastParameter());
        return spline;
    } catch (const Standard_Failure &) {
        return nullptr;
    }
}

void add_edge(extent &into, const TopoDS_Edge &edge, const deadline &until)
{
    if (BRep_Tool::Degenerated(edge))
        return;
    if (!has_curve(edge)) {
        for (const gp_XYZ &corner : polygon_of(edge))
            into.add(corner);
        return;
    }
    BRepAdaptor_Curve curve(edge);
    bool ends = !Precision::IsInfinite(curve.FirstParameter()) &&
                !Precision::IsInfinite(curve.LastParameter());
    GeomAbs_CurveType type = ends ? curve.GetType() : GeomAbs_Line;
    if (type == GeomAbs_Circle) {
        gp_Circ circle = curve.Circle();
        add_ellipse(into, curve, circle.XAxis().Direction().XYZ(),
                    circle.YAxis().Direction().XYZ());
    } else if (type == GeomAbs_Ellipse) {
        gp_Elips ellipse = curve.Ellipse();
        add_ellipse(into, curve, ellipse.XAxis().Direction().XYZ() * ellipse.MajorRadius(),
                    ellipse.YAxis().Direction().XYZ() * ellipse.MinorRadius());
    } else if (type == GeomAbs_Hyperbola) {
        add_hyperbola(into, curve);
    } else if (type == GeomAbs_Line || type == GeomAbs_Parabola) {
        add_by_kernel(into, edge);
    } else if (type == GeomAbs_BSplineCurve || type == GeomAbs_BezierCurve) {
        if (auto spline = spline_of(curve))
            add_spline(into, spline, until);
        else
            add_curve(into, curve);
    } else {
        add_curve(into, curve);
    }
}

void add_mesh(extent &into, const TopoDS_Face &face)
{
    for (const auto &corners : triangles_of(face))
        for (const gp_XYZ &corner : corners)
            into.add(corner);
}

/* Each edge once, and before the faces: most reach no farther than their edges then. */
extent extent_of(const TopoDS_Shape &shape, const deadline &until)
{
    extent out;
    shape_set met;
    for (TopExp_Explorer at(shape, TopAbs_EDGE); at.More(); at.Next()) {
        until.check();
        if (met.Add(at.Current()))
            add_edge(out, TopoDS::Edge(at.Current()), until);
    }
    for (TopExp_Explorer at(shape, TopAbs_VERTEX, TopAbs_EDGE); at.More(); at.Next())
        out.add(BRep_Tool::Pnt(TopoDS::Vertex(at.Current())).XYZ());
    for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next()) {
        const TopoDS_Face &face = TopoDS::Face(at.Current());
        until.check();
        if (!met.Add(face))
            continue;
        if (!has_surface(face))
            add_mesh(out, face);
        else if (TopExp_Explorer(face, TopAbs_EDGE).More())
            add_inside(out, face, until);
        else
            add_by_kernel(out, face);
    }
    return out;
}

} // namespace

box bounding_box(const TopoDS_Shape &shape, const deadline &until)
{
    extent found = extent_of(shape, until);
    if (found.empty()) {
        /* A shape without extent, such as an empty compound, is a point with a little room. */
        constexpr double room = 1e-6;
        gp_XYZ center = center_of_mass(shape).XYZ();
        found.add(center - gp_XYZ(room, room, room));
        found.add(center + gp_XYZ(room, room, room));
    }
    gp_XYZ low(found.low[0], found.low[1], found.low[2]);
    gp_XYZ size = gp_XYZ(found.high[0], found.high[1], found.high[2]) - low;
    return { coordinates(low), coordinates(low + size / 2), coordinates(low + size),
             coordinates(size) };
}

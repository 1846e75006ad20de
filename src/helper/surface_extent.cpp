/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* How far a face reaches beyond its edges: only to points at which its surface is flat in one
 * coordinate. A plane, cylinder, cone or extrusion has none that do not lie on a line to its
 * edges; spheres, tori and surfaces of revolution have a few that are known. */
#include "extent.hpp"

#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <GeomConvert.hxx>
#include <Geom_BezierSurface.hxx>
#include <NCollection_Array1.hxx>
#include <Precision.hxx>
#include <gp_Sphere.hxx>
#include <gp_Torus.hxx>

#include <cmath>

bool trimming::holds(double u, double v)
{
    if (!classifier)
        classifier = std::make_unique<BRepTopAdaptor_FClass2d>(face, Precision::PConfusion());
    return classifier->Perform(gp_Pnt2d(u, v)) != TopAbs_OUT;
}

namespace
{

/* Halves a range at whose ends the slope has different signs. */
double turn_between(const std::function<double(double)> &slope, double low, double high)
{
    bool rising = slope(low) < 0;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        ((slope(middle) < 0) == rising ? low : high) = middle;
    }
    return (low + high) / 2;
}

/* The parameter at which a slope with the same sign at three points comes nearest to 0. */
double nearest_to_turn(const std::function<double(double)> &slope, double low, double high)
{
    for (int i = 0; i < 40; i++) {
        double one = low + (high - low) / 3, two = high - (high - low) / 3;
        (std::fabs(slope(one)) < std::fabs(slope(two)) ? high : low) =
            std::fabs(slope(one)) < std::fabs(slope(two)) ? two : one;
    }
    return (low + high) / 2;
}

/* The turns in one smooth piece. Two of them between neighbouring samples show as a dip. */
void add_turns(const std::function<double(double)> &slope, double from, double to,
               std::vector<double> &into)
{
    constexpr int samples = 24;
    std::array<double, samples + 1> at, got;
    for (std::size_t i = 0; i <= samples; i++) {
        at[i] = from + (to - from) * double(i) / samples;
        got[i] = slope(at[i]);
    }
    auto crosses = [](double one, double two) { return (one < 0) != (two < 0); };
    for (std::size_t i = 0; i < samples; i++) {
        if (crosses(got[i], got[i + 1]))
            into.push_back(turn_between(slope, at[i], at[i + 1]));
        if (i == 0 || crosses(got[i - 1], got[i]) || crosses(got[i], got[i + 1]) ||
            std::fabs(got[i]) > std::fabs(got[i - 1]) || std::fabs(got[i]) > std::fabs(got[i + 1]))
            continue;
        double dip = nearest_to_turn(slope, at[i - 1], at[i + 1]);
        if (crosses(slope(dip), got[i])) {
            into.push_back(turn_between(slope, at[i - 1], dip));
            into.push_back(turn_between(slope, dip, at[i + 1]));
        }
    }
}

using point = std::pair<double, double>; /* u and v */

gp_XYZ unit(std::size_t coordinate)
{
    return { coordinate == 0 ? 1.0 : 0.0, coordinate == 1 ? 1.0 : 0.0,
             coordinate == 2 ? 1.0 : 0.0 };
}

/* The two points of a sphere with the extreme coordinates. */
void sphere_points(const gp_Sphere &sphere, std::vector<point> &into)
{
    const gp_Ax3 &frame = sphere.Position();
    for (std::size_t i = 0; i < 3; i++) {
        double a = unit(i).Dot(frame.XDirection().XYZ()), b = unit(i).Dot(frame.YDirection().XYZ());
        double c = unit(i).Dot(frame.Direction().XYZ());
        double u = std::atan2(b, a), v = std::atan2(c, std::hypot(a, b));
        into.insert(into.end(), { { u, v }, { u + M_PI, -v } });
    }
}

/* On a torus, four points in the plane through the axis and along the coordinate. If the coordinate
 * axis is the axis of the torus, they are circles: one that is partly inside and partly outside of
 * the face crosses an edge, so any of its points will do. */
void torus_points(const gp_Torus &torus, std::vector<point> &into)
{
    const gp_Ax3 &frame = torus.Position();
    for (std::size_t i = 0; i < 3; i++) {
        double a = unit(i).Dot(frame.XDirection().XYZ()), b = unit(i).Dot(frame.YDirection().XYZ());
        double c = unit(i).Dot(frame.Direction().XYZ());
        double u = std::atan2(b, a), across = std::hypot(a, b);
        for (double side : { 1.0, -1.0 }) {
            double v = std::atan2(c, side * across);
            double around = side > 0 ? u : u + M_PI;
            into.insert(into.end(), { { around, v }, { around, v + M_PI } });
        }
    }
}

std::vector<double> v_breaks(const BRepAdaptor_Surface &surface, double v0, double v1)
{
    NCollection_Array1<double> at(1, surface.NbVIntervals(GeomAbs_CN) + 1);
    surface.VIntervals(at, GeomAbs_CN);
    std::vector<double> breaks{ v0 };
    for (double knot : at)
        if (knot > v0 && knot < v1)
            breaks.push_back(knot);
    breaks.push_back(v1);
    return breaks;
}

/* A point of a surface of revolution, relative to the axis. */
struct turned {
    gp_XYZ radial; /* from the axis, of length 1 */
    gp_XYZ along;  /* the derivative by v */
    double sense;  /* of turning with u: 1 or -1 */

    turned(const BRepAdaptor_Surface &surface, const gp_Ax1 &axis, double u, double v)
    {
        gp_Pnt at;
        gp_Vec du, dv;
        surface.D1(u, v, at, du, dv);
        gp_XYZ out = at.XYZ() - axis.Location().XYZ();
        const gp_XYZ &up = axis.Direction().XYZ();
        out -= up * out.Dot(up);
        radial = out.Modulus() > gp::Resolution() ? out / out.Modulus() : gp_XYZ();
        along = dv.XYZ();
        sense = up.Crossed(radial).Dot(du.XYZ()) < 0 ? -1 : 1;
    }
};

/* The points at which the profile, seen along the coordinate from either side of the axis, is
 * flat. */
void revolution_points(const BRepAdaptor_Surface &surface, const std::array<double, 4> &uv,
                       std::vector<point> &into)
{
    gp_Ax1 axis = surface.AxeOfRevolution();
    const gp_XYZ &up = axis.Direction().XYZ();
    std::vector<double> breaks = v_breaks(surface, uv[2], uv[3]);
    for (std::size_t i = 0; i < 3; i++) {
        gp_XYZ across = unit(i) - up * coordinate_of(up, int(i) + 1);
        double share = across.Modulus();
        for (double side : { 1.0, -1.0 }) {
            auto slope = [&](double v) {
                turned at(surface, axis, uv[0], v);
                return side * share * at.along.Dot(at.radial) +
                       coordinate_of(up, int(i) + 1) * at.along.Dot(up);
            };
            for (double v : turns(slope, breaks)) {
                turned at(surface, axis, uv[0], v);
                double x = across.Dot(at.radial), y = across.Dot(up.Crossed(at.radial));
                double angle = std::atan2(side * y, side * x);
                into.emplace_back(uv[0] + at.sense * angle, v);
            }
        }
    }
}

/* From a sample that is higher or lower than those around it, by Newton's method. */
point flatten(const BRepAdaptor_Surface &surface, int coordinate, point from, double du, double dv)
{
    point at = from;
    for (int i = 0; i < 30; i++) {
        gp_Pnt p;
        gp_Vec u, v, uu, vv, uv;
        surface.D2(at.first, at.second, p, u, v, uu, vv, uv);
        double a = coordinate_of(uu, coordinate), b = coordinate_of(uv, coordinate),
               c = coordinate_of(vv, coordinate);
        double det = a * c - b * b;
        if (!(std::fabs(det) > 0))
            break;
        double x = (b * coordinate_of(v, coordinate) - c * coordinate_of(u, coordinate)) / det;
        double y = (b * coordinate_of(u, coordinate) - a * coordinate_of(v, coordinate)) / det;
        point next{ std::clamp(at.first + x, from.first - du, from.first + du),
                    std::clamp(at.second + y, from.second - dv, from.second + dv) };
        if (next == at)
            break;
        at = next;
    }
    return at;
}

/* Any other surface: starts from samples that are higher or lower than their neighbours. */
void sampled_points(const BRepAdaptor_Surface &surface, const std::array<double, 4> &uv,
                    const deadline &until, std::vector<point> &into)
{
    int rows = std::clamp(12 * surface.NbUIntervals(GeomAbs_C2), 24, 200);
    int columns = std::clamp(12 * surface.NbVIntervals(GeomAbs_C2), 24, 200);
    double du = (uv[1] - uv[0]) / rows, dv = (uv[3] - uv[2]) / columns;
    std::vector<gp_XYZ> grid;
    for (int i = 0; i <= rows; i++) {
        until.check();
        for (int j = 0; j <= columns; j++)
            grid.push_back(surface.Value(uv[0] + i * du, uv[2] + j * dv).XYZ());
    }
    auto value = [&](int i, int j, int c) {
        int at = std::clamp(i, 0, rows) * (columns + 1) + std::clamp(j, 0, columns);
        return coordinate_of(grid[std::size_t(at)], c);
    };
    auto stands_out = [&](int i, int j, int c, double sign) {
        for (int k = -1; k <= 1; k++)
            for (int l = -1; l <= 1; l++)
                if (sign * value(i + k, j + l, c) > sign * value(i, j, c))
                    return false;
        return true;
    };
    for (int i = 0; i <= rows; i++)
        for (int j = 0; j <= columns; j++)
            for (int c = 1; c <= 3; c++)
                if (stands_out(i, j, c, 1) || stands_out(i, j, c, -1)) {
                    point at{ uv[0] + i * du, uv[2] + j * dv };
                    into.push_back(at);
                    into.push_back(flatten(surface, c, at, du, dv));
                }
}

void add_points(extent &into, const BRepAdaptor_Surface &surface, const std::vector<point> &points,
                trimming &inside)
{
    for (auto [u, v] : points) {
        gp_XYZ at = surface.Value(u, v).XYZ();
        if (!into.holds(at) && inside.holds(u, v))
            into.add(at);
    }
}

opencascade::handle<Geom_BSplineSurface> spline_of(const BRepAdaptor_Surface &surface)
{
    if (surface.GetType() == GeomAbs_BezierSurface)
        return GeomConvert::SurfaceToBSplineSurface(surface.Bezier());
    opencascade::handle<Geom_BSplineSurface> spline = surface.BSpline();
    if (!spline->IsUPeriodic() && !spline->IsVPeriodic())
        return spline;
    spline = opencascade::handle<Geom_BSplineSurface>::DownCast(spline->Copy());
    spline->SetUNotPeriodic();
    spline->SetVNotPeriodic();
    return spline;
}

} // namespace

std::vector<double> turns(const std::function<double(double)> &slope,
                          const std::vector<double> &breaks)
{
    std::vector<double> out = breaks;
    for (std::size_t i = 0; i + 1 < breaks.size(); i++)
        add_turns(slope, breaks[i], breaks[i + 1], out);
    return out;
}

void add_curve(extent &into, const BRepAdaptor_Curve &curve)
{
    NCollection_Array1<double> at(1, curve.NbIntervals(GeomAbs_CN) + 1);
    curve.Intervals(at, GeomAbs_CN);
    for (int coordinate = 1; coordinate <= 3; coordinate++) {
        auto slope = [&curve, coordinate](double t) {
            gp_Pnt point;
            gp_Vec tangent;
            curve.D1(t, point, tangent);
            return coordinate_of(tangent, coordinate);
        };
        for (double t : turns(slope, std::vector<double>(at.begin(), at.end())))
            into.add(curve.Value(t).XYZ());
    }
}

void add_inside(extent &into, const TopoDS_Face &face, const deadline &until)
{
    BRepAdaptor_Surface surface(face, false);
    trimming inside(face);
    std::vector<point> points;
    std::array<double, 4> uv{};
    auto measure_uv = [&] { BRepTools::UVBounds(face, uv[0], uv[1], uv[2], uv[3]); };
    switch (surface.GetType()) {
    case GeomAbs_Plane:
    case GeomAbs_Cylinder:
    case GeomAbs_Cone:
    case GeomAbs_SurfaceOfExtrusion:
        return;
    case GeomAbs_Sphere:
        sphere_points(surface.Sphere(), points);
        break;
    case GeomAbs_Torus:
        torus_points(surface.Torus(), points);
        break;
    case GeomAbs_BezierSurface:
    case GeomAbs_BSplineSurface:
        add_spline(into, spline_of(surface), inside, until);
        return;
    case GeomAbs_SurfaceOfRevolution:
        measure_uv();
        revolution_points(surface, uv, points);
        break;
    default:
        measure_uv();
        sampled_points(surface, uv, until, points);
    }
    add_points(into, surface, points, inside);
}

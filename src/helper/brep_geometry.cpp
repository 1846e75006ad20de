/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "brep_geometry.hpp"

#include <Geom2d_BSplineCurve.hxx>
#include <Geom2d_BezierCurve.hxx>
#include <Geom2d_Circle.hxx>
#include <Geom2d_Ellipse.hxx>
#include <Geom2d_Hyperbola.hxx>
#include <Geom2d_Line.hxx>
#include <Geom2d_OffsetCurve.hxx>
#include <Geom2d_Parabola.hxx>
#include <Geom2d_TrimmedCurve.hxx>
#include <Geom_BSplineCurve.hxx>
#include <Geom_BSplineSurface.hxx>
#include <Geom_BezierCurve.hxx>
#include <Geom_BezierSurface.hxx>
#include <Geom_Circle.hxx>
#include <Geom_ConicalSurface.hxx>
#include <Geom_CylindricalSurface.hxx>
#include <Geom_Ellipse.hxx>
#include <Geom_Hyperbola.hxx>
#include <Geom_Line.hxx>
#include <Geom_OffsetCurve.hxx>
#include <Geom_OffsetSurface.hxx>
#include <Geom_Parabola.hxx>
#include <Geom_Plane.hxx>
#include <Geom_RectangularTrimmedSurface.hxx>
#include <Geom_SphericalSurface.hxx>
#include <Geom_SurfaceOfLinearExtrusion.hxx>
#include <Geom_SurfaceOfRevolution.hxx>
#include <Geom_ToroidalSurface.hxx>
#include <Geom_TrimmedCurve.hxx>
#include <NCollection_Array1.hxx>
#include <NCollection_Array2.hxx>
#include <gp_Ax1.hxx>
#include <gp_Ax2.hxx>
#include <gp_Ax22d.hxx>
#include <gp_Ax3.hxx>

using opencascade::handle;

namespace
{

/* The kind of a curve or surface, its first byte. */
enum curve_kind {
    LINE = 1,
    CIRCLE,
    ELLIPSE,
    PARABOLA,
    HYPERBOLA,
    BEZIER,
    BSPLINE,
    TRIMMED,
    OFFSET
};
enum surface_kind {
    PLANE = 1,
    CYLINDER,
    CONE,
    SPHERE,
    TORUS,
    EXTRUSION,
    REVOLUTION,
    BEZIER_SURFACE,
    BSPLINE_SURFACE,
    RECTANGULAR,
    OFFSET_SURFACE,
};

/* A trimmed or offset curve or surface holds another one, up to this depth. */
constexpr int nesting = 32;

void check_depth(int depth)
{
    if (depth > nesting)
        throw damaged("its geometry is damaged: curves are nested too deep");
}

void read(bytes &in, gp_Pnt &point)
{
    double x = in.real(), y = in.real(), z = in.real();
    point.SetCoord(x, y, z);
}

void read(bytes &in, gp_Pnt2d &point)
{
    double x = in.real(), y = in.real();
    point.SetCoord(x, y);
}

gp_Pnt read_point(bytes &in)
{
    gp_Pnt point;
    read(in, point);
    return point;
}

gp_Pnt2d read_point2d(bytes &in)
{
    gp_Pnt2d point;
    read(in, point);
    return point;
}

gp_Dir read_direction(bytes &in)
{
    double x = in.real(), y = in.real(), z = in.real();
    return gp_Dir(x, y, z);
}

gp_Dir2d read_direction2d(bytes &in)
{
    double x = in.real(), y = in.real();
    return gp_Dir2d(x, y);
}

gp_Ax1 read_axis(bytes &in)
{
    gp_Pnt origin = read_point(in);
    return gp_Ax1(origin, read_direction(in));
}

/* All three axes are stored; the third follows from the others. */
gp_Ax2 read_frame(bytes &in)
{
    gp_Pnt origin = read_point(in);
    gp_Dir z = read_direction(in), x = read_direction(in);
    read_direction(in);
    return gp_Ax2(origin, z, x);
}

gp_Ax22d read_frame2d(bytes &in)
{
    gp_Pnt2d origin = read_point2d(in);
    gp_Dir2d x = read_direction2d(in), y = read_direction2d(in);
    return gp_Ax22d(origin, x, y);
}

/* The frame of a surface may be left-handed. */
gp_Ax3 read_surface_frame(bytes &in)
{
    gp_Pnt origin = read_point(in);
    gp_Dir z = read_direction(in), x = read_direction(in), y = read_direction(in);
    gp_Ax3 frame(origin, z, x);
    if (y.DotCross(z, x) < 0)
        frame.YReverse();
    return frame;
}

/* Poles, each with its weight if the curve is rational. */
template <class Point> struct poles1 {
    NCollection_Array1<Point> points;
    NCollection_Array1<double> weights;

    poles1(bytes &in, int count, bool rational) : points(1, count), weights(1, rational ? count : 1)
    {
        for (int i = 1; i <= count; i++) {
            read(in, points.ChangeValue(i));
            if (rational)
                weights.ChangeValue(i) = in.real();
        }
    }
};

struct poles2 {
    NCollection_Array2<gp_Pnt> points;
    NCollection_Array2<double> weights;

    poles2(bytes &in, int rows, int columns, bool rational)
        : points(1, rows, 1, columns), weights(1, rational ? rows : 1, 1, rational ? columns : 1)
    {
        for (int i = 1; i <= rows; i++) {
            for (int j = 1; j <= columns; j++) {
                read(in, points.ChangeValue(i, j));
                if (rational)
                    weights.ChangeValue(i, j) = in.real();
            }
        }
    }
};

struct knots {
    NCollection_Array1<double> values;
    NCollection_Array1<int> multiplicities;

    knots(bytes &in, int count) : values(1, count), multiplicities(1, count)
    {
        for (int i = 1; i <= count; i++) {
            values.ChangeValue(i) = in.real();
            multiplicities.ChangeValue(i) = in.integer();
        }
    }
};

/* Poles are 16 bytes or more, knots 12. */
int read_pole_count(bytes &in)
{
    return in.count(in.integer(), 16);
}

int read_knot_count(bytes &in)
{
    return in.count(in.integer(), 12);
}

template <class Curve, class Point> handle<Curve> read_bezier(bytes &in)
{
    bool rational = in.truth();
    int degree = in.word();
    poles1<Point> poles(in, in.count(degree + 1, 16), rational);
    return rational ? new Curve(poles.points, poles.weights) : new Curve(poles.points);
}

template <class Curve, class Point> handle<Curve> read_bspline(bytes &in)
{
    bool rational = in.truth(), periodic = in.truth();
    int degree = in.word(), pole_count = read_pole_count(in), knot_count = read_knot_count(in);
    poles1<Point> poles(in, pole_count, rational);
    knots at(in, knot_count);
    if (!rational)
        return new Curve(poles.points, at.values, at.multiplicities, degree, periodic);
    return new Curve(poles.points, poles.weights, at.values, at.multiplicities, degree, periodic);
}

handle<Geom2d_Curve> read_conic2d(bytes &in, int kind)
{
    gp_Ax22d frame = read_frame2d(in);
    double major = in.real();
    if (kind == CIRCLE)
        return new Geom2d_Circle(frame, major);
    if (kind == PARABOLA)
        return new Geom2d_Parabola(frame, major);
    double minor = in.real();
    if (kind == ELLIPSE)
        return new Geom2d_Ellipse(frame, major, minor);
    return new Geom2d_Hyperbola(frame, major, minor);
}

handle<Geom2d_Curve> read_nested_curve2d(bytes &in, int depth)
{
    check_depth(depth);
    int kind = in.byte();
    switch (kind) {
    case LINE: {
        gp_Pnt2d origin = read_point2d(in);
        return new Geom2d_Line(origin, read_direction2d(in));
    }
    case CIRCLE:
    case ELLIPSE:
    case PARABOLA:
    case HYPERBOLA:
        return read_conic2d(in, kind);
    case BEZIER:
        return read_bezier<Geom2d_BezierCurve, gp_Pnt2d>(in);
    case BSPLINE:
        return read_bspline<Geom2d_BSplineCurve, gp_Pnt2d>(in);
    case TRIMMED: {
        double first = in.real(), last = in.real();
        return new Geom2d_TrimmedCurve(read_nested_curve2d(in, depth + 1), first, last);
    }
    case OFFSET: {
        double offset = in.real();
        return new Geom2d_OffsetCurve(read_nested_curve2d(in, depth + 1), offset);
    }
    default:
        throw damaged("its geometry is damaged: an unknown kind of curve");
    }
}

handle<Geom_Curve> read_conic(bytes &in, int kind)
{
    gp_Ax2 frame = read_frame(in);
    double major = in.real();
    if (kind == CIRCLE)
        return new Geom_Circle(frame, major);
    if (kind == PARABOLA)
        return new Geom_Parabola(frame, major);
    double minor = in.real();
    if (kind == ELLIPSE)
        return new Geom_Ellipse(frame, major, minor);
    return new Geom_Hyperbola(frame, major, minor);
}

handle<Geom_Curve> read_nested_curve(bytes &in, int depth)
{
    check_depth(depth);
    int kind = in.byte();
    switch (kind) {
    case LINE:
        return new Geom_Line(read_axis(in));
    case CIRCLE:
    case ELLIPSE:
    case PARABOLA:
    case HYPERBOLA:
        return read_conic(in, kind);
    case BEZIER:
        return read_bezier<Geom_BezierCurve, gp_Pnt>(in);
    case BSPLINE:
        return read_bspline<Geom_BSplineCurve, gp_Pnt>(in);
    case TRIMMED: {
        double first = in.real(), last = in.real();
        return new Geom_TrimmedCurve(read_nested_curve(in, depth + 1), first, last);
    }
    case OFFSET: {
        double offset = in.real();
        gp_Dir direction = read_direction(in);
        return new Geom_OffsetCurve(read_nested_curve(in, depth + 1), offset, direction);
    }
    default:
        throw damaged("its geometry is damaged: an unknown kind of curve");
    }
}

handle<Geom_Surface> read_elementary(bytes &in, int kind)
{
    gp_Ax3 frame = read_surface_frame(in);
    if (kind == PLANE)
        return new Geom_Plane(frame);
    double radius = in.real();
    if (kind == CYLINDER)
        return new Geom_CylindricalSurface(frame, radius);
    if (kind == SPHERE)
        return new Geom_SphericalSurface(frame, radius);
    double second = in.real();
    if (kind == CONE)
        return new Geom_ConicalSurface(frame, second, radius);
    return new Geom_ToroidalSurface(frame, radius, second);
}

handle<Geom_Surface> read_bezier_surface(bytes &in)
{
    bool u_rational = in.truth(), v_rational = in.truth();
    bool rational = u_rational || v_rational;
    int rows = in.word() + 1, columns = in.word() + 1;
    poles2 poles(in, in.count(rows, 24 * static_cast<std::size_t>(columns)), columns, rational);
    if (!rational)
        return new Geom_BezierSurface(poles.points);
    return new Geom_BezierSurface(poles.points, poles.weights);
}

handle<Geom_Surface> read_bspline_surface(bytes &in)
{
    bool u_rational = in.truth(), v_rational = in.truth();
    bool u_periodic = in.truth(), v_periodic = in.truth();
    bool rational = u_rational || v_rational;
    int u_degree = in.word(), v_degree = in.word();
    int rows = read_pole_count(in), columns = read_pole_count(in);
    int u_count = read_knot_count(in), v_count = read_knot_count(in);
    if (columns > 0)
        in.count(rows, 24 * static_cast<std::size_t>(columns));
    poles2 poles(in, rows, columns, rational);
    knots u(in, u_count), v(in, v_count);
    if (!rational)
        return new Geom_BSplineSurface(poles.points, u.values, v.values, u.multiplicities,
                                       v.multiplicities, u_degree, v_degree, u_periodic,
                                       v_periodic);
    return new Geom_BSplineSurface(poles.points, poles.weights, u.values, v.values,
                                   u.multiplicities, v.multiplicities, u_degree, v_degree,
                                   u_periodic, v_periodic);
}

handle<Geom_Surface> read_nested_surface(bytes &in, int depth)
{
    check_depth(depth);
    int kind = in.byte();
    switch (kind) {
    case PLANE:
    case CYLINDER:
    case CONE:
    case SPHERE:
    case TORUS:
        return read_elementary(in, kind);
    case EXTRUSION: {
        gp_Dir direction = read_direction(in);
        return new Geom_SurfaceOfLinearExtrusion(read_curve(in), direction);
    }
    case REVOLUTION: {
        gp_Ax1 axis = read_axis(in);
        return new Geom_SurfaceOfRevolution(read_curve(in), axis);
    }
    case BEZIER_SURFACE:
        return read_bezier_surface(in);
    case BSPLINE_SURFACE:
        return read_bspline_surface(in);
    case RECTANGULAR: {
        double u0 = in.real(), u1 = in.real(), v0 = in.real(), v1 = in.real();
        return new Geom_RectangularTrimmedSurface(read_nested_surface(in, depth + 1), u0, u1, v0,
                                                  v1);
    }
    case OFFSET_SURFACE: {
        double offset = in.real();
        return new Geom_OffsetSurface(read_nested_surface(in, depth + 1), offset);
    }
    default:
        throw damaged("its geometry is damaged: an unknown kind of surface");
    }
}

} // namespace

handle<Geom2d_Curve> read_curve2d(bytes &in)
{
    return read_nested_curve2d(in, 0);
}

handle<Geom_Curve> read_curve(bytes &in)
{
    return read_nested_curve(in, 0);
}

handle<Geom_Surface> read_surface(bytes &in)
{
    return read_nested_surface(in, 0);
}

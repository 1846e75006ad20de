/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_EXTENT_HPP
#define CADCAST_HELPER_EXTENT_HPP

#include "deadline.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRepTopAdaptor_FClass2d.hxx>
#include <Geom_BSplineCurve.hxx>
#include <Geom_BSplineSurface.hxx>
#include <TopoDS_Face.hxx>
#include <gp_Pnt.hxx>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

/* The coordinate X (1), Y (2) or Z (3) of a point or vector. Not by its own Coord(index): that goes
 * from one member to the next with a pointer, which is undefined, and clang drops the access. */
template <typename Vector> double coordinate_of(const Vector &of, int index)
{
    return index == 1 ? of.X() : index == 2 ? of.Y() : of.Z();
}

/* A box that grows. */
struct extent {
    static constexpr double none = std::numeric_limits<double>::infinity();
    std::array<double, 3> low{ none, none, none };
    std::array<double, 3> high{ -none, -none, -none };

    bool empty() const
    {
        return low[0] > high[0];
    }

    void add(const gp_XYZ &point)
    {
        for (std::size_t i = 0; i < 3; i++) {
            low[i] = std::min(low[i], coordinate_of(point, int(i) + 1));
            high[i] = std::max(high[i], coordinate_of(point, int(i) + 1));
        }
    }

    /* Differences below this are ignored: a small part of the longest side. */
    double tolerance() const
    {
        constexpr double share = 1e-9;
        double side = 0;
        for (std::size_t i = 0; i < 3; i++)
            side = std::max(side, high[i] - low[i]);
        return share * std::max(side, 0.0);
    }

    bool holds(const gp_XYZ &point) const
    {
        for (std::size_t i = 0; i < 3; i++)
            if (coordinate_of(point, int(i) + 1) < low[i] ||
                coordinate_of(point, int(i) + 1) > high[i])
                return false;
        return true;
    }
};

/* Which points of a surface belong to a face; computed at the first call. */
class trimming
{
  public:
    explicit trimming(const TopoDS_Face &of) : face(of)
    {
    }

    bool holds(double u, double v);

  private:
    TopoDS_Face face;
    std::unique_ptr<BRepTopAdaptor_FClass2d> classifier;
};

/* Each makes a box contain something, tight to 1e-8 of its size. The first two are exact bounds: by
 * halving the curve or patch, and by its poles. */
void add_spline(extent &into, const opencascade::handle<Geom_BSplineCurve> &curve,
                const deadline &until);
void add_spline(extent &into, const opencascade::handle<Geom_BSplineSurface> &surface,
                trimming &inside, const deadline &until);

/* Any other curve, by the zeros of its derivative. */
void add_curve(extent &into, const BRepAdaptor_Curve &curve);

/* The part of a face that reaches beyond its edges, which are in the box already. */
void add_inside(extent &into, const TopoDS_Face &face, const deadline &until);

/* Parameters between the first and the last of `breaks` at which a coordinate may be extreme: the
 * breaks, and the sign changes of its `slope` between two of them. */
std::vector<double> turns(const std::function<double(double)> &slope,
                          const std::vector<double> &breaks);

#endif

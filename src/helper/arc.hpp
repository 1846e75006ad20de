/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_ARC_HPP
#define CADCAST_HELPER_ARC_HPP

#include "mass.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <TopoDS_Shape.hxx>

#include <vector>

/* An edge's curve by arc length, to 1e-9 of it. */
class arc
{
  public:
    /* Throws an exception of the kernel if the edge has no curve. */
    explicit arc(const TopoDS_Shape &edge);

    double length() const
    {
        return before.back();
    }

    /* The curve's parameter at a share (0 to 1) of the length. */
    double parameter(double share) const;

    gp_Pnt point(double share) const
    {
        return curve.Value(parameter(share));
    }

    /* The length, and its moment. */
    mass content(const gp_Pnt &about) const;

    BRepAdaptor_Curve curve;

  private:
    double speed(double at) const;
    double between(double from, double to) const;

    std::vector<double> breaks; /* parameters; the curve is smooth between two of them */
    std::vector<double> before; /* length up to each of these */
};

#endif

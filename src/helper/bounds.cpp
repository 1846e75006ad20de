/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "measure.hpp"

#include <BRepBndLib.hxx>
#include <Bnd_Box.hxx>

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
        low = bounds.CornerMin().XYZ();
        high = bounds.CornerMax().XYZ();
    }
    gp_XYZ size = high - low;
    return {coordinates(low), coordinates(low + size / 2), coordinates(high), coordinates(size)};
}

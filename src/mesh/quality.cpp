/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "quality.hpp"

#include <BRepBndLib.hxx>
#include <Bnd_Box.hxx>

#include <cstdio>
#include <cstdlib>

/* To 3 significant digits, as Python's round() rounds: the exact value decides, ties go to the even
 * digit. */
static double rounded(double value)
{
    char text[40];
    std::snprintf(text, sizeof(text), "%.2e", value);
    return std::strtod(text, nullptr);
}

std::optional<std::array<double, 6>> mesh::quick_box(const TopoDS_Shape &shape)
{
    Bnd_Box box;
    BRepBndLib::Add(shape, box);
    if (box.IsVoid())
        return std::nullopt;
    gp_Pnt least = box.CornerMin(), greatest = box.CornerMax();
    return { { least.X(), greatest.X(), least.Y(), greatest.Y(), least.Z(), greatest.Z() } };
}

double mesh::quality_of(const std::array<double, 6> &box, double deviation)
{
    double sizes = 0;
    for (std::size_t i = 0; i < box.size(); i += 2)
        sizes += rounded(box[i + 1] - box[i]);
    return rounded(sizes / 300 * deviation);
}

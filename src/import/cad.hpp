/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_CAD_HPP
#define CADCAST_IMPORT_CAD_HPP

#include <Quantity_ColorRGBA.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS_Shape.hxx>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

class healer;

/* Exact geometry: what a STEP, IGES or BREP file holds. Lengths are in millimetres. */
namespace cad
{

/* A product at its place, or a group of them. */
struct node {
    std::string name; /* UTF-8; empty: it has none */
    std::optional<Quantity_ColorRGBA> color;
    gp_Trsf where;      /* may mirror and scale */
    TopoDS_Shape shape; /* of a node without children; may be null */
    std::vector<node> children;
};

struct request {
    bool heal = true;
    healer *help = nullptr; /* repairs beside this process; NULL: none */
    bool last = false; /* nothing is read after it: its tables may stay until the process ends */
    std::function<void(const char *)> begin_phase;
    std::function<void(double)> progress; /* of the phase, from 0 to 1 */
    std::function<void(const std::string &)> notice;
};

/* Read a whole file. Throw `failure`, an exception of the kernel, or std::bad_alloc. */
node read_step(std::string_view bytes, const request &how);
node read_iges(std::string_view bytes, const request &how);
node read_brep(std::string_view bytes, const request &how);

} // namespace cad

#endif

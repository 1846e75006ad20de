/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_HEALING_HPP
#define CADCAST_IMPORT_HEALING_HPP

#include <TopoDS_Shape.hxx>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/*
 * What the kernel does to repair a shape of a STEP file, apart from that file: bytes become bytes,
 * so that another process can do it. The same bytes become the same bytes in every process.
 */
namespace healing
{

/* A shape that was repaired. */
struct result {
    TopoDS_Shape shape;
    /* For each face of the original, in the order of TopExp::MapShapes, the number, from 1, of the
     * face of `shape` that came of it. 0: none, or several. */
    std::vector<std::uint32_t> faces;
};

/* A shape, and how exact its file is: what `heal` takes. */
std::string write_order(const TopoDS_Shape &shape, double precision, double tolerance);

/* Repairs. Empty if nothing came of it. Throws `failure`, an exception of the kernel, or
 * std::bad_alloc. */
std::string heal(std::string_view order);

/* Reads what `heal` made. Throws as it does. */
result read_answer(std::string_view answer);

} // namespace healing

#endif

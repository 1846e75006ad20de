/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_BREP_HPP
#define CADCAST_HELPER_BREP_HPP

#include <TopoDS_Shape.hxx>

#include <string_view>

/*
 * Reads a shape in the kernel's binary format, "Open CASCADE Topology V4", as BinTools::Read does
 * and several times as fast: the kernel's reader goes through a stream number by number. Unlike it,
 * this one checks every index and length. Throws `damaged`, or an exception of the kernel.
 *
 * The result is a null shape for shapes with triangles, other versions of the format, and features
 * that no known program writes: the caller then uses the kernel's reader.
 */
TopoDS_Shape read_brep(std::string_view bytes);

#endif

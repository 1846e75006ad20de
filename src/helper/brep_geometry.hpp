/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_BREP_GEOMETRY_HPP
#define CADCAST_HELPER_BREP_GEOMETRY_HPP

#include "bytes.hpp"

#include <Geom2d_Curve.hxx>
#include <Geom_Curve.hxx>
#include <Geom_Surface.hxx>

/* One curve or surface as brep.hpp's format writes it. They throw `damaged`, or what the kernel
 * says to values that make no curve. */
opencascade::handle<Geom2d_Curve> read_curve2d(bytes &in);
opencascade::handle<Geom_Curve> read_curve(bytes &in);
opencascade::handle<Geom_Surface> read_surface(bytes &in);

#endif

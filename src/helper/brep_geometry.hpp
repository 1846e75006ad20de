/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_BREP_GEOMETRY_HPP
#define CADCAST_HELPER_BREP_GEOMETRY_HPP

#include "bytes.hpp"

#include <Geom2d_Curve.hxx>
#include <Geom_Curve.hxx>
#include <Geom_Surface.hxx>

/* Each reads one curve or surface in brep.hpp's format. They throw `damaged`, or the kernel's
 * exception for values that define no curve. */
opencascade::handle<Geom2d_Curve> read_curve2d(bytes &in);
opencascade::handle<Geom_Curve> read_curve(bytes &in);
opencascade::handle<Geom_Surface> read_surface(bytes &in);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_MESHER_HPP
#define CADCAST_HELPER_MESHER_HPP

#include "mesh/instance.hpp"
#include "shapes.hpp"

/* Answers a FRAME_MESH: its payload is freed as soon as it is read. Throws `reason`, `damaged`,
 * std::runtime_error, std::bad_alloc or an exception of the kernel. */
mesh::instance mesh_shape(payload question);

#endif

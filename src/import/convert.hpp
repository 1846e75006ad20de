/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_CONVERT_HPP
#define CADCAST_IMPORT_CONVERT_HPP

#include "cad.hpp"
#include "shapes.hpp"
#include "show.hpp"

/*
 * The tree of a show, as the Python client (ocp_tessellate) makes it of what build123d reads from
 * the same file: names, kinds, default colours, placements. Shapes are added to the list.
 */
show::part convert(const cad::node &root, shape_list &shapes);

#endif

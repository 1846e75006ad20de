/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_ORDERED_HPP
#define CADCAST_IMPORT_ORDERED_HPP

#include "cad.hpp"
#include "order.hpp"

#include <cstddef>
#include <string>

namespace cad
{

/* What is to be written, with its shapes. Those that are alike are one shape. */
struct ordered {
    node root;
    std::string name, time, program;
    std::size_t left_out = 0; /* parts without a shape that can be read */
};

/* Reads the shapes of a sheet. Throws `failure` if there is none. */
ordered read_shapes(const order::sheet &from, const request &how);

/* The file, in memory. Throw `failure`, an exception of the kernel, or std::bad_alloc. */
std::string write_step(const ordered &what, const request &how);
std::string write_brep(const ordered &what, const request &how);

} // namespace cad

#endif

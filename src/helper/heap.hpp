/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef HELPER_HEAP_HPP
#define HELPER_HEAP_HPP

#include <cstddef>

/* Lets the heap keep up to 64 MiB that are free, and grow in steps of 4 MiB: meshing one small
 * shape after the other would have the system take and give the same pages for each. */
void heap_set_up();

/* Returns free memory to the system: all of it. */
void heap_release();

/* The same, if it is more than the heap may keep, which is looked at once in a while: `used` are
 * the bytes of the work that has ended. */
void heap_release_excess(std::size_t used);

#endif

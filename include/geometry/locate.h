/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_LOCATE_H
#define CADCAST_GEOMETRY_LOCATE_H

#include <stddef.h>

/* Finds the program cadcast-geometry: what the environment variable CADCAST_GEOMETRY names, else
 * beside the running program, in ../libexec/cadcast, or in the helper's folder of a build. Writes
 * its path to `path`, of `size` bytes. 0, or -ENOENT where there is none: then nothing can be
 * measured exactly here. */
int locate_helper(char *path, size_t size);

#endif

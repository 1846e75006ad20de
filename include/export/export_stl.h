/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_STL_H
#define CADCAST_EXPORT_EXPORT_STL_H

#include "export/export_out.h"
#include "export/export_tree.h"

/* STL, binary: one solid, with all parts in their places. 0 or an error of export_write. */
int export_stl(struct export_tree *tree, struct export_out *out);

#endif

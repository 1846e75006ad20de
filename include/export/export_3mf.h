/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_3MF_H
#define CADCAST_EXPORT_EXPORT_3MF_H

#include "export/export_out.h"
#include "export/export_tree.h"

/* 3MF, the core specification 1.3: a component for each group, an object for each shape, in
 * millimetres; colours are base materials. 0 or an error of export_write. */
int export_3mf(struct export_tree *tree, struct export_out *out);

#endif

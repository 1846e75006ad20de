/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_GLB_H
#define CADCAST_EXPORT_EXPORT_GLB_H

#include "export/export_out.h"
#include "export/export_tree.h"

/* GLB, binary glTF 2.0: the tree with names, places and colours; each mesh once, whatever colours
 * it has. In metres, and Y points up: the root turns. 0 or an error of export_write. */
int export_glb(struct export_tree *tree, struct export_out *out);

#endif

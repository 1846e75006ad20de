/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_WELD_H
#define CADCAST_EXPORT_EXPORT_WELD_H

#include <stdint.h>

#include "render/scene_array.h"

/* A mesh has the vertices of an edge once for each face, with other normals. Where only places
 * count they are one. */
struct export_weld {
    uint32_t *of;    /* of each vertex of the mesh, its number among the different ones */
    uint32_t *first; /* of each of those, a vertex of the mesh */
    uint32_t count;
};

/* 0 or -ENOMEM. export_weld_free is to be called in any case. */
int export_weld(struct export_weld *weld, const struct scene_mesh *mesh);
void export_weld_free(struct export_weld *weld);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_SCENE_ARRAY_H
#define CADCAST_RENDER_SCENE_ARRAY_H

#include "render/scene.h"

struct scene_array_box {
    double low[3];
    double high[3];
};

/* The arrays of one shape, in the file. Those that are missing are empty. */
struct scene_mesh {
    bool read;
    const float *points;
    const float *normals; /* as many as points */
    uint32_t count;       /* of points */
    const uint32_t *corners;
    uint32_t triangles;
    struct scene_array_box box;
    const float *edges; /* two points a line */
    uint32_t edge_points;
    struct scene_array_box edge_box;
    const float *vertices;
    uint32_t vertex_count;
    struct scene_array_box vertex_box;
};

/* The shape of a part: {"ref": N}, or its arrays. Checked as scene.h promises. The result lives as
 * long as the scene. Errors as scene_build. */
int scene_array_mesh(struct scene *scene, const json_t *shape, const struct scene_mesh **mesh);

#endif

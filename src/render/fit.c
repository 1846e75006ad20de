/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/fit.h"

#include <math.h>
#include <stdint.h>

/* How much wider than the model the picture is. */
#define ROOM 1.05

/* Points between two looks at the limit. */
#define CHECK_EVERY 65536

/* How far visible points reach along some directions in the camera's axes, from its eye. */
#define DIRECTIONS 6

struct reach {
    double along[DIRECTIONS][3];
    double most[DIRECTIONS];
};

static void add_point(struct reach *reach, const double at[3])
{
    for (int i = 0; i < DIRECTIONS; i++)
        reach->most[i] = fmax(reach->most[i], matrix_dot(reach->along[i], at));
}

/* The place of an item in the camera's axes. */
static struct matrix seen_from(const struct camera *camera, const struct matrix *place)
{
    const double *axes[3] = { camera->right, camera->up, camera->back };
    struct matrix turn;
    for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 3; i++)
            turn.m[row][i] = axes[row][i];
        turn.m[row][3] = -matrix_dot(axes[row], camera->eye);
    }
    return matrix_multiply(&turn, place);
}

static int add_item(struct reach *reach, const struct camera *camera, const struct scene_item *item,
                    const struct limit *limit)
{
    struct matrix place = seen_from(camera, &item->place);
    int error = 0;
    for (uint32_t i = 0; i < item->count && error == 0; i++) {
        const float *point = item->points + 3 * (size_t)i;
        const double from[3] = { point[0], point[1], point[2] };
        double at[3];
        matrix_apply(&place, from, at);
        add_point(reach, at);
        error = i % CHECK_EVERY == 0 ? limit_check(limit) : 0;
    }
    return error;
}

static void move(struct camera *camera, double right, double up, double back)
{
    for (int i = 0; i < 3; i++)
        camera->eye[i] += right * camera->right[i] + up * camera->up[i] + back * camera->back[i];
}

/* Without perspective: the directions are left, right, down, up and two that do not matter. */
static void fit_flat(struct camera *camera, const double most[DIRECTIONS])
{
    double aspect = camera->half_width / camera->half_height;
    double wide = (most[0] + most[1]) / 2 * ROOM;
    double high = (most[2] + most[3]) / 2 * ROOM;
    double half = fmax(wide, high * aspect);
    move(camera, (most[1] - most[0]) / 2, (most[3] - most[2]) / 2, 0);
    if (half > 0) {
        camera->half_width = half;
        camera->half_height = half / aspect;
    }
}

/* With perspective: the same, but slanted as the sides of what is seen are. The eye is where these
 * meet; `most[4]`: how near to the old eye the nearest point is. */
static void fit_deep(struct camera *camera, const double most[DIRECTIONS])
{
    double wide = camera->half_width / ROOM;
    double high = camera->half_height / ROOM;
    double back = fmax((most[0] + most[1]) / (2 * wide), (most[2] + most[3]) / (2 * high));
    move(camera, (most[1] - most[0]) / 2, (most[3] - most[2]) / 2, back);
    camera->near = fmin(camera->near, fmax((back - most[4]) / 2, camera->near / 1000));
}

int fit_camera(struct camera *camera, const struct scene *scene, size_t count,
               const struct limit *limit)
{
    double wide = camera->ortho ? 0 : camera->half_width / ROOM;
    double high = camera->ortho ? 0 : camera->half_height / ROOM;
    struct reach reach = {
        .along = { { -1, 0, wide }, { 1, 0, wide }, { 0, -1, high }, { 0, 1, high }, { 0, 0, 1 } },
        .most = { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY },
    };
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        if (scene->items[i].visible)
            error = add_item(&reach, camera, &scene->items[i], limit);
    }
    if (error < 0 || !isfinite(reach.most[0]))
        return error;
    if (camera->ortho)
        fit_flat(camera, reach.most);
    else
        fit_deep(camera, reach.most);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/axes.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "render/color.h"

/* Most lines of one direction, whatever zoom and ticks ask for. */
#define LINES_MAX 2000

bool axes_measure(const struct scene *scene, double zoom, struct axes_grid *grid)
{
    double most = 0;
    *grid = (struct axes_grid){ 0 };
    for (int i = 0; i < 3; i++)
        most = fmax(most, fmax(fabs(scene->low[i]), fabs(scene->high[i])));
    most *= 1.05;
    if (most == 0)
        return false;
    double rough = most / scene->look.ticks;
    double magnitude = pow(10, floor(log10(rough)));
    double normal = rough / magnitude;
    double nice = normal <= 1 ? 1 : normal <= 2 ? 2 : normal <= 2.5 ? 2.5 : normal <= 5 ? 5 : 10;
    double half = ceil(most / (nice * magnitude)) * nice * magnitude;
    double ticks = 2 * half / (nice * magnitude);
    double finer = floor(log2(0.4 * zoom) + 0.5);
    if (finer < 5 && finer > -4)
        ticks = floor(ticks * pow(2, finer) + 0.5);
    ticks = fmin(fmax(ticks, 1), LINES_MAX / 2.0);
    *grid = (struct axes_grid){ .half = half, .step = half / ticks };
    return true;
}

static void middle_of(const struct scene *scene, double middle[3])
{
    for (int i = 0; i < 3; i++)
        middle[i] = scene->look.axes0 ? 0 : (scene->low[i] + scene->high[i]) / 2;
}

void axes_plane(const struct scene *scene, const struct axes_grid *grid, int plane,
                double middle[3], int axes[2])
{
    static const int planes[3][2] = { { 0, 1 }, { 0, 2 }, { 1, 2 } };
    const struct look *look = &scene->look;
    double side = plane == 1 && look->up == LOOK_UP_Z ? 1 : -1;
    middle_of(scene, middle);
    memcpy(axes, planes[plane], sizeof(planes[plane]));
    if (!look->center_grid)
        middle[2 - plane] += side * grid->half;
}

/* Lines between pairs of points, of one colour. */
static int add_lines(struct scene *scene, const float *points, uint32_t count,
                     const uint8_t color[3], const struct matrix *place, float dash)
{
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return scene->fault != NULL ? -EFBIG : -ENOMEM;
    item->kind = SCENE_LINES;
    item->cuts = 0;
    item->points = points;
    item->count = count;
    item->place = *place;
    item->solid = true;
    item->dash = dash;
    color_linear(color, item->color);
    return 0;
}

/* The direction of each axis, and its two colours: of the grid, and of the axes by theme. */
static const uint8_t grid_colors[3][3] = { { 0xff, 0x45, 0 },
                                           { 0x32, 0xcd, 0x32 },
                                           { 0x3b, 0x9e, 0xff } };
/* These are linear already. */
static const float axis_colors[2][3][3] = {
    { { 1, 0, 0 }, { 0, 0.5F, 0 }, { 0, 0, 1 } },
    { { 1, 69 / 255.0F, 0 },
      { 50 / 255.0F, 205 / 255.0F, 50 / 255.0F },
      { 59 / 255.0F, 158 / 255.0F, 1 } },
};

static struct matrix move(const double to[3])
{
    return (struct matrix){ { { 1, 0, 0, to[0] }, { 0, 1, 0, to[1] }, { 0, 0, 1, to[2] } } };
}

/* A grid of lines parallel to the axes `a` and `b`. */
static int add_plane(struct scene *scene, const struct axes_grid *grid, int a, int b,
                     const struct matrix *place)
{
    static const uint8_t greys[2][3] = { { 0xbb, 0xbb, 0xbb }, { 0x77, 0x77, 0x77 } };
    int lines = (int)lrint(2 * grid->half / grid->step);
    float *points = scene_allocate(scene, (size_t)(2 * (lines + 3)) * 6 * sizeof(float));
    if (points == NULL)
        return scene->fault != NULL ? -EFBIG : -ENOMEM;
    memset(points, 0, (size_t)(2 * (lines + 3)) * 6 * sizeof(float));
    float half = (float)grid->half;
    float *at = points;
    for (int i = 0; i <= lines; i++) {
        double k = -grid->half + i * grid->step;
        for (int turn = 0; turn < 2 && fabs(k) > grid->step * 1e-6; turn++, at += 6) {
            at[turn ? b : a] = -half;
            at[3 + (turn ? b : a)] = half;
            at[turn ? a : b] = at[3 + (turn ? a : b)] = (float)k;
        }
    }
    uint32_t count = (uint32_t)((at - points) / 3);
    int error =
        add_lines(scene, points, count, greys[scene->look.dark], place, (float)(grid->step / 20));
    for (int turn = 0; turn < 2 && error == 0; turn++, at += 6) {
        int axis = turn ? b : a;
        at[axis] = -half;
        at[3 + axis] = half;
        error = add_lines(scene, at, 2, grid_colors[axis], place, 0);
    }
    return error;
}

static int add_axes(struct scene *scene, const struct axes_grid *grid, const struct matrix *place)
{
    float *points = scene_allocate(scene, 18 * sizeof(float));
    struct scene_item *item = points == NULL ? NULL : scene_add(scene);
    if (item == NULL)
        return scene->fault != NULL ? -EFBIG : -ENOMEM;
    memset(points, 0, 18 * sizeof(float));
    for (int i = 0; i < 3; i++)
        points[6 * i + 3 + i] = (float)grid->half;
    item->kind = SCENE_LINES;
    item->cuts = 0;
    item->points = points;
    item->count = 6;
    item->place = *place;
    item->width = 2;
    item->round = true;
    item->colors = axis_colors[scene->look.dark][0];
    for (int i = 0; i < 3; i++)
        item->middle[i] = grid->half / 2;
    return 0;
}

int axes_add(struct scene *scene, double zoom)
{
    struct axes_grid grid;
    const struct look *look = &scene->look;
    double middle[3];
    int axes[2];
    int error = 0;
    if (!axes_measure(scene, zoom, &grid))
        return 0;
    middle_of(scene, middle);
    struct matrix place = move(middle);
    if (look->axes)
        error = add_axes(scene, &grid, &place);
    for (int i = 0; i < 3 && error == 0; i++) {
        axes_plane(scene, &grid, i, middle, axes);
        place = move(middle);
        if (look->grid[i])
            error = add_plane(scene, &grid, axes[0], axes[1], &place);
    }
    return error;
}

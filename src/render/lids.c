/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/lids.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "render/color.h"

/* Corners of a lid: those of a square, and one more for each side of a box that cuts it. */
#define CORNERS (4 + 6)

/* Pixels between two lines of hatching. */
#define HATCH 8

/* Points between two looks at the limit. */
#define CHECK_EVERY 65536

/* A plane, and the axes in it that the page's square has. */
struct plane {
    const double *cut;
    double normal[3];
    double foot[3]; /* its point nearest to the origin */
    double axes[2][3];
    uint8_t color[3];
};

/* A polygon in a plane. */
struct lid {
    double corners[CORNERS][3];
    int count;
};

static int no_item(const struct scene *scene)
{
    return scene->fault != NULL ? -EFBIG : -ENOMEM;
}

/* As three.js's Matrix4.lookAt turns a square against the normal, with Y up. */
static void set_axes(struct plane *plane)
{
    static const double up[3] = { 0, 1, 0 };
    double back[3];
    for (int i = 0; i < 3; i++)
        back[i] = -plane->normal[i];
    matrix_cross(up, back, plane->axes[0]);
    if (matrix_dot(plane->axes[0], plane->axes[0]) == 0) {
        back[2] += 0.0001;
        matrix_normalize(back);
        matrix_cross(up, back, plane->axes[0]);
    }
    matrix_normalize(plane->axes[0]);
    matrix_cross(back, plane->axes[0], plane->axes[1]);
}

/* The colour of the page's plane along the axis that the normal is nearest to. */
static void set_color(struct plane *plane, bool dark)
{
    static const uint8_t colors[2][3][3] = {
        { { 0xff, 0, 0 }, { 0, 0xff, 0 }, { 0, 0, 0xff } },
        { { 0xff, 0x45, 0 }, { 0x32, 0xcd, 0x32 }, { 0x3b, 0x9e, 0xff } },
    };
    int axis = 0;
    for (int i = 1; i < 3; i++) {
        if (fabs(plane->normal[i]) > fabs(plane->normal[axis]))
            axis = i;
    }
    memcpy(plane->color, colors[dark][axis], sizeof(plane->color));
}

static void plane_init(struct plane *plane, const double cut[4], bool dark)
{
    plane->cut = cut;
    memcpy(plane->normal, cut, sizeof(plane->normal));
    double length = matrix_normalize(plane->normal);
    for (int i = 0; i < 3; i++)
        plane->foot[i] = -plane->normal[i] * cut[3] / length;
    set_axes(plane);
    set_color(plane, dark);
}

/* The box of an item's points at their place. */
static int find_box(const struct scene_item *item, const struct limit *limit, double low[3],
                    double high[3])
{
    for (int k = 0; k < 3; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
    }
    for (uint32_t i = 0; i < item->count; i++) {
        const float *point = item->points + 3 * (size_t)i;
        const double from[3] = { point[0], point[1], point[2] };
        double at[3];
        int error = i % CHECK_EVERY == 0 ? limit_check(limit) : 0;
        if (error < 0)
            return error;
        matrix_apply(&item->place, from, at);
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], at[k]);
            high[k] = fmax(high[k], at[k]);
        }
    }
    return 0;
}

/* Keeps what of a polygon is on one side of a coordinate. */
static void clip(struct lid *lid, int axis, double sign, double limit)
{
    struct lid out = { .count = 0 };
    for (int i = 0; i < lid->count && out.count + 1 < CORNERS; i++) {
        const double *a = lid->corners[i];
        const double *b = lid->corners[(i + 1) % lid->count];
        double at_a = sign * (limit - a[axis]);
        double at_b = sign * (limit - b[axis]);
        if (at_a >= 0)
            memcpy(out.corners[out.count++], a, sizeof(out.corners[0]));
        if ((at_a >= 0) == (at_b >= 0))
            continue;
        for (int k = 0; k < 3; k++)
            out.corners[out.count][k] = a[k] + (b[k] - a[k]) * at_a / (at_a - at_b);
        out.count++;
    }
    *lid = out;
}

/* The part of a plane that is in a box: the solid's, and no more of it can be cut. */
static void lid_init(struct lid *lid, const struct plane *plane, const double low[3],
                     const double high[3])
{
    static const int turns[4][2] = { { -1, -1 }, { 1, -1 }, { 1, 1 }, { -1, 1 } };
    double middle[3], size[3];
    for (int i = 0; i < 3; i++) {
        middle[i] = (low[i] + high[i]) / 2 - plane->foot[i];
        size[i] = high[i] - low[i];
    }
    double half = sqrt(matrix_dot(size, size));
    double away = matrix_dot(middle, plane->normal);
    lid->count = 4;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 3; k++)
            lid->corners[i][k] = plane->foot[k] + middle[k] - away * plane->normal[k] +
                                 turns[i][0] * half * plane->axes[0][k] +
                                 turns[i][1] * half * plane->axes[1][k];
    }
    for (int axis = 0; axis < 3 && lid->count >= 3; axis++) {
        clip(lid, axis, 1, high[axis] + half * 1e-4);
        clip(lid, axis, -1, low[axis] - half * 1e-4);
    }
}

/* Adds the fronts or the backs of a solid, as what is counted for the next lid. */
static int add_counted(struct scene *scene, size_t solid, unsigned plane, enum scene_side side)
{
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return no_item(scene);
    *item = scene->items[solid];
    item->role = SCENE_COUNTED;
    item->cuts = 1U << plane;
    item->lid = scene->lids;
    item->side = side;
    item->normals = NULL;
    item->solid = true;
    item->late = false;
    item->depth = true;
    item->alpha = 1;
    item->push = item->push_units = 0;
    return 0;
}

/* Where each corner is across the lines of hatching, by the number of the solid: so that neighbours
 * differ. */
static void set_hatch(float *hatch, const struct lid *lid, const struct plane *plane,
                      unsigned number)
{
    bool turned = number % 2 == 1;
    double scale = number % 4 >= 2 ? 1.6 : 1;
    for (int i = 0; i < lid->count; i++) {
        double u = matrix_dot(lid->corners[i], plane->axes[0]);
        double v = matrix_dot(lid->corners[i], plane->axes[1]);
        hatch[i] = (float)(((turned ? -v : v) - u) * sqrt(0.5) / scale);
    }
}

static int add_lid(struct scene *scene, const struct plane *plane, unsigned number,
                   const struct lid *lid, unsigned solid)
{
    static const uint32_t fan[3 * (CORNERS - 2)] = { 0, 1, 2, 0, 2, 3, 0, 3, 4, 0, 4, 5,
                                                     0, 5, 6, 0, 6, 7, 0, 7, 8, 0, 8, 9 };
    float *points = scene_allocate(scene, (size_t)CORNERS * 7 * sizeof(float));
    struct scene_item *item = points == NULL ? NULL : scene_add(scene);
    if (item == NULL)
        return no_item(scene);
    float *normals = points + 3 * (size_t)CORNERS;
    float *hatch = normals + 3 * (size_t)CORNERS;
    item->place = (struct matrix){ { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
    for (int k = 0; k < 3; k++)
        item->place.m[k][3] = lid->corners[0][k];
    for (int i = 0; i < 3 * lid->count; i++) {
        points[i] = (float)(lid->corners[i / 3][i % 3] - lid->corners[0][i % 3]);
        normals[i] = (float)plane->normal[i % 3];
    }
    set_hatch(hatch, lid, plane, solid);
    item->role = SCENE_LID;
    item->cuts &= ~(1U << number);
    item->lid = scene->lids;
    item->side = SCENE_BOTH;
    item->points = points;
    item->normals = normals;
    item->hatch = hatch;
    item->count = (uint32_t)lid->count;
    item->corners = fan;
    item->triangles = (uint32_t)lid->count - 2;
    item->solid = true;
    item->push = item->push_units = 1;
    color_linear(plane->color, item->color);
    return 0;
}

/* The lid of one solid, if the plane meets it. */
static int close_solid(struct scene *scene, const struct plane *plane, unsigned number,
                       size_t solid, const struct limit *limit)
{
    double low[3], high[3];
    struct lid lid;
    int error = find_box(&scene->items[solid], limit, low, high);
    if (error < 0)
        return error;
    lid_init(&lid, plane, low, high);
    if (lid.count < 3)
        return 0;
    scene->lids++;
    error = add_counted(scene, solid, number, SCENE_FRONT);
    if (error == 0)
        error = add_counted(scene, solid, number, SCENE_BACK);
    return error == 0 ? add_lid(scene, plane, number, &lid, scene->items[solid].body - 1) : error;
}

int lids_add(struct scene *scene, const struct limit *limit)
{
    size_t count = scene->count;
    int error = 0;
    for (unsigned k = 0; k < scene->cut_count && error == 0; k++) {
        struct plane plane;
        plane_init(&plane, scene->cuts[k], scene->look.dark);
        for (size_t i = 0; i < count && error == 0; i++) {
            if (scene->items[i].body > 0 && scene->items[i].visible)
                error = close_solid(scene, &plane, k, i, limit);
        }
    }
    return error;
}

double lids_hatch(const struct scene *scene, const struct camera *camera, unsigned height)
{
    double away[3];
    for (int i = 0; i < 3; i++)
        away[i] = camera->eye[i] - (scene->low[i] + scene->high[i]) / 2;
    double distance = camera->ortho ? 1 : sqrt(matrix_dot(away, away));
    return HATCH * 2 * distance * camera->half_height / height;
}

/* The mark of a pixel, or of the nearest one of the picture. */
static uint32_t mark_at(const struct tile_picture *picture, long x, long y)
{
    long right = (long)picture->projection->width - 1;
    long bottom = (long)picture->projection->height - 1;
    x = x < 0 ? 0 : x > right ? right : x;
    y = y < 0 ? 0 : y > bottom ? bottom : y;
    return picture->marks[y * (right + 1) + x];
}

static bool on_outline(const struct tile_picture *picture, long x, long y)
{
    uint32_t own = mark_at(picture, x, y);
    return own == TILE_CUT || own > mark_at(picture, x - 1, y) ||
           own > mark_at(picture, x + 1, y) || own > mark_at(picture, x, y - 1) ||
           own > mark_at(picture, x, y + 1);
}

void lids_outline(const struct tile_picture *picture)
{
    static const uint8_t black[3];
    const struct look *look = &picture->projection->scene->look;
    const uint8_t *color = look->black_edges ? black : look->edges;
    uint8_t *pixel = picture->pixels;
    for (unsigned y = 0; y < picture->projection->height; y++) {
        for (unsigned x = 0; x < picture->projection->width; x++, pixel += 4) {
            if (!on_outline(picture, x, y))
                continue;
            memcpy(pixel, color, 3);
            pixel[3] = 255;
        }
    }
}

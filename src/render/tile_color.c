/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The colour of a shape at a pixel. */
#include <math.h>
#include <string.h>

#include "render/tile.h"

static void apply(const double rows[3][4], const float *in, double last, double out[3])
{
    for (int r = 0; r < 3; r++)
        out[r] = rows[r][0] * in[0] + rows[r][1] * in[1] + rows[r][2] * in[2] + rows[r][3] * last;
}

static bool same_normal(const float a[3], const float b[3])
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* Whether a triangle has the same colour everywhere: its normals are the same, and all is seen from
 * one direction. */
static bool is_flat(const struct tile *tile, const struct scene_item *item,
                    const uint32_t corners[3])
{
    const float *normals[3];
    for (int i = 0; i < 3; i++)
        normals[i] = item->normals + 3 * (size_t)corners[i];
    return tile->projection->camera->ortho && item->hatch == NULL &&
           same_normal(normals[0], normals[1]) && same_normal(normals[0], normals[2]);
}

/* Finds how much each corner counts at a pixel: in homogeneous coordinates that is linear, also in
 * perspective and for triangles that reach behind the camera (Olano and Greer 1997). */
static void surface_init(struct tile_surface *surface, const struct tile *tile, uint32_t number)
{
    const struct projection_shape *shape = &tile->projection->shapes[number];
    const struct projection_item *placed = &tile->projection->items[shape->item];
    const struct scene_item *item = placed->item;
    const uint32_t *corners = item->corners + 3 * (size_t)shape->index;
    double at[3][3];
    surface->shape = number;
    surface->base = item->color;
    surface->colored = false;
    for (int i = 0; i < 3; i++) {
        const float *point = item->points + 3 * (size_t)corners[i];
        for (int r = 0; r < 3; r++) {
            const double *row = placed->screen[r == 2 ? 3 : r];
            at[i][r] = row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3];
        }
        apply(placed->view, point, 1, surface->corners[i]);
        apply(placed->view, item->normals + 3 * (size_t)corners[i], 0, surface->normals[i]);
    }
    for (int i = 0; i < 3; i++)
        matrix_cross(at[(i + 1) % 3], at[(i + 2) % 3], surface->weights[i]);
    surface->flat = is_flat(tile, item, corners);
}

/* The shares of the corners at a place, and how they change a pixel further to the right and down.
 */
static void find_shares(const struct tile_surface *surface, double x, double y, double shares[3],
                        double right[3], double down[3])
{
    double sum = 0, sum_right = 0, sum_down = 0;
    for (int i = 0; i < 3; i++) {
        const double *w = surface->weights[i];
        shares[i] = w[0] * x + w[1] * y + w[2];
        sum += shares[i];
        sum_right += w[0];
        sum_down += w[1];
    }
    if (sum == 0 || !isfinite(sum)) {
        memset(right, 0, 3 * sizeof(double));
        memset(down, 0, 3 * sizeof(double));
        for (int i = 0; i < 3; i++)
            shares[i] = i == 0;
        return;
    }
    for (int i = 0; i < 3; i++) {
        shares[i] /= sum;
        right[i] = (surface->weights[i][0] - shares[i] * sum_right) / sum;
        down[i] = (surface->weights[i][1] - shares[i] * sum_down) / sum;
    }
}

static void add_up(const double rows[3][3], const double shares[3], double out[3])
{
    for (int k = 0; k < 3; k++)
        out[k] = rows[0][k] * shares[0] + rows[1][k] * shares[1] + rows[2][k] * shares[2];
}

/* The greatest change of a coordinate of the normal over a pixel. */
static double bend_of(const double normal[3], double length, const double change[3])
{
    double along = matrix_dot(normal, change);
    double most = 0;
    for (int k = 0; k < 3; k++)
        most = fmax(most, fabs(change[k] - normal[k] * along));
    return most / length;
}

static void find_point(const struct tile *tile, double x, double y, struct shade_point *point)
{
    const struct tile_surface *surface = &tile->surface;
    double shares[3], right[3], down[3], normal[3], change[3], eye[3] = { 0, 0, 1 };
    find_shares(surface, x, y, shares, right, down);
    add_up(surface->normals, shares, normal);
    double length = matrix_normalize(normal);
    point->bend = 0;
    if (length > 0) {
        add_up(surface->normals, right, change);
        double bend = bend_of(normal, length, change);
        add_up(surface->normals, down, change);
        point->bend = (float)fmin(1, fmax(bend, bend_of(normal, length, change)));
    }
    if (!tile->projection->camera->ortho) {
        add_up(surface->corners, shares, eye);
        for (int k = 0; k < 3; k++)
            eye[k] = -eye[k];
        matrix_normalize(eye);
    }
    for (int k = 0; k < 3; k++) {
        point->normal[k] = (float)normal[k];
        point->to_eye[k] = (float)eye[k];
    }
}

/* The distance from a plane is linear on a face: where it is at a pixel, and how it changes. */
static bool crosses(const struct tile *tile, const double cut[4], const double shares[3],
                    const double right[3], const double down[3])
{
    const struct camera *camera = tile->projection->camera;
    const double axes[3] = { matrix_dot(cut, camera->right), matrix_dot(cut, camera->up),
                             matrix_dot(cut, camera->back) };
    double moved[2][3] = { { 0 } };
    double at = 0, dx = 0, dy = 0, steps = 0;
    for (int i = 0; i < 3; i++) {
        const double *corner = tile->surface.corners[i];
        double away = matrix_dot(axes, corner) + matrix_dot(cut, camera->eye) + cut[3];
        at += shares[i] * away;
        dx += right[i] * away;
        dy += down[i] * away;
        for (int k = 0; k < 3; k++) {
            moved[0][k] += right[i] * corner[k];
            moved[1][k] += down[i] * corner[k];
        }
    }
    for (int k = 0; k < 3; k++) {
        double step = fabs(moved[0][k]) + fabs(moved[1][k]);
        steps += step * step;
    }
    double step = fmax(fabs(dx), fabs(dy));
    /* On a face that is nearly in the plane all would be its edge. */
    return step > 0.05 * sqrt(steps * matrix_dot(cut, cut)) && at >= 0 && at < step;
}

bool tile_on_cut(struct tile *tile, uint32_t number, int x, int y)
{
    const struct scene *scene = tile->projection->scene;
    double shares[3], right[3], down[3];
    if (tile->surface.shape != number)
        surface_init(&tile->surface, tile, number);
    find_shares(&tile->surface, x + 0.5, y + 0.5, shares, right, down);
    for (unsigned i = 0; i < scene->cut_count; i++) {
        if (crosses(tile, scene->cuts[i], shares, right, down))
            return true;
    }
    return false;
}

static float share_of(double x, double low, double high)
{
    double t = (x - low) / (high - low);
    t = t > 1 ? 1 : t > 0 ? t : 0;
    return (float)(t * t * (3 - 2 * t));
}

/* The colour of a lid with the page's hatching: lines of one pixel, darker than a light colour and
 * lighter than a dark one, which vanish where they would be less than two pixels apart. */
static void hatch(const struct tile *tile, const struct projection_shape *shape,
                  const struct scene_item *item, const double place[2], float base[3])
{
    const uint32_t *corners = item->corners + 3 * (size_t)shape->index;
    double shares[3], right[3], down[3], at = 0, dx = 0, dy = 0;
    find_shares(&tile->surface, place[0], place[1], shares, right, down);
    for (int i = 0; i < 3; i++) {
        double lines = item->hatch[corners[i]] / tile->projection->scene->hatch;
        at += shares[i] * lines;
        dx += right[i] * lines;
        dy += down[i] * lines;
    }
    double step = fmax(fabs(dx) + fabs(dy), 1e-6);
    double away = (0.5 - fabs(at - floor(at) - 0.5)) / step;
    float line = (1 - share_of(away, 0, 1)) * share_of(1 / step, 2, 4);
    float light = base[0] * 0.2126F + base[1] * 0.7152F + base[2] * 0.0722F;
    for (int k = 0; k < 3; k++) {
        float ink = light > 0.2F ? base[k] * 0.3F : base[k] + (1 - base[k]) * 0.6F;
        base[k] += (ink - base[k]) * line;
    }
}

/* Both sides of a lid are lit. */
static void color_lid(const struct tile *tile, const struct projection_shape *shape,
                      const struct scene_item *item, const double place[2],
                      struct shade_point *point, uint8_t rgb[3])
{
    float base[3], facing = 0;
    memcpy(base, item->color, sizeof(base));
    hatch(tile, shape, item, place, base);
    for (int k = 0; k < 3; k++)
        facing += point->normal[k] * point->to_eye[k];
    for (int k = 0; k < 3 && facing < 0; k++)
        point->normal[k] = -point->normal[k];
    shade_lit(tile->shade->lids, point, base, rgb);
}

void tile_color(struct tile *tile, uint32_t number, int x, int y, uint8_t rgba[4])
{
    const struct projection_shape *shape = &tile->projection->shapes[number];
    const struct scene_item *item = tile->projection->items[shape->item].item;
    struct shade_point point;
    rgba[3] = (uint8_t)(item->alpha * 255 + 0.5F);
    if (item->normals == NULL) {
        const float *own =
            item->colors == NULL ? item->color : item->colors + 3 * (size_t)shape->index;
        shade_plain(tile->shade, own, rgba);
        return;
    }
    if (tile->surface.shape != number)
        surface_init(&tile->surface, tile, number);
    struct tile_surface *surface = &tile->surface;
    const double place[2] = { x + 0.5, y + 0.5 };
    if (surface->colored) {
        memcpy(rgba, surface->rgb, 3);
        return;
    }
    find_point(tile, place[0], place[1], &point);
    if (item->role == SCENE_LID)
        color_lid(tile, shape, item, place, &point, rgba);
    else
        shade_lit(tile->shade, &point, surface->base, rgba);
    surface->colored = surface->flat;
    memcpy(surface->rgb, rgba, 3);
}

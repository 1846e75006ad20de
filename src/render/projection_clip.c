/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/projection_clip.h"

#include <math.h>
#include <string.h>

#include "model/matrix.h"

/* Pixels around the picture that are kept: coordinates then fit into 32 bits, steps included. */
#define AROUND 8192.0

void projection_clip_init(struct projection_clip *clip, unsigned width, unsigned height)
{
    const double planes[6][4] = {
        { 0, 0, 1, 0 },      { 0, 0, -1, 1 },
        { 1, 0, 0, AROUND }, { -1, 0, 0, width + AROUND },
        { 0, 1, 0, AROUND }, { 0, -1, 0, height + AROUND },
    };
    memcpy(clip->planes, planes, sizeof(planes));
    clip->count = 6;
    clip->cut_count = 0;
}

/* A plane of the model as one of points on screen before they are divided: the inverse of what
 * projection.c does with them. */
static void to_screen(const double cut[4], const struct camera *camera, unsigned width,
                      unsigned height, double out[4])
{
    double x = matrix_dot(cut, camera->right) * camera->half_width;
    double y = -matrix_dot(cut, camera->up) * camera->half_height;
    double z = -matrix_dot(cut, camera->back);
    double rest = cut[3] + matrix_dot(cut, camera->eye);
    double depth = camera->far - camera->near;
    out[0] = x / (width / 2.0);
    out[1] = y / (height / 2.0);
    if (camera->ortho) {
        out[2] = z * depth;
        out[3] = rest - x - y + z * camera->near;
    } else {
        out[2] = -rest / camera->near * depth / camera->far;
        out[3] = rest / camera->near - x - y + z;
    }
}

void projection_clip_cuts(struct projection_clip *clip, const struct scene *scene,
                          const struct camera *camera, unsigned width, unsigned height)
{
    for (unsigned i = 0; i < scene->cut_count; i++)
        to_screen(scene->cuts[i], camera, width, height, clip->cuts[i]);
    clip->cut_count = scene->cut_count;
}

void projection_clip_choose(struct projection_clip *clip, unsigned cuts)
{
    clip->count = 6;
    for (unsigned i = 0; i < clip->cut_count; i++) {
        if (cuts >> i & 1)
            memcpy(clip->planes[clip->count++], clip->cuts[i], sizeof(clip->cuts[i]));
    }
}

static double side(const double plane[4], const double point[4])
{
    return plane[0] * point[0] + plane[1] * point[1] + plane[2] * point[2] + plane[3] * point[3];
}

bool projection_clip_inside(const struct projection_clip *clip, const double point[4])
{
    bool inside = point[3] > 0;
    for (unsigned i = 0; i < clip->count; i++)
        inside = inside && side(clip->planes[i], point) >= 0;
    return inside;
}

/* Where a line crosses a plane; `a` is on the kept side, so that triangles that share an edge agree
 * about it to the last bit. */
static void between(const double a[4], const double b[4], double at_a, double at_b, double out[4])
{
    double t = at_a / (at_a - at_b);
    for (int i = 0; i < 4; i++)
        out[i] = a[i] + (b[i] - a[i]) * t;
}

static int clip_by(const double plane[4], double corners[PROJECTION_CLIP_MOST][4], int count)
{
    double out[PROJECTION_CLIP_MOST][4];
    int kept = 0;
    for (int i = 0; i < count && kept < PROJECTION_CLIP_MOST; i++) {
        const double *a = corners[i];
        const double *b = corners[(i + 1) % count];
        double at_a = side(plane, a);
        double at_b = side(plane, b);
        if (at_a >= 0)
            memcpy(out[kept++], a, sizeof(out[0]));
        if ((at_a >= 0) == (at_b >= 0) || kept == PROJECTION_CLIP_MOST)
            continue;
        if (at_a >= 0)
            between(a, b, at_a, at_b, out[kept++]);
        else
            between(b, a, at_b, at_a, out[kept++]);
    }
    memcpy(corners, out, (size_t)kept * sizeof(out[0]));
    return kept;
}

/* Whether a clipped point can be divided: it is near the picture, whatever rounding made of it. */
static bool usable(const struct projection_clip *clip, const double point[4])
{
    double most = clip->planes[3][3] + clip->planes[5][3];
    return point[3] > 0 && fabs(point[0]) <= most * point[3] && fabs(point[1]) <= most * point[3] &&
           fabs(point[2]) <= 2 * point[3];
}

int projection_clip_polygon(const struct projection_clip *clip,
                            double corners[PROJECTION_CLIP_MOST][4], int count)
{
    for (unsigned i = 0; i < clip->count && count >= 3; i++)
        count = clip_by(clip->planes[i], corners, count);
    for (int i = 0; i < count; i++) {
        if (!usable(clip, corners[i]))
            return 0;
    }
    return count >= 3 ? count : 0;
}

bool projection_clip_line(const struct projection_clip *clip, double from[4], double to[4])
{
    for (unsigned i = 0; i < clip->count; i++) {
        double at_from = side(clip->planes[i], from);
        double at_to = side(clip->planes[i], to);
        double cut[4];
        if (!(at_from >= 0) && !(at_to >= 0))
            return false;
        if (at_from >= 0 && at_to >= 0)
            continue;
        between(from, to, at_from, at_to, cut);
        memcpy(at_from >= 0 ? to : from, cut, sizeof(cut));
    }
    return usable(clip, from) && usable(clip, to);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Which samples of a tile a shape covers. */
#include <math.h>

#include "render/tile.h"

/* One edge of a triangle: the samples where `at` is not negative are inside. */
struct edge {
    int64_t at; /* at the corner of the first pixel of a row */
    int64_t right;
    int64_t down;
    int64_t offsets[TILE_SAMPLES];
    int64_t least; /* of the offsets */
    int64_t most;
};

/* A rectangle of pixels, without `right` and `bottom`. */
struct area {
    int left;
    int right;
    int top;
    int bottom;
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* The pixels of the tile in a box. */
static struct area area_of(const struct tile *tile, float left, float right, float top,
                           float bottom)
{
    return (struct area){ .left = most(tile->left, (int)floorf(left)),
                          .right = least(tile->right, (int)floorf(right) + 1),
                          .top = most(tile->top, (int)floorf(top)),
                          .bottom = least(tile->bottom, (int)floorf(bottom) + 1) };
}

/* ---- triangles ---- */

static void edge_init(struct edge *edge, const struct tile *tile, const int32_t from[2],
                      const int32_t to[2], const struct area *area)
{
    int64_t dx = to[0] - from[0];
    int64_t dy = to[1] - from[1];
    /* A sample on an edge belongs to the triangle if that is its top or left edge. */
    int64_t bias = dy < 0 || (dy == 0 && dx > 0) ? 0 : -1;
    edge->at = dx * ((int64_t)area->top * PROJECTION_STEPS - from[1]) -
               dy * ((int64_t)area->left * PROJECTION_STEPS - from[0]) + bias;
    edge->right = -dy * PROJECTION_STEPS;
    edge->down = dx * PROJECTION_STEPS;
    edge->least = 0;
    edge->most = 0;
    for (unsigned i = 0; i < tile->samples; i++) {
        int64_t offset = dx * tile->offsets[i][1] - dy * tile->offsets[i][0];
        edge->offsets[i] = offset;
        edge->least = i == 0 || offset < edge->least ? offset : edge->least;
        edge->most = i == 0 || offset > edge->most ? offset : edge->most;
    }
}

/* The samples of a pixel that are inside of all edges. */
static unsigned covered(const struct tile *tile, const struct edge edges[3], const int64_t at[3])
{
    unsigned mask = (1U << tile->samples) - 1;
    for (int e = 0; e < 3; e++) {
        if (at[e] + edges[e].most < 0)
            return 0;
        if (at[e] + edges[e].least >= 0)
            continue;
        for (unsigned i = 0; i < tile->samples; i++) {
            if (at[e] + edges[e].offsets[i] < 0)
                mask &= ~(1U << i);
        }
    }
    return mask;
}

static struct area area_of_triangle(const struct tile *tile, const struct projection_triangle *t)
{
    int32_t left = least(t->x[0], least(t->x[1], t->x[2]));
    int32_t right = most(t->x[0], most(t->x[1], t->x[2]));
    int32_t top = least(t->y[0], least(t->y[1], t->y[2]));
    int32_t bottom = most(t->y[0], most(t->y[1], t->y[2]));
    /* Shifting rounds down, also below zero. */
    return (struct area){ .left = most(tile->left, left >> 8),
                          .right = least(tile->right, (right >> 8) + 1),
                          .top = most(tile->top, top >> 8),
                          .bottom = least(tile->bottom, (bottom >> 8) + 1) };
}

void tile_triangle(struct tile *tile, uint32_t number, const struct projection_triangle *t)
{
    struct area area = area_of_triangle(tile, t);
    struct edge edges[3];
    float z[TILE_SAMPLES];
    float offsets[TILE_SAMPLES];
    _Static_assert(PROJECTION_STEPS == 256, "pixels are found by shifting");
    for (int e = 0; e < 3; e++) {
        int next = (e + 1) % 3;
        const int32_t from[2] = { t->x[e], t->y[e] };
        const int32_t to[2] = { t->x[next], t->y[next] };
        edge_init(&edges[e], tile, from, to, &area);
    }
    float x0 = (float)t->x[0] / PROJECTION_STEPS;
    float y0 = (float)t->y[0] / PROJECTION_STEPS;
    for (unsigned i = 0; i < tile->samples; i++)
        offsets[i] =
            ((float)tile->offsets[i][0] * t->slope_x + (float)tile->offsets[i][1] * t->slope_y) /
            PROJECTION_STEPS;
    for (int y = area.top; y < area.bottom; y++) {
        int64_t at[3] = { edges[0].at, edges[1].at, edges[2].at };
        for (int x = area.left; x < area.right; x++) {
            unsigned mask = covered(tile, edges, at);
            if (mask != 0) {
                float corner = t->z + ((float)x - x0) * t->slope_x + ((float)y - y0) * t->slope_y;
                for (unsigned i = 0; i < tile->samples; i++)
                    z[i] = corner + offsets[i];
                tile_cover(tile, number, x, y, mask, z);
            }
            for (int e = 0; e < 3; e++)
                at[e] += edges[e].right;
        }
        for (int e = 0; e < 3; e++)
            edges[e].at += edges[e].down;
    }
}

/* ---- lines ---- */

/* A place in the axes of a line: along it, and away from it. */
struct on_line {
    float along;
    float away;
};

static struct on_line place_on(const struct projection_line *line, float x, float y)
{
    float dx = x - line->x;
    float dy = y - line->y;
    return (struct on_line){ .along = dx * line->dx + dy * line->dy,
                             .away = dy * line->dx - dx * line->dy };
}

/* How far a place is beyond the nearer end; below 0 between them. */
static float beyond(const struct projection_line *line, float along)
{
    return along < 0 ? -along : along - line->length;
}

/* Whether the round ends show at a pixel: the page's renderer decides that by its middle. */
static bool end_shows(const struct projection_line *line, struct on_line middle, bool round)
{
    float over = beyond(line, middle.along);
    return round && middle.away * middle.away + over * over <= line->half * line->half;
}

/* The dashes of a line: whether one is at that place. */
static bool dashed(const struct tile *tile, uint32_t number, const struct projection_line *line,
                   float along)
{
    const struct projection_shape *shape = &tile->projection->shapes[number];
    const struct scene_item *item = tile->projection->items[shape->item].item;
    if (item->dash <= 0)
        return true;
    const float *from = item->points + 6 * (size_t)shape->index;
    double d[3] = { (double)from[3] - from[0], (double)from[4] - from[1],
                    (double)from[5] - from[2] };
    double length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    double periods = along / line->length * length / (2 * (double)item->dash);
    return periods - floor(periods) <= 0.5;
}

static unsigned covered_by_line(const struct tile *tile, const struct projection_line *line, int x,
                                int y, bool ends, float *z)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < tile->samples; i++) {
        struct on_line place =
            place_on(line, (float)x + (float)tile->offsets[i][0] / PROJECTION_STEPS,
                     (float)y + (float)tile->offsets[i][1] / PROJECTION_STEPS);
        float over = beyond(line, place.along);
        if (!(place.away >= -line->half && place.away < line->half) ||
            (over > 0 && !(ends && over <= line->half)))
            continue;
        float along = place.along < 0 ? 0 : place.along > line->length ? line->length : place.along;
        z[i] = line->z + along * line->slope + line->push;
        mask |= 1U << i;
    }
    return mask;
}

void tile_line(struct tile *tile, uint32_t number, const struct projection_line *line)
{
    const struct projection *projection = tile->projection;
    bool round = projection->items[projection->shapes[number].item].item->round;
    float x1 = line->x + line->dx * line->length;
    float y1 = line->y + line->dy * line->length;
    float more = 1.5F * line->half;
    struct area area = area_of(tile, fminf(line->x, x1) - more, fmaxf(line->x, x1) + more,
                               fminf(line->y, y1) - more, fmaxf(line->y, y1) + more);
    float z[TILE_SAMPLES];
    for (int y = area.top; y < area.bottom; y++) {
        for (int x = area.left; x < area.right; x++) {
            struct on_line middle = place_on(line, (float)x + 0.5F, (float)y + 0.5F);
            if (fabsf(middle.away) > line->half + 0.75F ||
                !dashed(tile, number, line, middle.along))
                continue;
            unsigned mask = covered_by_line(tile, line, x, y, end_shows(line, middle, round), z);
            if (mask != 0)
                tile_cover(tile, number, x, y, mask, z);
        }
    }
}

/* ---- points ---- */

void tile_point(struct tile *tile, uint32_t number, const struct projection_point *point)
{
    struct area area = area_of(tile, point->x - point->half, point->x + point->half,
                               point->y - point->half, point->y + point->half);
    float z[TILE_SAMPLES];
    for (unsigned i = 0; i < tile->samples; i++)
        z[i] = point->z;
    for (int y = area.top; y < area.bottom; y++) {
        for (int x = area.left; x < area.right; x++) {
            unsigned mask = 0;
            for (unsigned i = 0; i < tile->samples; i++) {
                float dx = (float)x + (float)tile->offsets[i][0] / PROJECTION_STEPS - point->x;
                float dy = (float)y + (float)tile->offsets[i][1] / PROJECTION_STEPS - point->y;
                if (dx >= -point->half && dx < point->half && dy >= -point->half &&
                    dy < point->half)
                    mask |= 1U << i;
            }
            if (mask != 0)
                tile_cover(tile, number, x, y, mask, z);
        }
    }
}

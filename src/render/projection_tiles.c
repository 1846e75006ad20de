/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/projection_tiles.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Shapes between two looks at the limit: each may touch all tiles. */
#define CHECK_EVERY 256

/* A range of tiles, both ends in it; empty if `left` is after `right`. */
struct range {
    int left;
    int right;
    int top;
    int bottom;
};

static int to_tile(double pixels, unsigned tiles)
{
    double tile = floor(pixels / PROJECTION_TILE);
    return tile < 0 ? -1 : tile >= tiles ? (int)tiles : (int)tile;
}

static struct range range_of(const struct projection *projection, double left, double right,
                             double top, double bottom)
{
    struct range range = { .left = to_tile(left, projection->across),
                           .right = to_tile(right, projection->across),
                           .top = to_tile(top, projection->down),
                           .bottom = to_tile(bottom, projection->down) };
    range.left = range.left < 0 ? 0 : range.left;
    range.top = range.top < 0 ? 0 : range.top;
    range.right -= range.right == (int)projection->across;
    range.bottom -= range.bottom == (int)projection->down;
    return range;
}

static struct range range_of_triangle(const struct projection *projection,
                                      const struct projection_triangle *t)
{
    int32_t left = t->x[0], right = t->x[0], top = t->y[0], bottom = t->y[0];
    for (int i = 1; i < 3; i++) {
        left = t->x[i] < left ? t->x[i] : left;
        right = t->x[i] > right ? t->x[i] : right;
        top = t->y[i] < top ? t->y[i] : top;
        bottom = t->y[i] > bottom ? t->y[i] : bottom;
    }
    return range_of(projection, (double)left / PROJECTION_STEPS, (double)right / PROJECTION_STEPS,
                    (double)top / PROJECTION_STEPS, (double)bottom / PROJECTION_STEPS);
}

static struct range range_of_shape(const struct projection *projection,
                                   const struct projection_shape *shape)
{
    const struct projection_line *line = &shape->line;
    const struct projection_point *point = &shape->point;
    switch (projection->items[shape->item].item->kind) {
    case SCENE_FACES:
        return range_of_triangle(projection, &shape->triangle);
    case SCENE_POINTS:
        return range_of(projection, point->x - point->half, point->x + point->half,
                        point->y - point->half, point->y + point->half);
    default:
        break;
    }
    double x = line->x + line->dx * line->length;
    double y = line->y + line->dy * line->length;
    double more = 1.5 * line->half;
    return range_of(projection, fmin(line->x, x) - more, fmax(line->x, x) + more,
                    fmin(line->y, y) - more, fmax(line->y, y) + more);
}

/* Whether a line may touch a tile of the range of its box: long ones pass by most of these. */
static bool line_touches(const struct projection_line *line, int across, int down)
{
    double x = (across + 0.5) * PROJECTION_TILE - line->x;
    double y = (down + 0.5) * PROJECTION_TILE - line->y;
    double away = fabs(x * line->dy - y * line->dx);
    return away <= line->half * 1.5 + PROJECTION_TILE * 0.7072;
}

/* Counts for each tile that a shape may touch it, or with `refs` enters it. Returns how many. */
static size_t enter(struct projection *projection, uint32_t number, uint32_t *ends)
{
    const struct projection_shape *shape = &projection->shapes[number];
    struct range range = range_of_shape(projection, shape);
    bool line = projection->items[shape->item].item->kind == SCENE_LINES;
    bool many = range.right > range.left && range.bottom > range.top;
    size_t count = 0;
    for (int down = range.top; down <= range.bottom; down++) {
        for (int across = range.left; across <= range.right; across++) {
            if (line && many && !line_touches(&shape->line, across, down))
                continue;
            uint32_t *end = &ends[(unsigned)down * projection->across + (unsigned)across];
            if (projection->refs != NULL)
                projection->refs[*end] = number;
            (*end)++;
            count++;
        }
    }
    return count;
}

static int enter_all(struct projection *projection, uint32_t *ends, const struct limit *limit,
                     size_t *sum)
{
    size_t most = projection->budget / sizeof(uint32_t);
    *sum = 0;
    for (size_t i = 0; i < projection->count; i++) {
        int error = i % CHECK_EVERY == 0 ? limit_check(limit) : 0;
        if (error < 0)
            return error;
        *sum += enter(projection, (uint32_t)i, ends);
        if (*sum > most || *sum >= UINT32_MAX)
            return -EFBIG;
    }
    return 0;
}

static int make_lists(struct projection *projection, uint32_t *ends, const struct limit *limit)
{
    size_t tiles = (size_t)projection->across * projection->down;
    size_t sum = 0;
    int error = enter_all(projection, ends, limit, &sum);
    if (error < 0)
        return error;
    uint32_t start = 0;
    for (size_t i = 0; i < tiles; i++) {
        uint32_t count = ends[i];
        projection->starts[i] = ends[i] = start;
        start += count;
    }
    projection->starts[tiles] = start;
    projection->refs = malloc((sum + 1) * sizeof(uint32_t));
    return projection->refs == NULL ? -ENOMEM : enter_all(projection, ends, limit, &sum);
}

int projection_tiles(struct projection *projection, const struct limit *limit)
{
    size_t tiles = (size_t)projection->across * projection->down;
    projection->starts = calloc(tiles + 1, sizeof(uint32_t));
    uint32_t *ends = calloc(tiles, sizeof(uint32_t));
    int error = projection->starts == NULL || ends == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = make_lists(projection, ends, limit);
    free(ends);
    return error;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/projection.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/projection_clip.h"
#include "render/projection_tiles.h"

/* The smallest difference of a depth buffer of 24 bits. */
#define DEPTH_STEP (1.0 / 16777216)

/* Triangles between two looks at the limit. */
#define CHECK_EVERY 4096

/* A vertex on screen. */
struct vertex {
    float x;
    float y;
    float z;
    bool inside; /* needs no clipping */
};

/* What one item needs while its shapes are made. */
struct making {
    struct projection *projection;
    const struct limit *limit;
    const struct scene_item *item;
    const struct projection_item *placed;
    struct projection_clip clip;
    struct vertex *vertices;
    uint32_t number; /* of the item */
};

static int no_room(const struct projection *projection)
{
    return projection->budget == 0 ? -EFBIG : -ENOMEM;
}

/* Takes `size` bytes from the budget, which is 0 from then on if it does not suffice. */
static bool take(struct projection *projection, size_t size)
{
    bool enough = size <= projection->budget;
    projection->budget = enough ? projection->budget - size : 0;
    return enough;
}

/* Appends a shape; NULL: over the budget, or no memory. */
static struct projection_shape *add_shape(struct projection *projection)
{
    if (projection->count == projection->room) {
        size_t room = projection->room == 0 ? 4096 : projection->room + projection->room / 2;
        if (room > UINT32_MAX / 2 ||
            !take(projection, (room - projection->room) * sizeof(struct projection_shape)))
            return NULL;
        struct projection_shape *shapes =
            realloc(projection->shapes, room * sizeof(struct projection_shape));
        if (shapes == NULL)
            return NULL;
        projection->shapes = shapes;
        projection->room = room;
    }
    return &projection->shapes[projection->count++];
}

static void transform(const double rows[4][4], const float *point, double out[4])
{
    for (int r = 0; r < 4; r++)
        out[r] = rows[r][0] * point[0] + rows[r][1] * point[1] + rows[r][2] * point[2] + rows[r][3];
}

/* ---- triangles ---- */

static int32_t snap(double pixels)
{
    return (int32_t)lrint(pixels * PROJECTION_STEPS);
}

/* Adds a triangle that is on screen. */
static int add_triangle(struct making *making, const double corners[3][3], uint32_t index)
{
    const struct scene_item *item = making->item;
    int32_t x[3], y[3];
    for (int i = 0; i < 3; i++) {
        x[i] = snap(corners[i][0]);
        y[i] = snap(corners[i][1]);
    }
    int64_t area = (int64_t)(x[1] - x[0]) * (y[2] - y[0]) - (int64_t)(x[2] - x[0]) * (y[1] - y[0]);
    /* Fronts go round against the clock; with y down their area is negative. */
    if (area == 0 || (item->side == SCENE_FRONT && area > 0) ||
        (item->side == SCENE_BACK && area < 0))
        return 0;
    int second = area > 0 ? 1 : 2;
    int third = 3 - second;
    struct projection_shape *shape = add_shape(making->projection);
    if (shape == NULL)
        return no_room(making->projection);
    double size = fabs((double)area) / PROJECTION_STEPS;
    double z1 = corners[second][2] - corners[0][2];
    double z2 = corners[third][2] - corners[0][2];
    double slope_x = (z1 * (y[third] - y[0]) - z2 * (y[second] - y[0])) / size;
    double slope_y = (z2 * (x[second] - x[0]) - z1 * (x[third] - x[0])) / size;
    double push = fmax(fabs(slope_x), fabs(slope_y)) * item->push + DEPTH_STEP * item->push_units;
    shape->item = making->number;
    shape->index = index;
    shape->triangle = (struct projection_triangle){ .x = { x[0], x[second], x[third] },
                                                    .y = { y[0], y[second], y[third] },
                                                    .z = (float)(corners[0][2] + push),
                                                    .slope_x = (float)slope_x,
                                                    .slope_y = (float)slope_y };
    return 0;
}

/* Adds what is left of a triangle that is partly outside. */
static int add_clipped(struct making *making, const uint32_t *corners, uint32_t index)
{
    double polygon[PROJECTION_CLIP_MOST][4];
    double on_screen[PROJECTION_CLIP_MOST][3]; /* rounded as vertices are, which may be shared */
    for (int i = 0; i < 3; i++)
        transform(making->placed->screen, making->item->points + 3 * (size_t)corners[i],
                  polygon[i]);
    int count = projection_clip_polygon(&making->clip, polygon, 3);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++)
            on_screen[i][k] = (float)(polygon[i][k] / polygon[i][3]);
    }
    int error = 0;
    for (int i = 2; i < count && error == 0; i++) {
        const double triangle[3][3] = {
            { on_screen[0][0], on_screen[0][1], on_screen[0][2] },
            { on_screen[i - 1][0], on_screen[i - 1][1], on_screen[i - 1][2] },
            { on_screen[i][0], on_screen[i][1], on_screen[i][2] },
        };
        error = add_triangle(making, triangle, index);
    }
    return error;
}

static int make_vertices(struct making *making)
{
    const struct scene_item *item = making->item;
    making->vertices = calloc((size_t)item->count + 1, sizeof(struct vertex));
    if (making->vertices == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < item->count; i++) {
        double at[4];
        int error = i % CHECK_EVERY == 0 ? limit_check(making->limit) : 0;
        if (error < 0)
            return error;
        transform(making->placed->screen, item->points + 3 * (size_t)i, at);
        struct vertex *vertex = &making->vertices[i];
        vertex->inside = projection_clip_inside(&making->clip, at);
        if (vertex->inside) {
            vertex->x = (float)(at[0] / at[3]);
            vertex->y = (float)(at[1] / at[3]);
            vertex->z = (float)(at[2] / at[3]);
        }
    }
    return 0;
}

static int make_triangle(struct making *making, uint32_t index)
{
    const uint32_t *corners = making->item->corners + 3 * (size_t)index;
    const struct vertex *a = &making->vertices[corners[0]];
    const struct vertex *b = &making->vertices[corners[1]];
    const struct vertex *c = &making->vertices[corners[2]];
    if (!a->inside || !b->inside || !c->inside)
        return add_clipped(making, corners, index);
    const double triangle[3][3] = { { a->x, a->y, a->z },
                                    { b->x, b->y, b->z },
                                    { c->x, c->y, c->z } };
    return add_triangle(making, triangle, index);
}

static int make_faces(struct making *making)
{
    size_t bytes = (size_t)making->item->count * sizeof(struct vertex);
    if (!take(making->projection, bytes))
        return -EFBIG;
    int error = make_vertices(making);
    for (uint32_t i = 0; i < making->item->triangles && error == 0; i++) {
        if (i % CHECK_EVERY == 0)
            error = limit_check(making->limit);
        if (error == 0)
            error = make_triangle(making, i);
    }
    free(making->vertices);
    making->projection->budget += bytes;
    return error;
}

/* ---- lines and points ---- */

static int make_line(struct making *making, uint32_t index)
{
    const struct scene_item *item = making->item;
    double from[4], to[4];
    transform(making->placed->screen, item->points + 6 * (size_t)index, from);
    transform(making->placed->screen, item->points + 6 * (size_t)index + 3, to);
    if (!projection_clip_line(&making->clip, from, to))
        return 0;
    double x = from[0] / from[3], y = from[1] / from[3], z = from[2] / from[3];
    double dx = to[0] / to[3] - x, dy = to[1] / to[3] - y, dz = to[2] / to[3] - z;
    double length = sqrt(dx * dx + dy * dy);
    /* One that is looked along has no direction on screen, and the page does not show it. */
    if (!(length > 1e-6))
        return 0;
    struct projection_shape *shape = add_shape(making->projection);
    if (shape == NULL)
        return no_room(making->projection);
    double slope = dz / length;
    double steepest = fmax(fabs(slope * dx / length), fabs(slope * dy / length));
    shape->item = making->number;
    shape->index = index;
    shape->line = (struct projection_line){
        .x = (float)x,
        .y = (float)y,
        .dx = (float)(dx / length),
        .dy = (float)(dy / length),
        .length = (float)length,
        .half = item->width / 2,
        .z = (float)z,
        .slope = (float)slope,
        .push = (float)(steepest * item->push + DEPTH_STEP * item->push_units),
    };
    return 0;
}

static int make_point(struct making *making, uint32_t index)
{
    double at[4];
    transform(making->placed->screen, making->item->points + 3 * (size_t)index, at);
    if (!projection_clip_inside(&making->clip, at))
        return 0;
    struct projection_shape *shape = add_shape(making->projection);
    if (shape == NULL)
        return no_room(making->projection);
    shape->item = making->number;
    shape->index = index;
    shape->point = (struct projection_point){ .x = (float)(at[0] / at[3]),
                                              .y = (float)(at[1] / at[3]),
                                              .z = (float)(at[2] / at[3]),
                                              .half = making->item->width / 2 };
    return 0;
}

static int make_item(struct making *making)
{
    bool lines = making->item->kind == SCENE_LINES;
    uint32_t count = lines ? making->item->count / 2 : making->item->count;
    int error = 0;
    if (making->item->kind == SCENE_FACES)
        return make_faces(making);
    for (uint32_t i = 0; i < count && error == 0; i++) {
        if (i % CHECK_EVERY == 0)
            error = limit_check(making->limit);
        if (error == 0)
            error = lines ? make_line(making, i) : make_point(making, i);
    }
    return error;
}

/* ---- items ---- */

/* Combines a camera and the place of an item. */
static void place_item(const struct projection *projection, struct projection_item *out)
{
    const struct camera *camera = projection->camera;
    const double *axes[3] = { camera->right, camera->up, camera->back };
    struct matrix turn;
    for (int r = 0; r < 3; r++) {
        memcpy(turn.m[r], axes[r], 3 * sizeof(double));
        turn.m[r][3] = -matrix_dot(axes[r], camera->eye);
    }
    struct matrix view = matrix_multiply(&turn, &out->item->place);
    memcpy(out->view, view.m, sizeof(out->view));
    double half_x = projection->width / 2.0;
    double half_y = projection->height / 2.0;
    double depth = camera->far - camera->near;
    for (int c = 0; c < 4; c++) {
        double last = c == 3;
        double x = view.m[0][c], y = view.m[1][c], z = view.m[2][c];
        double w = camera->ortho ? last : -z;
        out->screen[0][c] = x * half_x / camera->half_width + half_x * w;
        out->screen[1][c] = -y * half_y / camera->half_height + half_y * w;
        out->screen[2][c] = (-z - camera->near * last) / depth * (camera->ortho ? 1 : camera->far);
        out->screen[3][c] = w;
    }
    const double *middle = out->item->middle;
    const double *row = out->screen[2];
    out->distance = row[0] * middle[0] + row[1] * middle[1] + row[2] * middle[2] + row[3];
}

/* As three.js sorts: opaque ones, then from the back to the front, late ones after all. */
static int compare(const void *left, const void *right)
{
    const struct projection_item *a = left;
    const struct projection_item *b = right;
    if (a->item->solid != b->item->solid)
        return a->item->solid ? -1 : 1;
    if (a->item->late != b->item->late)
        return a->item->late ? 1 : -1;
    if (a->distance != b->distance && !a->item->solid)
        return a->distance > b->distance ? -1 : 1;
    return a->item < b->item ? -1 : 1;
}

static int sort_items(struct projection *projection)
{
    const struct scene *scene = projection->scene;
    if (!take(projection, scene->count * sizeof(struct projection_item)))
        return -EFBIG;
    projection->items = calloc(scene->count + 1, sizeof(struct projection_item));
    if (projection->items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < scene->count; i++) {
        if (!scene->items[i].visible)
            continue;
        struct projection_item *item = &projection->items[projection->item_count++];
        item->item = &scene->items[i];
        place_item(projection, item);
    }
    qsort(projection->items, projection->item_count, sizeof(struct projection_item), compare);
    projection->blended = projection->item_count;
    for (uint32_t i = projection->item_count; i-- > 0;) {
        const struct scene_item *item = projection->items[i].item;
        if (item->alpha < 1 || !item->depth)
            projection->blended = i;
    }
    return 0;
}

int projection_init(struct projection *projection, const struct scene *scene,
                    const struct camera *camera, unsigned width, unsigned height, size_t budget,
                    const struct limit *limit)
{
    struct making making = { .projection = projection, .limit = limit };
    *projection = (struct projection){ .scene = scene,
                                       .camera = camera,
                                       .width = width,
                                       .height = height,
                                       .across = (width - 1) / PROJECTION_TILE + 1,
                                       .down = (height - 1) / PROJECTION_TILE + 1,
                                       .budget = budget };
    projection_clip_init(&making.clip, width, height);
    projection_clip_cuts(&making.clip, scene, camera, width, height);
    int error = sort_items(projection);
    for (uint32_t i = 0; i < projection->item_count && error == 0; i++) {
        making.number = i;
        making.placed = &projection->items[i];
        making.item = making.placed->item;
        projection_clip_choose(&making.clip, making.item->cuts);
        making.vertices = NULL;
        error = make_item(&making);
    }
    return error == 0 ? projection_tiles(projection, limit) : error;
}

void projection_free(struct projection *projection)
{
    free(projection->items);
    free(projection->shapes);
    free(projection->starts);
    free(projection->refs);
    *projection = (struct projection){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "render/axes.h"
#include "render/fit.h"
#include "render/lids.h"
#include "render/limit.h"
#include "render/numbers.h"
#include "render/scene.h"
#include "render/tile.h"

/* Where one view is in the picture. */
struct cell {
    unsigned left;
    unsigned top;
    unsigned width;
    unsigned height;
};

/* A picture while it is drawn. */
struct drawing {
    const struct render_options *options;
    unsigned scale;
    struct render_picture *picture;
    struct limit limit;
    struct scene scene;
    size_t model_items; /* items of the scene before axes and grid */
    struct shade shade;
    struct shade lids; /* for those alone */
};

void render_options_init(struct render_options *options)
{
    *options = (struct render_options){
        .width = 800, .height = 600, .max_ms = 10000, .max_bytes = (size_t)256 << 20
    };
}

void render_options_copy(struct render_options *to, const struct render_options *from)
{
    *to = *from;
    json_incref(to->parts);
    json_incref(to->hide);
}

void render_options_free(struct render_options *options)
{
    json_decref(options->parts);
    json_decref(options->hide);
    options->parts = NULL;
    options->hide = NULL;
}

static bool options_ok(const struct render_options *options)
{
    return options->width >= 1 && options->width <= RENDER_SIDE_MAX && options->height >= 1 &&
           options->height <= RENDER_SIDE_MAX &&
           options->width * options->height <= RENDER_PIXELS_MAX && options->shrink <= 4 &&
           (options->samples == 0 || tile_samples_ok(options->samples)) &&
           options->view_count <= RENDER_VIEWS_MAX && options->cut_count <= RENDER_CUTS_MAX;
}

static void apply_switch(bool *to, enum render_switch by)
{
    *to = by == RENDER_ON || (by == RENDER_AS_IS && *to);
}

static void make_look(const struct render_options *options, const json_t *config, struct look *look)
{
    look_init(look);
    look_settings(look, config);
    look_settings(look, options->settings);
    if (options->reported != NULL)
        look_reported(look, options->reported, options->same);
    apply_switch(&look->ortho, options->ortho);
    apply_switch(&look->axes, options->axes);
    look->hide_edges = options->edges == RENDER_OFF;
    for (int i = 0; i < 3; i++)
        apply_switch(&look->grid[i], options->grid);
}

/* The place of view number `index`: rows from the top, as many columns as rows or one more. */
static struct cell cell_of(const struct drawing *drawing, unsigned index)
{
    const struct render_options *options = drawing->options;
    unsigned width = drawing->picture->width;
    unsigned height = drawing->picture->height;
    unsigned count = options->view_count > 1 ? options->view_count : 1;
    unsigned across = 1;
    while (across * across < count)
        across++;
    unsigned down = (count - 1) / across + 1;
    unsigned column = index % across;
    unsigned row = index / across;
    struct cell cell = { .left = width * column / across, .top = height * row / down };
    cell.width = width * (column + 1) / across - cell.left;
    cell.height = height * (row + 1) / down - cell.top;
    return cell;
}

static void copy_cell(struct render_picture *picture, const struct cell *cell,
                      const uint8_t *pixels)
{
    for (unsigned y = 0; y < cell->height; y++) {
        size_t to = (size_t)(cell->top + y) * picture->width + cell->left;
        memcpy(picture->pixels + 4 * to, pixels + 4 * (size_t)y * cell->width,
               (size_t)4 * cell->width);
    }
}

static bool fits(const struct render_options *options)
{
    bool chosen = json_object_size(options->parts) > 0 || json_object_size(options->hide) > 0;
    return options->fit == RENDER_ON ||
           (options->fit == RENDER_AS_IS && (options->view_count > 1 || chosen));
}

/* The grid's zoom: as the camera's, but a view that was asked for has none. */
static double zoom_of(const struct drawing *drawing)
{
    double zoom = drawing->scene.look.camera.zoom;
    return drawing->options->view_count > 0 || zoom <= 0 ? 1 : zoom;
}

/* The page's lids have a finish of their own. */
static void make_shades(struct drawing *drawing, const struct camera *camera, unsigned height)
{
    struct look look = drawing->scene.look;
    shade_init(&drawing->shade, &look, camera);
    if (drawing->scene.lids == 0)
        return;
    look.metalness = 0.3;
    look.roughness = 0.65;
    shade_init(&drawing->lids, &look, camera);
    drawing->shade.lids = &drawing->lids;
    drawing->scene.hatch = lids_hatch(&drawing->scene, camera, height);
}

static int draw_cell(struct drawing *drawing, const struct projection *projection,
                     const struct cell *cell)
{
    const struct render_options *options = drawing->options;
    size_t count = (size_t)cell->width * cell->height;
    bool outlined = drawing->scene.lids > 0;
    struct tile_picture picture = { .projection = projection,
                                    .shade = &drawing->shade,
                                    .limit = &drawing->limit,
                                    .samples = options->samples == 0 ? 4 : options->samples,
                                    .threads = options->threads,
                                    .pixels = calloc(4, count),
                                    .marks = outlined ? calloc(4, count) : NULL };
    bool room = picture.pixels != NULL && (!outlined || picture.marks != NULL);
    int error = room ? tile_draw_all(&picture) : -ENOMEM;
    if (error == 0 && outlined)
        lids_outline(&picture);
    if (error == 0)
        copy_cell(drawing->picture, cell, picture.pixels);
    free(picture.pixels);
    free(picture.marks);
    return error;
}

static int draw_view(struct drawing *drawing, const struct camera_view *view,
                     const struct cell *cell)
{
    const struct render_options *options = drawing->options;
    struct camera_subject subject;
    struct camera camera;
    struct projection projection;
    if (cell->width == 0 || cell->height == 0)
        return 0;
    memcpy(subject.low, drawing->scene.low, sizeof(subject.low));
    memcpy(subject.high, drawing->scene.high, sizeof(subject.high));
    camera_init(&camera, &subject, &drawing->scene.look, view, cell->width, cell->height);
    int error = fits(options)
                    ? fit_camera(&camera, &drawing->scene, drawing->model_items, &drawing->limit)
                    : 0;
    if (error < 0)
        return error;
    make_shades(drawing, &camera, cell->height);
    size_t items = drawing->scene.count;
    const struct numbers_page page = { .width = cell->width,
                                       .height = cell->height,
                                       .scale = drawing->scale,
                                       .zoom = zoom_of(drawing) };
    error = numbers_add(&drawing->scene, &camera, &page);
    if (error < 0)
        return error;
    error = projection_init(&projection, &drawing->scene, &camera, cell->width, cell->height,
                            drawing->scene.budget, &drawing->limit);
    if (error == 0)
        error = draw_cell(drawing, &projection, cell);
    projection_free(&projection);
    drawing->scene.count = items;
    return error;
}

static int draw_views(struct drawing *drawing)
{
    const struct render_options *options = drawing->options;
    unsigned count = options->view_count > 1 ? options->view_count : 1;
    int error = 0;
    for (unsigned i = 0; i < count && error == 0; i++) {
        struct cell cell = cell_of(drawing, i);
        error = draw_view(drawing, options->view_count == 0 ? NULL : &options->views[i], &cell);
    }
    return error;
}

/* Makes the picture smaller again: each pixel is the mean of a square. */
static void shrink(struct drawing *drawing)
{
    struct render_picture *picture = drawing->picture;
    unsigned scale = drawing->scale;
    unsigned samples = scale * scale;
    if (samples <= 1)
        return;
    unsigned width = picture->width / scale;
    unsigned height = picture->height / scale;
    uint8_t *out = picture->pixels;
    for (unsigned i = 0; i < width * height; i++) {
        const uint8_t *in = picture->pixels +
                            (size_t)4 * scale * ((size_t)(i / width) * picture->width + i % width);
        for (int k = 0; k < 4; k++, out++) {
            unsigned sum = samples / 2;
            for (unsigned at = 0; at < samples; at++)
                sum += in[4 * ((size_t)(at / scale) * picture->width + at % scale) + (size_t)k];
            *out = (uint8_t)(sum / samples);
        }
    }
    picture->width = width;
    picture->height = height;
}

/* Puts the picture on its background; without one, takes the opacity out of the colours. */
static void finish(const struct drawing *drawing)
{
    static const uint8_t papers[2][3] = { { 0xff, 0xff, 0xff }, { 0x44, 0x44, 0x44 } };
    const struct render_options *options = drawing->options;
    struct render_picture *picture = drawing->picture;
    const uint8_t *paper =
        options->colored ? options->background : papers[drawing->scene.look.dark];
    picture->opaque = !options->transparent;
    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++) {
        uint8_t *pixel = picture->pixels + 4 * i;
        unsigned alpha = pixel[3];
        bool bare = alpha == 0 && !options->transparent;
        if (bare)
            memcpy(pixel, paper, 3);
        if (!options->transparent)
            pixel[3] = 255;
        if (bare || alpha == 255)
            continue;
        for (int k = 0; k < 3; k++) {
            unsigned value = pixel[k];
            if (!options->transparent)
                value += (paper[k] * (255 - alpha) + 127) / 255;
            else if (alpha > 0)
                value = (value * 255 + alpha / 2) / alpha;
            pixel[k] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}

static const char *reason(int error)
{
    switch (error) {
    case -EFBIG:
        return "the picture needs more memory than is allowed";
    case -ETIMEDOUT:
        return "the picture takes longer than is allowed";
    case -ECANCELED:
        return "the picture is not wanted any more";
    default:
        return "out of memory";
    }
}

static int draw(struct drawing *drawing, const uint8_t *file, size_t size)
{
    const struct render_options *options = drawing->options;
    struct render_picture *picture = drawing->picture;
    struct look look;
    int error = scene_open(&drawing->scene, file, size, options->max_bytes);
    if (error < 0)
        return error;
    make_look(options, json_object_get(drawing->scene.root, "config"), &look);
    const json_t *states = options->same ? json_object_get(options->reported, "states") : NULL;
    drawing->scene.parts = options->parts;
    drawing->scene.hide = options->hide;
    memcpy(drawing->scene.cuts, options->cuts, sizeof(options->cuts));
    drawing->scene.cut_count = options->cut_count;
    error = scene_build(&drawing->scene, &look, states);
    drawing->model_items = drawing->scene.count;
    if (error == 0 && options->lids != RENDER_OFF)
        error = lids_add(&drawing->scene, &drawing->limit);
    if (error == 0)
        error = axes_add(&drawing->scene, zoom_of(drawing));
    picture->width *= drawing->scale;
    picture->height *= drawing->scale;
    picture->pixels = calloc((size_t)picture->width * picture->height, 4);
    if (error == 0 && picture->pixels == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = draw_views(drawing);
    if (error == 0) {
        shrink(drawing);
        finish(drawing);
    }
    return error;
}

int render_draw(const uint8_t *file, size_t size, const struct render_options *options,
                struct render_picture *picture)
{
    *picture = (struct render_picture){ .width = options->width, .height = options->height };
    if (!options_ok(options)) {
        picture->fault = "the size of the picture is not valid";
        return -EINVAL;
    }
    struct drawing *drawing = calloc(1, sizeof(*drawing));
    if (drawing == NULL) {
        picture->fault = reason(-ENOMEM);
        return -ENOMEM;
    }
    drawing->options = options;
    drawing->picture = picture;
    drawing->scale = options->shrink == 0 ? 1 : options->shrink;
    drawing->limit = limit_start(options->max_ms, options->cancel);
    int error = draw(drawing, file, size);
    picture->left_out = drawing->scene.left_out;
    if (error < 0) {
        picture->fault = drawing->scene.fault != NULL ? drawing->scene.fault : reason(error);
        if (picture->fault == drawing->scene.why) {
            memcpy(picture->why, drawing->scene.why, sizeof(picture->why));
            picture->fault = picture->why;
        }
        render_picture_free(picture);
    }
    scene_free(&drawing->scene);
    free(drawing);
    return error;
}

void render_picture_free(struct render_picture *picture)
{
    free(picture->pixels);
    picture->pixels = NULL;
}

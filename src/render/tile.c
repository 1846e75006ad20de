/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/tile.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Shapes between two looks at the limit; each takes up to 20 us. */
#define CHECK_EVERY 64

/* The standard places of samples (Vulkan 1.0, section 25.3), in sixteenths from the middle of a
 * pixel. */
static const int8_t four[4][2] = { { -2, 6 }, { 6, 2 }, { -6, -2 }, { 2, -6 } };
static const int8_t eight[8][2] = { { 1, -3 }, { -1, 3 },  { 5, 1 }, { -3, -5 },
                                    { -5, 5 }, { -7, -1 }, { 3, 7 }, { 7, -7 } };
static const int8_t sixteen[16][2] = { { 1, 1 },   { -1, -3 }, { -3, 2 },  { 4, -1 },
                                       { -5, -2 }, { 2, 5 },   { 5, 3 },   { 3, -5 },
                                       { -2, 6 },  { 0, -7 },  { -4, -6 }, { -6, 4 },
                                       { -8, 0 },  { 7, -4 },  { 6, 7 },   { -7, -8 } };

bool tile_samples_ok(unsigned samples)
{
    return samples == 4 || samples == 8 || samples == 16;
}

static struct tile *tile_new(const struct projection *projection, const struct shade *shade,
                             unsigned samples)
{
    const int8_t(*places)[2] = samples == 4 ? four : samples == 8 ? eight : sixteen;
    struct tile *tile = malloc(sizeof(*tile));
    if (tile == NULL)
        return NULL;
    tile->projection = projection;
    tile->shade = shade;
    tile->samples = samples;
    for (unsigned i = 0; i < samples; i++) {
        for (int k = 0; k < 2; k++)
            tile->offsets[i][k] = (places[i][k] + 8) * PROJECTION_STEPS / 16;
    }
    return tile;
}

static void tile_free(struct tile *tile)
{
    free(tile);
}

static uint8_t mix(unsigned over, unsigned under, unsigned alpha)
{
    return (uint8_t)((over * alpha + under * (255 - alpha) + 127) / 255);
}

/* Mixes a colour into the samples of `mask`. */
static void blend(struct tile *tile, size_t first, unsigned mask, const uint8_t rgba[4])
{
    for (unsigned i = 0; i < tile->samples; i++) {
        uint8_t *under = tile->color[first + i];
        if (!(mask >> i & 1))
            continue;
        for (int k = 0; k < 3; k++)
            under[k] = mix(rgba[k], under[k], rgba[3]);
        under[3] = mix(255, under[3], rgba[3]);
    }
}

void tile_cover(struct tile *tile, uint32_t number, int x, int y, unsigned mask, const float *z)
{
    size_t first = (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * tile->samples;
    unsigned seen = 0;
    uint8_t rgba[4];
    for (unsigned i = 0; i < tile->samples; i++) {
        if (mask >> i & 1 && z[i] <= tile->depth[first + i])
            seen |= 1U << i;
    }
    if (seen == 0)
        return;
    const struct projection *projection = tile->projection;
    bool depth = projection->items[projection->shapes[number].item].item->depth;
    for (unsigned i = 0; i < tile->samples && depth; i++) {
        if (seen >> i & 1)
            tile->depth[first + i] = z[i];
    }
    if (tile->blend) {
        tile_color(tile, number, x, y, rgba);
        blend(tile, first, seen, rgba);
        return;
    }
    for (unsigned i = 0; i < tile->samples; i++) {
        if (seen >> i & 1)
            tile->owner[first + i] = number;
    }
}

/* Gives the samples of one pixel the colours of the shapes that they show. */
static void settle_pixel(struct tile *tile, int x, int y)
{
    size_t first = (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * tile->samples;
    unsigned left = (1U << tile->samples) - 1;
    for (unsigned i = 0; i < tile->samples; i++) {
        uint32_t number = tile->owner[first + i];
        uint8_t rgba[4];
        if (!(left >> i & 1) || number == TILE_NONE)
            continue;
        tile_color(tile, number, x, y, rgba);
        for (unsigned k = i; k < tile->samples; k++) {
            if (tile->owner[first + k] != number)
                continue;
            memcpy(tile->color[first + k], rgba, 4);
            left &= ~(1U << k);
        }
    }
}

static void settle(struct tile *tile)
{
    for (int y = tile->top; y < tile->bottom; y++) {
        for (int x = tile->left; x < tile->right; x++)
            settle_pixel(tile, x, y);
    }
}

static void clear(struct tile *tile, unsigned index)
{
    const struct projection *projection = tile->projection;
    size_t count = (size_t)TILE_PIXELS * tile->samples;
    tile->left = (int)(index % projection->across) * PROJECTION_TILE;
    tile->top = (int)(index / projection->across) * PROJECTION_TILE;
    int right = tile->left + PROJECTION_TILE;
    int bottom = tile->top + PROJECTION_TILE;
    tile->right = right < (int)projection->width ? right : (int)projection->width;
    tile->bottom = bottom < (int)projection->height ? bottom : (int)projection->height;
    tile->blend = false;
    tile->surface.shape = TILE_NONE;
    for (size_t i = 0; i < count; i++)
        tile->depth[i] = 1;
    memset(tile->owner, 0xff, count * sizeof(tile->owner[0]));
    memset(tile->color, 0, count * sizeof(tile->color[0]));
}

static void draw_shape(struct tile *tile, uint32_t number)
{
    const struct projection *projection = tile->projection;
    const struct projection_shape *shape = &projection->shapes[number];
    if (shape->item >= projection->blended && !tile->blend) {
        settle(tile);
        tile->blend = true;
    }
    switch (projection->items[shape->item].item->kind) {
    case SCENE_FACES:
        tile_triangle(tile, number, &shape->triangle);
        break;
    case SCENE_LINES:
        tile_line(tile, number, &shape->line);
        break;
    case SCENE_POINTS:
        tile_point(tile, number, &shape->point);
        break;
    }
}

/* Writes the mean of the samples of each pixel. */
static void resolve(struct tile *tile, uint8_t *pixels)
{
    unsigned samples = tile->samples;
    if (samples == 0)
        return;
    for (int y = tile->top; y < tile->bottom; y++) {
        for (int x = tile->left; x < tile->right; x++) {
            size_t first = (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * samples;
            uint8_t *out = pixels + 4 * ((size_t)y * tile->projection->width + (size_t)x);
            for (int k = 0; k < 4; k++) {
                unsigned sum = samples / 2;
                for (unsigned i = 0; i < samples; i++)
                    sum += tile->color[first + i][k];
                out[k] = (uint8_t)(sum / samples);
            }
        }
    }
}

static int tile_draw(struct tile *tile, unsigned index, const struct limit *limit, uint8_t *pixels)
{
    const struct projection *projection = tile->projection;
    clear(tile, index);
    for (uint32_t i = projection->starts[index]; i < projection->starts[index + 1]; i++) {
        int error = i % CHECK_EVERY == 0 ? limit_check(limit) : 0;
        if (error < 0)
            return error;
        draw_shape(tile, projection->refs[i]);
    }
    if (!tile->blend)
        settle(tile);
    resolve(tile, pixels);
    return 0;
}

/* ---- all tiles ---- */

/* What the threads of a picture share. Each takes the next tile; which thread draws a tile makes no
 * difference to it. */
struct sharing {
    const struct projection *projection;
    const struct shade *shade;
    const struct limit *limit;
    unsigned samples;
    uint8_t *pixels;
    atomic_uint next;
    atomic_int error;
};

static void *work(void *arg)
{
    struct sharing *sharing = arg;
    unsigned tiles = sharing->projection->across * sharing->projection->down;
    struct tile *tile = tile_new(sharing->projection, sharing->shade, sharing->samples);
    int error = tile == NULL ? -ENOMEM : 0;
    while (error == 0 && atomic_load(&sharing->error) == 0) {
        unsigned index = atomic_fetch_add(&sharing->next, 1);
        if (index >= tiles)
            break;
        error = tile_draw(tile, index, sharing->limit, sharing->pixels);
    }
    if (error < 0)
        atomic_store(&sharing->error, error);
    tile_free(tile);
    return NULL;
}

int tile_draw_all(const struct projection *projection, const struct shade *shade,
                  const struct tile_effort *effort, const struct limit *limit, uint8_t *pixels)
{
    struct sharing sharing = { .projection = projection,
                               .shade = shade,
                               .limit = limit,
                               .samples = effort->samples,
                               .pixels = pixels };
    pthread_t threads[TILE_THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < effort->threads && started < TILE_THREADS_MAX &&
           pthread_create(&threads[started], NULL, work, &sharing) == 0)
        started++;
    work(&sharing);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&sharing.error);
}

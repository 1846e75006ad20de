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

static struct tile *tile_new(const struct tile_picture *picture)
{
    unsigned shown = picture->samples;
    const int8_t(*places)[2] = shown == 4 ? four : shown == 8 ? eight : sixteen;
    struct tile *tile = malloc(sizeof(*tile));
    if (tile == NULL)
        return NULL;
    tile->picture = picture;
    tile->projection = picture->projection;
    tile->shade = picture->shade;
    tile->shown = shown;
    tile->samples = picture->marks != NULL ? shown + 1 : shown;
    for (unsigned i = 0; i < tile->samples; i++) {
        for (int k = 0; k < 2; k++)
            tile->offsets[i][k] = ((i < shown ? places[i][k] : 0) + 8) * PROJECTION_STEPS / 16;
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
    for (unsigned i = 0; i < tile->shown; i++) {
        uint8_t *under = tile->color[first + i];
        if (!(mask >> i & 1))
            continue;
        for (int k = 0; k < 3; k++)
            under[k] = mix(rgba[k], under[k], rgba[3]);
        under[3] = mix(255, under[3], rgba[3]);
    }
}

/* Counts the backs and fronts of a solid at the samples of `mask`: if they differ, one looks into
 * it. The numbers may wrap around. */
static void count(struct tile *tile, size_t first, unsigned mask, enum scene_side side)
{
    for (unsigned i = 0; i < tile->samples; i++) {
        if (mask >> i & 1)
            tile->counts[first + i] += side == SCENE_BACK ? 1 : UINT8_MAX;
    }
}

static unsigned open_samples(const struct tile *tile, size_t first)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < tile->samples; i++) {
        if (tile->counts[first + i] != 0)
            mask |= 1U << i;
    }
    return mask;
}

/* Begins to count for another lid. */
static void begin_lid(struct tile *tile, unsigned lid)
{
    tile->lid = lid;
    memset(tile->counts, 0, (size_t)TILE_PIXELS * tile->samples);
}

void tile_cover(struct tile *tile, uint32_t number, int x, int y, unsigned mask, const float *z)
{
    size_t first = (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * tile->samples;
    const struct projection *projection = tile->projection;
    const struct scene_item *item = projection->items[projection->shapes[number].item].item;
    unsigned seen = 0;
    uint8_t rgba[4];
    if (item->role == SCENE_COUNTED) {
        count(tile, first, mask, item->side);
        return;
    }
    if (item->role == SCENE_LID)
        mask &= open_samples(tile, first);
    if (item->kind != SCENE_FACES)
        mask &= (1U << tile->shown) - 1;
    for (unsigned i = 0; i < tile->samples; i++) {
        if (mask >> i & 1 && z[i] <= tile->depth[first + i])
            seen |= 1U << i;
    }
    if (seen == 0)
        return;
    for (unsigned i = 0; i < tile->samples && item->depth; i++) {
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
    unsigned left = (1U << tile->shown) - 1;
    for (unsigned i = 0; i < tile->shown; i++) {
        uint32_t number = tile->owner[first + i];
        uint8_t rgba[4];
        if (!(left >> i & 1) || number == TILE_NONE)
            continue;
        tile_color(tile, number, x, y, rgba);
        for (unsigned k = i; k < tile->shown; k++) {
            if (tile->owner[first + k] != number)
                continue;
            memcpy(tile->color[first + k], rgba, 4);
            left &= ~(1U << k);
        }
    }
}

/* The mark of a pixel: of the face or lid in its middle. */
static uint32_t mark_of(struct tile *tile, int x, int y)
{
    size_t first = (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * tile->samples;
    uint32_t number = tile->owner[first + tile->shown];
    if (number == TILE_NONE)
        return 0;
    const struct projection *projection = tile->projection;
    const struct scene_item *item = projection->items[projection->shapes[number].item].item;
    if (item->role == SCENE_LID)
        return item->lid;
    return item->normals != NULL && tile_on_cut(tile, number, x, y) ? TILE_CUT : 0;
}

static void mark(struct tile *tile)
{
    for (int y = tile->top; y < tile->bottom; y++) {
        for (int x = tile->left; x < tile->right; x++)
            tile->picture->marks[(size_t)y * tile->projection->width + (size_t)x] =
                mark_of(tile, x, y);
    }
}

static void settle(struct tile *tile)
{
    for (int y = tile->top; y < tile->bottom; y++) {
        for (int x = tile->left; x < tile->right; x++)
            settle_pixel(tile, x, y);
    }
    if (tile->picture->marks != NULL)
        mark(tile);
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
    tile->lid = 0;
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
    const struct scene_item *item = projection->items[shape->item].item;
    if (item->lid != 0 && item->lid != tile->lid)
        begin_lid(tile, item->lid);
    if (shape->item >= projection->blended && !tile->blend) {
        settle(tile);
        tile->blend = true;
    }
    switch (item->kind) {
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
static void resolve(struct tile *tile)
{
    unsigned shown = tile->shown;
    if (shown == 0)
        return;
    for (int y = tile->top; y < tile->bottom; y++) {
        for (int x = tile->left; x < tile->right; x++) {
            size_t first =
                (size_t)((y - tile->top) * PROJECTION_TILE + (x - tile->left)) * tile->samples;
            uint8_t *out =
                tile->picture->pixels + 4 * ((size_t)y * tile->projection->width + (size_t)x);
            /* Inside of a shape all samples are the same. */
            if (memcmp(tile->color[first], tile->color[first + 1], 4 * (size_t)(shown - 1)) == 0) {
                memcpy(out, tile->color[first], 4);
                continue;
            }
            for (int k = 0; k < 4; k++) {
                unsigned sum = shown / 2;
                for (unsigned i = 0; i < shown; i++)
                    sum += tile->color[first + i][k];
                out[k] = (uint8_t)(sum / shown);
            }
        }
    }
}

static int tile_draw(struct tile *tile, unsigned index)
{
    const struct projection *projection = tile->projection;
    if (projection->starts[index] == projection->starts[index + 1])
        return 0;
    clear(tile, index);
    for (uint32_t i = projection->starts[index]; i < projection->starts[index + 1]; i++) {
        int error = i % CHECK_EVERY == 0 ? limit_check(tile->picture->limit) : 0;
        if (error < 0)
            return error;
        draw_shape(tile, projection->refs[i]);
    }
    if (!tile->blend)
        settle(tile);
    resolve(tile);
    return 0;
}

/* ---- all tiles ---- */

/* What the threads of a picture share. Each takes the next tile; which thread draws a tile makes no
 * difference to it. */
struct sharing {
    const struct tile_picture *picture;
    atomic_uint next;
    atomic_int error;
};

static void *work(void *arg)
{
    struct sharing *sharing = arg;
    const struct projection *projection = sharing->picture->projection;
    unsigned tiles = projection->across * projection->down;
    struct tile *tile = tile_new(sharing->picture);
    int error = tile == NULL ? -ENOMEM : 0;
    while (error == 0 && atomic_load(&sharing->error) == 0) {
        unsigned index = atomic_fetch_add(&sharing->next, 1);
        if (index >= tiles)
            break;
        error = tile_draw(tile, index);
    }
    if (error < 0)
        atomic_store(&sharing->error, error);
    tile_free(tile);
    return NULL;
}

int tile_draw_all(const struct tile_picture *picture)
{
    struct sharing sharing = { .picture = picture };
    pthread_t threads[TILE_THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < picture->threads && started < TILE_THREADS_MAX &&
           pthread_create(&threads[started], NULL, work, &sharing) == 0)
        started++;
    work(&sharing);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&sharing.error);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/render_tiles.h"

#include <errno.h>
#include <pthread.h>

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

int render_tiles(const struct projection *projection, const struct shade *shade,
                 const struct render_options *options, const struct limit *limit, uint8_t *pixels)
{
    struct sharing sharing = { .projection = projection,
                               .shade = shade,
                               .limit = limit,
                               .samples = options->samples == 0 ? 4 : options->samples,
                               .pixels = pixels };
    pthread_t threads[RENDER_THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < options->threads && started < RENDER_THREADS_MAX &&
           pthread_create(&threads[started], NULL, work, &sharing) == 0)
        started++;
    work(&sharing);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&sharing.error);
}

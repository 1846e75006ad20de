/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* A model file, hostile in every part of it, through the reader and the rasteriser. The input is
 * its JSON, then a zero byte, then its arrays; one that begins as a model file does is taken as
 * whole. What must hold: it is drawn, or an error has a reason. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model_input.h"
#include "render/query.h"
#include "render/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void draw(const uint8_t *file, size_t size)
{
    static const char *const queries[] = {
        "", "view=top,200,-30&axes=1&grid=1&projection=perspective",
        "view=iso,left&clip=-1,0,0,0,0,3,-1,1e-3&fit=0&projection=perspective"
    };
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct text why = { 0 };
        struct render_options options;
        struct render_picture picture;
        render_options_init(&options);
        must(query_read(&options, queries[i], &why) == 0);
        options.width = 40;
        options.height = 30;
        options.max_ms = 1000;
        options.max_bytes = 1 << 20;
        int error = render_draw(file, size, &options, &picture);
        must(error < 0 ? picture.fault != NULL && picture.pixels == NULL : picture.pixels != NULL);
        render_picture_free(&picture);
        text_free(&why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    model_input(data, size, draw);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* A model file, hostile in every part of it, beside itself and beside an honest one, compared. The
 * input is as that of fuzz_render. What must hold: the comparison is made, and can be drawn or has
 * a reason why not, or an error has a reason. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "model_input.h"
#include "render/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void draw(const struct blob *model)
{
    struct render_options options;
    struct render_picture picture;
    render_options_init(&options);
    options.width = 20;
    options.height = 20;
    options.max_ms = 1000;
    options.max_bytes = 1 << 20;
    int error = render_draw(model->data, model->size, &options, &picture);
    must(error == 0 || error == -ENOMEM || picture.fault != NULL);
    render_picture_free(&picture);
    render_options_free(&options);
}

static void compare(const struct blob *from, const struct blob *to, bool itself)
{
    struct compare_result result;
    const struct compare_input one = { .file = from }, two = { .file = to };
    const struct compare_options options = {
        .picture = true, .limit = 10, .max_bytes = 1 << 20, .max_ms = 1000
    };
    int error = compare_models(&one, &two, &options, &result);
    must(error < 0 ? result.fault[0] != '\0' && result.report == NULL
                   : result.report != NULL && result.model.bytes != NULL);
    must(error < 0 || !itself || result.same);
    if (error == 0)
        draw(result.model.bytes);
    compare_result_free(&result);
}

static void honest(const uint8_t *file, size_t size)
{
    static const char parts[] = "{\"data\":{\"instances\":[],\"shapes\":{\"id\":\"/"
                                "G\",\"name\":\"G\",\"parts\":[{\"id\":\"/G/a\",\"type\":"
                                "\"shapes\",\"state\":[1,1],\"shape\":{}}]}},\"config\":{}}";
    struct blob *hostile = blob_copy(file, size);
    struct blob *other = blob_new(MODEL_HEAD + sizeof(parts) + MODEL_ALIGN);
    must(hostile != NULL && other != NULL);
    memset(other->data, 0, other->room);
    memcpy(other->data, MODEL_MAGIC, 8);
    bytes_put(other->data + 8, 1, 4);
    bytes_put(other->data + 12, sizeof(parts) - 1, 4);
    memcpy(other->data + MODEL_HEAD, parts, sizeof(parts) - 1);
    other->size = other->room;
    compare(hostile, hostile, true);
    compare(hostile, other, false);
    compare(other, hostile, false);
    blob_unref(hostile);
    blob_unref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    model_input(data, size, honest);
    return 0;
}

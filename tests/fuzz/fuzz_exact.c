/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * A show that sends geometry: the first line is the payload of an `E`, the rest a mesh, as a helper
 * or the disk may have it, for all of its shapes. What must hold: an assembled file reads as one,
 * and as the message that it stands for.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/assemble.h"
#include "model/instance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_file(const struct model_file *file, const struct model_options *options)
{
    struct model_file opened, converted;
    struct blob *text;
    must(model_is_file(file->bytes) && file->bytes->size == file->bytes->room);
    must(model_open(file->bytes, options, &opened) == 0);
    must(strcmp(opened.hash, file->hash) == 0);
    if (model_text(file->bytes, options, &text) == 0) {
        int error = model_convert(text, options, &converted);
        /* The converter follows fewer brackets than the reader of plans. */
        must(error == 0 || error == -E2BIG);
        must(error < 0 || (converted.left == 0 && converted.arrays == file->arrays));
        model_file_free(&converted);
        blob_unref(text);
    }
    model_file_free(&opened);
}

static void assemble(const struct plan *plan, struct blob *mesh)
{
    const struct model_options options = { .max_bytes = 1 << 22, .key = { 1 } };
    struct blob **meshes = calloc(plan->shape_count + 1, sizeof(*meshes));
    struct model_file file;
    struct assemble_facts facts;
    struct blob *parts;
    for (uint32_t i = 0; i < plan->shape_count; i++) {
        meshes[i] = mesh;
        must(plan_find(plan, plan->shapes[i].hash) == plan->shapes[i].same);
    }
    if (assemble_model(plan, meshes, &options, &file, &facts) == 0) {
        check_file(&file, &options);
        model_file_free(&file);
        assemble_facts_free(&facts);
    }
    if (assemble_parts(plan, meshes, 1 << 20, &parts) == 0)
        blob_unref(parts);
    free(meshes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[PLAN_WHY];
    struct plan *plan;
    struct instance instance;
    const uint8_t *end = memchr(data, '\n', size);
    if (end == NULL)
        end = data + size;
    size_t rest = size - (size_t)(end - data);
    struct blob *mesh = blob_copy(rest > 0 ? end + 1 : end, rest > 0 ? rest - 1 : 0);
    if (instance_open(&instance, mesh) == 0) {
        for (enum instance_array array = 0; array < INSTANCE_ARRAYS; array++) {
            size_t bytes = instance.arrays[array].bytes;
            must(bytes <= mesh->size &&
                 (bytes == 0 || (instance.arrays[array].data >= mesh->data &&
                                 instance.arrays[array].data + bytes <= mesh->data + mesh->size)));
        }
        instance_close(&instance);
    }
    if (plan_read(&plan, data, (size_t)(end - data), 1 << 20, why) == 0) {
        assemble(plan, mesh);
        plan_unref(plan);
    }
    blob_unref(mesh);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_MODEL_INPUT_H
#define CADCAST_TESTS_MODEL_INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "model/model.h"

/* Hands over the model file that an input stands for: its JSON, then a zero byte, then its arrays;
 * and the input itself if it begins as a model file does. */
static inline void model_input(const uint8_t *data, size_t size,
                               void (*take)(const uint8_t *file, size_t size))
{
    const uint8_t *zero = memchr(data, '\0', size);
    size_t json = zero == NULL ? size : (size_t)(zero - data);
    size_t arrays = zero == NULL ? 0 : size - json - 1;
    size_t start = (MODEL_HEAD + json + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    uint8_t *file = calloc(1, start + arrays);
    if (file == NULL)
        abort();
    memcpy(file, MODEL_MAGIC, 8);
    bytes_put(file + 8, 1, 4);
    bytes_put(file + 12, json, 4);
    memcpy(file + MODEL_HEAD, data, json);
    if (arrays > 0)
        memcpy(file + start, zero + 1, arrays);
    take(file, start + arrays);
    if (size >= 8 && memcmp(data, MODEL_MAGIC, 8) == 0)
        take(data, size);
    free(file);
}

#endif

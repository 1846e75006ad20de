/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* Deepest nesting within a shape or a colour. */
#define DEPTH_MAX 32

void compare_hash_hex(const uint8_t hash[HASH_SHA256], char hex[COMPARE_HASH_HEX])
{
    for (size_t i = 0; i < HASH_SHA256; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

int compare_hash_array(const struct scene *scene, const json_t *value, const uint8_t **data,
                       size_t *bytes)
{
    const json_t *offset = json_object_get(value, "offset");
    const json_t *size = json_object_get(value, "bytes");
    if (!json_is_array(json_object_get(value, "shape")) ||
        !json_is_string(json_object_get(value, "dtype")) || offset == NULL || size == NULL)
        return 0;
    json_int_t at = json_integer_value(offset);
    json_int_t count = json_integer_value(size);
    if (!json_is_integer(offset) || !json_is_integer(size) || at < 0 || count < 0 ||
        at % MODEL_ALIGN != 0 || (uint64_t)at > scene->size ||
        (uint64_t)count > scene->size - (uint64_t)at)
        return -EINVAL;
    *data = scene->data + at;
    *bytes = (size_t)count;
    return 1;
}

/* Stands for an array's bytes in the text that is hashed. */
static int digest_of(const json_t *value, const uint8_t *data, size_t bytes, json_t **out)
{
    uint8_t sum[HASH_SHA256];
    char hex[COMPARE_HASH_HEX];
    int error = hash_sha256(sum, data, bytes);
    if (error == 0)
        compare_hash_hex(sum, hex);
    *out = error < 0
               ? NULL
               : json_pack("[s, s, I]", hex, json_string_value(json_object_get(value, "dtype")),
                           (json_int_t)bytes);
    return *out == NULL ? -ENOMEM : 0;
}

static int resolve(const struct scene *scene, json_t *value, unsigned depth, json_t **out);

static int resolve_object(const struct scene *scene, json_t *value, unsigned depth, json_t **out)
{
    const char *name;
    json_t *member;
    *out = json_object();
    int error = *out == NULL ? -ENOMEM : 0;
    json_object_foreach(value, name, member) {
        json_t *resolved = NULL;
        if (error == 0)
            error = resolve(scene, member, depth, &resolved);
        if (error == 0 && json_object_set_new(*out, name, resolved) < 0)
            error = -ENOMEM;
    }
    return error;
}

static int resolve_list(const struct scene *scene, json_t *value, unsigned depth, json_t **out)
{
    size_t index;
    json_t *item;
    *out = json_array();
    int error = *out == NULL ? -ENOMEM : 0;
    json_array_foreach(value, index, item) {
        json_t *resolved = NULL;
        if (error == 0)
            error = resolve(scene, item, depth, &resolved);
        if (error == 0 && json_array_append_new(*out, resolved) < 0)
            error = -ENOMEM;
    }
    return error;
}

/* Makes a copy in which digests stand for arrays. */
static int resolve(const struct scene *scene, json_t *value, unsigned depth, json_t **out)
{
    const uint8_t *data = NULL;
    size_t bytes = 0;
    *out = NULL;
    if (depth == DEPTH_MAX)
        return -E2BIG;
    int array = compare_hash_array(scene, value, &data, &bytes);
    if (array < 0)
        return array;
    int error = 0;
    if (array > 0)
        error = digest_of(value, data, bytes, out);
    else if (json_is_object(value))
        error = resolve_object(scene, value, depth + 1, out);
    else if (json_is_array(value))
        error = resolve_list(scene, value, depth + 1, out);
    else
        *out = json_incref(value);
    if (error < 0) {
        json_decref(*out);
        *out = NULL;
    }
    return error;
}

int compare_hash(const struct scene *scene, const json_t *value, uint8_t out[HASH_SHA256])
{
    json_t *resolved = NULL;
    int error = resolve(scene, (json_t *)(uintptr_t)value, 0, &resolved);
    if (error < 0)
        return error;
    char *text = json_dumps(resolved, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    error = text == NULL ? -ENOMEM : hash_sha256(out, text, strlen(text));
    free(text);
    json_decref(resolved);
    return error;
}

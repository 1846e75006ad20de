/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/weight.h"

#include <string.h>

/* Bytes of memory for a value, its place in an array, and its place in an object. */
enum { VALUE = 32, ITEM = 8, MEMBER = 80 };

/* "[1,1,1" costs the most for its length: a value and an item for two bytes. */
#define MEMORY_OF_TEXT ((VALUE + ITEM) / 2)

static size_t weight_of_object(const json_t *json)
{
    const char *key;
    json_t *value;
    size_t total = 2 * VALUE;
    /* The macro wants to be able to change it, and does not. */
    json_object_foreach((json_t *)json, key, value) total +=
        MEMBER + strlen(key) + weight_of(value);
    return total;
}

static size_t weight_of_array(const json_t *json)
{
    size_t total = 2 * VALUE;
    for (size_t i = 0; i < json_array_size(json); i++)
        total += ITEM + weight_of(json_array_get(json, i));
    return total;
}

size_t weight_of(const json_t *json)
{
    if (json_is_object(json))
        return weight_of_object(json);
    if (json_is_array(json))
        return weight_of_array(json);
    return VALUE + (json_is_string(json) ? json_string_length(json) : 0);
}

bool weight_exceeds(size_t *most, const json_t *json, size_t text, size_t limit)
{
    *most += text * MEMORY_OF_TEXT;
    if (*most <= limit)
        return false;
    *most = weight_of(json);
    return *most > limit;
}

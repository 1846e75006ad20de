/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/json_memory.h"

#include <string.h>

/* Estimated bytes of memory of a value, of an array slot, and of an object entry. */
enum { VALUE = 32, ITEM = 8, MEMBER = 80 };

/* Worst case of memory per byte of text: "[1,1,1" has a value and an array slot for two bytes. */
#define MEMORY_OF_TEXT ((VALUE + ITEM) / 2)

static size_t json_memory_of_object(const json_t *json)
{
    const char *key;
    json_t *value;
    size_t total = 2 * VALUE;
    /* The macro takes a non-const pointer, but does not change the value. */
    json_object_foreach((json_t *)json, key, value)
        total += MEMBER + strlen(key) + json_memory_of(value);
    return total;
}

static size_t json_memory_of_array(const json_t *json)
{
    size_t total = 2 * VALUE;
    for (size_t i = 0; i < json_array_size(json); i++)
        total += ITEM + json_memory_of(json_array_get(json, i));
    return total;
}

size_t json_memory_of(const json_t *json)
{
    if (json_is_object(json))
        return json_memory_of_object(json);
    if (json_is_array(json))
        return json_memory_of_array(json);
    return VALUE + (json_is_string(json) ? json_string_length(json) : 0);
}

bool json_memory_exceeds(size_t *most, const json_t *json, size_t text, size_t limit)
{
    *most += text * MEMORY_OF_TEXT;
    if (*most <= limit)
        return false;
    *most = json_memory_of(json);
    return *most > limit;
}

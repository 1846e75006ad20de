/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_tags.h"

#include <errno.h>
#include <string.h>

#include "settings/config_scalar.h"

#define TAG "tag:yaml.org,2002:"

json_t *config_tags_scalar(const char *text, size_t size, const char *tag)
{
    static const struct {
        const char *tag;
        unsigned kinds; /* bits of json_type */
    } fits[] = {
        { TAG "int", 1u << JSON_INTEGER | 1u << JSON_REAL },
        { TAG "float", 1u << JSON_INTEGER | 1u << JSON_REAL | 1u << JSON_NULL },
        { TAG "bool", 1u << JSON_TRUE | 1u << JSON_FALSE },
        { TAG "null", 1u << JSON_NULL },
        { TAG "timestamp", 1u << JSON_STRING },
    };
    errno = ENOMEM;
    if (strcmp(tag, TAG "str") == 0 || strcmp(tag, TAG "binary") == 0)
        return json_stringn(text, size);
    json_t *value = config_scalar(text, size);
    unsigned kind = value != NULL ? 1u << json_typeof(value) : 0;
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]) && value != NULL; i++) {
        if (strcmp(tag, fits[i].tag) != 0 || (fits[i].kinds & kind) == 0)
            continue;
        if (i != 1 || !json_is_integer(value))
            return value;
        double number = json_number_value(value);
        json_decref(value);
        return json_real(number);
    }
    if (value != NULL)
        errno = 0;
    json_decref(value);
    return NULL;
}

bool config_tags_fit(const char *tag, bool map)
{
    static const char *const tags[] = { TAG "omap", TAG "pairs", TAG "seq", TAG "map", TAG "set" };
    for (int i = map ? 3 : 0; tag != NULL && i < (map ? 5 : 3); i++) {
        if (strcmp(tag, tags[i]) == 0)
            return true;
    }
    return tag == NULL || strcmp(tag, "!") == 0;
}

int config_tags_merge(json_t *merged, json_t *value)
{
    if (json_is_object(value))
        return json_object_update(merged, value) == 0 ? 0 : -ENOMEM;
    for (size_t i = json_array_size(value); i > 0; i--) {
        json_t *item = json_array_get(value, i - 1);
        if (!json_is_object(item))
            return -EINVAL;
        if (json_object_update(merged, item) < 0)
            return -ENOMEM;
    }
    return json_is_array(value) ? 0 : -EINVAL;
}

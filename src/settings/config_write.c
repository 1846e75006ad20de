/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_real(struct text *out, double value)
{
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_add(out, digits);
    if (strpbrk(digits, ".en") == NULL)
        text_add(out, ".0");
}

static void write_array(struct text *out, const json_t *array)
{
    text_add(out, "[");
    for (size_t i = 0; i < json_array_size(array); i++) {
        text_add(out, i > 0 ? "," : "");
        config_write(out, json_array_get(array, i));
    }
    text_add(out, "]");
}

static void write_object(struct text *out, const json_t *object)
{
    const char *before = "";
    const char *key;
    json_t *value;
    text_add(out, "{");
    json_object_foreach((json_t *)object, key, value) {
        text_add(out, before);
        text_add_json(out, key, strlen(key));
        text_add(out, ":");
        config_write(out, value);
        before = ",";
    }
    text_add(out, "}");
}

void config_write(struct text *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(out, value);
        break;
    case JSON_ARRAY:
        write_array(out, value);
        break;
    case JSON_STRING:
        text_add_json(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        text_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        text_add(out, "true");
        break;
    case JSON_FALSE:
        text_add(out, "false");
        break;
    case JSON_NULL:
        text_add(out, "null");
        break;
    }
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_json.h"

static json_t *list_texts(const struct options_texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(list, json_string(texts->items[i]));
    return list;
}

static json_t *list_ports(const struct options_ports *ports)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ports->count; i++)
        json_array_append_new(list,
                              json_sprintf("%u=%s", ports->items[i].port, ports->items[i].name));
    return list;
}

/* The option's value. A new reference; NULL: it has none. */
static json_t *value_of(const struct options *options, const struct options_row *row)
{
    const void *field = (const char *)options + row->field;
    if (row->field == OPTIONS_NO_FIELD)
        return json_incref(json_object_get(options->settings, row->name));
    switch (row->kind) {
    case OPTIONS_SWITCH:
    case OPTIONS_BOTH:
        return json_boolean(*(const bool *)field);
    case OPTIONS_CHOICE:
    case OPTIONS_INTEGER:
        return json_integer(*(const int64_t *)field);
    case OPTIONS_BYTES:
    case OPTIONS_SECONDS:
        return json_integer((json_int_t) * (const uint64_t *)field);
    case OPTIONS_TEXT:
    case OPTIONS_SECRET:
    case OPTIONS_HOST:
        return json_string(*(char *const *)field);
    case OPTIONS_HOSTS:
    case OPTIONS_ORIGINS:
    case OPTIONS_NETWORKS:
        return list_texts(field);
    case OPTIONS_PORTS:
        return list_ports(field);
    default:
        return NULL;
    }
}

json_t *options_json(const struct options *options)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    json_t *all = json_object();
    for (size_t i = 0; all != NULL && i < count; i++) {
        json_t *value = value_of(options, &rows[i]);
        if (value != NULL)
            json_object_set_new(all, rows[i].name, value);
    }
    return all;
}

unsigned options_json_differ(const struct options *options, const json_t *other, struct text *out)
{
    size_t count;
    unsigned differ = 0;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (options->source[i] == OPTIONS_DEFAULT)
            continue;
        json_t *value = value_of(options, &rows[i]);
        if (value != NULL && !json_equal(value, json_object_get(other, rows[i].name)))
            text_format(out, "%s--%s", differ++ == 0 ? "" : " ", rows[i].name);
        json_decref(value);
    }
    return differ;
}

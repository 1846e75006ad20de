/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_YAML_H
#define CADCAST_SETTINGS_CONFIG_YAML_H

#include <jansson.h>
#include <stddef.h>

/* Deepest nesting that is read, aliases expanded. */
#define CONFIG_YAML_DEPTH 64

/* Largest expanded size of a file, with aliases replaced by their values: bytes of text, plus one
 * for each value. An ordinary file stays below its own size; a "billion laughs" attack does not. */
#define CONFIG_YAML_EXPANDED (4u << 20)

/* An error of a file and its place; lines and columns count from 1. */
struct config_yaml_error {
    size_t line;
    size_t column;
    char text[160];
};

/*
 * Reads a YAML file whose top level is a map, as PyYAML's safe_load does: anchors, aliases, merge
 * keys and the standard tags; keys that are not strings become strings. An empty file is an empty
 * map. `*places`, unless `places` is NULL, maps each key of the top level to [line, column] of its
 * value.
 *
 * Returns 0, `*out` and `*places` then being the caller's; -EINVAL with `error` filled; or -ENOMEM.
 */
int config_yaml_load(const char *data, size_t size, json_t **out, json_t **places,
                     struct config_yaml_error *error);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONFIG_YAML_H
#define CADCAST_DAEMON_CONFIG_YAML_H

#include <jansson.h>
#include <stddef.h>

/* Nesting that is read, aliases followed. */
#define CONFIG_YAML_DEPTH 64

/* What a file may grow to, aliases followed: bytes of text, and one for each value. A file that is
 * not made to hurt stays below its own size. */
#define CONFIG_YAML_WEIGHT (4u << 20)

/* What is wrong with a file, and where; lines and columns count from 1. */
struct config_yaml_error {
    size_t line;
    size_t column;
    char text[160];
};

/*
 * Reads a YAML file whose top level is a map, as PyYAML's safe_load does: anchors, aliases, merge
 * keys and the standard tags; keys that are no strings become strings. An empty file is an empty
 * map. `*places`, unless `places` is NULL, maps each key of the top level to [line, column] of its
 * value.
 *
 * Returns 0, `*out` and `*places` then being the caller's; -EINVAL with `error` filled; or -ENOMEM.
 */
int config_yaml_load(const char *data, size_t size, json_t **out, json_t **places,
                     struct config_yaml_error *error);

#endif

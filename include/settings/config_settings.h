/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_SETTINGS_H
#define CADCAST_SETTINGS_CONFIG_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/* The settings under their names in the file and on the command line, and their translation to the
 * viewer's names. Values are references of jansson; functions that return one return a new one, or
 * NULL if there is no memory. */

/* All defaults. */
json_t *config_settings_defaults(void);

/* The viewer's object, sorted, from the defaults, the file's map and the options' map. */
json_t *config_settings_resolve(const json_t *file, const json_t *given);

/* The map of modifier keys for one kind of system, from the file's `value`; `alt` is always set. */
json_t *config_settings_keys(const json_t *value, bool mac);

/* Adds the defaults as a YAML file with comments. */
void config_settings_file(struct text *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONFIG_SETTINGS_H
#define CADCAST_DAEMON_CONFIG_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/* The settings under their names in the file and on the command line, and their translation into
 * the viewer's words. Values are references of jansson; functions that return one return a new
 * one, or NULL where there is no memory. */

/* All defaults. */
json_t *config_settings_defaults(void);

/* What is wrong with the type of a known setting ("wants a number"); NULL where it can be used, or
 * the name is not known. null can always be used: it stands for the default. */
const char *config_settings_fault(const char *name, const json_t *value);

/* The viewer's object, sorted, from the defaults, the file's map and the options' map. */
json_t *config_settings_resolve(const json_t *file, const json_t *given);

/* The map of modifier keys for one kind of system, from what the file holds; `alt` is there. */
json_t *config_settings_keys(const json_t *value, bool mac);

/* Adds the defaults as a YAML file with comments. */
void config_settings_file(struct text *out);

#endif

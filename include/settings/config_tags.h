/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_TAGS_H
#define CADCAST_SETTINGS_CONFIG_TAGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The tags of YAML 1.1 ("tag:yaml.org,2002:int") and the key "<<". */

/* config_scalar for a word with a tag. A new reference; NULL with errno 0 if the word is not of
 * that kind or the tag is not a standard one, with ENOMEM if there is no memory. */
json_t *config_tags_scalar(const char *text, size_t size, const char *tag);

/* Whether a map or a list may have that tag; NULL is none. An ordered map stays a list of maps, as
 * it is written. */
bool config_tags_fit(const char *tag, bool map);

/* Merges the value of "<<", a map or a list of maps with the first taking precedence, into
 * `merged`. Returns 0, -EINVAL if it is something else, or -ENOMEM. */
int config_tags_merge(json_t *merged, json_t *value);

#endif

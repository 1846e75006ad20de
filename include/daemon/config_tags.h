/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONFIG_TAGS_H
#define CADCAST_DAEMON_CONFIG_TAGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What the tags of YAML 1.1 ("tag:yaml.org,2002:int") and the key "<<" mean. */

/* config_scalar for a word with a tag. A new reference; NULL with errno 0 where the word is not of
 * that kind or the tag is none of the standard ones, with ENOMEM where there is no memory. */
json_t *config_tags_scalar(const char *text, size_t size, const char *tag);

/* Whether a map or a list may have that tag; NULL is none. Ordered maps stay the lists of maps that
 * they are written as. */
bool config_tags_fit(const char *tag, bool map);

/* Puts what "<<" stands for, a map or a list of maps of which the first counts most, into `merged`.
 * Returns 0, -EINVAL where it is something else, or -ENOMEM. */
int config_tags_merge(json_t *merged, json_t *value);

#endif

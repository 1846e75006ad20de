/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_JSON_MEMORY_H
#define CADCAST_VIEW_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Estimated bytes of memory of a JSON value, with everything in it. */
size_t json_memory_of(const json_t *json);

/* Whether the memory of `json` exceeds `limit` after it was changed from `text` bytes of a message.
 * The value is walked only if its upper bound exceeds the limit, so many small changes are cheap.
 * `*most` is that bound: 0 at first, and kept by the caller beside the value. */
bool json_memory_exceeds(size_t *most, const json_t *json, size_t text, size_t limit);

#endif

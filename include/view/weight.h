/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_WEIGHT_H
#define CADCAST_VIEW_WEIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* About how many bytes of memory a JSON value takes, with all that is in it. */
size_t weight_of(const json_t *json);

/* `json` may have grown by what `text` bytes of a message say. Whether it weighs more than `limit`
 * now: it is looked through only where it could, so this is cheap for many small changes. `*most`
 * is what it weighs at most, 0 to begin with, and the caller's to keep beside it. */
bool weight_exceeds(size_t *most, const json_t *json, size_t text, size_t limit);

#endif

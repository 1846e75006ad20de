/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_JSON_H
#define CADCAST_BASE_JSON_H

#include <stddef.h>

#include <jansson.h>

/*
 * Reads a JSON text of another program, as json_loadb with `flags` does, with every number that RFC
 * 8259 section 6 allows: jansson refuses whole numbers beyond 64 bits, which JavaScript writes, and
 * numbers beyond a double. The former become the nearest double, as they are in JavaScript, the
 * latter the largest double of their sign. Other numbers are unchanged.
 *
 * A new reference; NULL: the reason is in `error`.
 */
json_t *json_read(const void *data, size_t size, size_t flags, json_error_t *error);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_ERROR_H
#define CADCAST_BASE_ERROR_H

#include <errno.h>

/*
 * The one rule for results, everywhere: a function that can fail returns an int.
 *
 *   below 0   a negative errno value; fatal to the current object, passed on to its owner
 *   0         success
 *   above 0   a condition, not a failure, that the function's header lists
 *
 * libuv's UV_E... values are negative errno values on every Unix, so they pass through unchanged. A
 * failing allocation is -ENOMEM: an error of the one connection that needed the memory.
 */

/* Short text for a negative errno value ("address already in use"). Never NULL; static storage, or
 * `buf` (of `size` bytes) if the value is unknown. */
const char *error_text(int error, char *buf, unsigned size);

#endif

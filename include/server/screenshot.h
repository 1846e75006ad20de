/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SCREENSHOT_H
#define CADCAST_SERVER_SCREENSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Checks that a name is valid for a screenshot: absolute, shorter than PATH_MAX, not ending in a
 * slash or in "." or "..". Does not access the disk. Returns 0, or -EINVAL with the reason in
 * `message`. */
int screenshot_check_name(const char *filename, size_t size, struct text *message);

/*
 * Writes the picture in `url`, "data:image/png;base64,...", of `size` bytes, to exactly
 * `filename`, atomically, since the kernel that requested it polls for the file. An existing file
 * is replaced, and so is a symbolic link to a file or to nothing. Blocks on the disk: for the
 * worker pool.
 *
 * Returns 0, or a negative errno value with one line in `message`: -EINVAL for a bad name, -EBADMSG
 * for data that is not a whole PNG, -EISDIR and -ENODEV for a target that is not a file, or an
 * error of the disk.
 */
int screenshot_write(const char *filename, const char *url, size_t size, struct text *message);

/* The same with a whole PNG. */
int screenshot_write_png(const char *filename, const uint8_t *png, size_t size,
                         struct text *message);

#endif

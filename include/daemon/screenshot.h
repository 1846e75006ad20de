/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SCREENSHOT_H
#define CADCAST_DAEMON_SCREENSHOT_H

#include <stddef.h>

#include "base/text.h"

/* Whether a picture may be written under that name: absolute, shorter than PATH_MAX, not ending
 * in a slash or in "." or "..". Looks at the name alone. Returns 0, or -EINVAL and why in
 * `message`. */
int screenshot_check_name(const char *filename, size_t size, struct text *message);

/*
 * Writes the picture in `url`, "data:image/png;base64,...", of `size` bytes, to exactly
 * `filename`, which appears whole or not at all: the kernel that asked looks for it. A file of that
 * name is replaced, and a symbolic link too where it leads to a file or nowhere. For the worker
 * pool; blocks on the disk.
 *
 * Returns 0, or a negative errno value with one line in `message`: -EINVAL for a bad name, -EBADMSG
 * for something that is not a whole PNG, -EISDIR and -ENODEV for a target that is not a file, and
 * what the disk said.
 */
int screenshot_write(const char *filename, const char *url, size_t size, struct text *message);

#endif

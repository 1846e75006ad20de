/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_FILE_H
#define CADCAST_DAEMON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/text.h"

/*
 * Small files, whole. Everything here but file_glance blocks on the disk, and on nothing else: a
 * FIFO or a device under the name of a file is an error and not something to wait for.
 */

/* How a file is replaced. */
enum file_flags {
    FILE_SYNC = 1, /* on the disk before it gets its name, so that a crash leaves old or new */
    FILE_LIKE = 2, /* keep mode, and where possible owner, of the file that is replaced */
};

/* Appends the contents of a regular file to `out` and, unless `st` is NULL, says in it what was
 * read. Follows symbolic links. Returns 0; -EFBIG where it is longer than `limit` bytes; -EINVAL
 * where it is not a regular file; or what open, read or malloc said. */
int file_read(const char *path, size_t limit, struct text *out, struct stat *st);

/* As stat(2), but never waits for a disk or a network: -EAGAIN where the system does not know all
 * of it by heart, or cannot be asked so. -ENOENT: it is known not to be there. */
int file_glance(const char *path, struct stat *st);

/*
 * Writes `size` bytes under a temporary name in the same folder and renames, so that whoever looks
 * sees the old file or the new one, whole. A symbolic link of that name is replaced, not followed.
 * The mode is that of `FILE_LIKE`, else 0666 less the umask. Returns 0 or a negative errno value;
 * then nothing is changed and no temporary file is left.
 */
int file_replace(const char *path, const void *data, size_t size, unsigned flags);

/* Whether the file could be written, or the folder (`folder`) be read, as far as permissions tell;
 * where it is not there, whether it could be made. Changes nothing. 0 or a negative errno value. */
int file_usable(const char *path, bool folder);

/* Makes the folders in which `path` lies; `path` itself too where it ends with a slash. What is
 * there already stays as it is. 0 or a negative errno value. */
int file_make_folders(const char *path, mode_t mode);

#endif

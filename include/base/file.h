/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_FILE_H
#define CADCAST_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/text.h"

/*
 * Small files, whole. Every function here except file_glance blocks on the disk, and on nothing
 * else: a FIFO or a device in place of a file is an error and is not waited for.
 */

/* How a file is replaced. */
enum file_flags {
    FILE_SYNC = 1, /* on the disk before the rename, so that a crash leaves old or new */
    FILE_LIKE = 2, /* keep mode, and if possible owner, of the file that is replaced */
};

/* Appends the contents of a regular file to `out` and, unless `st` is NULL, fills it with the
 * file's status. Follows symbolic links. Returns 0; -EFBIG if it is longer than `limit` bytes;
 * -EINVAL if it is not a regular file; or the error of open, read or malloc. */
int file_read(const char *path, size_t limit, struct text *out, struct stat *st);

/* Appends what is left to read from a descriptor to `out`; waits for it, if it is a pipe. 0; -EFBIG
 * if it is more than `limit` bytes; or the error of read or malloc. */
int file_read_rest(int fd, size_t limit, struct text *out);

/* Writes all of it to a blocking descriptor. 0, or the error of write; some of it may be written
 * then. */
int file_write(int fd, const void *data, size_t size);

/* Whether both are the same file, whatever its names. */
bool file_same(const struct stat *a, const struct stat *b);

/* Whether the path still names the file that is open as `fd`: another may have been renamed over
 * it, or it may be gone. */
bool file_is_at(int fd, const char *path);

/* As stat(2), but never waits for a disk or a network: -EAGAIN if the system has not all of it
 * cached, or cannot be asked so. -ENOENT: it is known not to exist. */
int file_glance(const char *path, struct stat *st);

/*
 * Writes `size` bytes under a temporary name in the same folder and renames, so that other programs
 * see the old file or the new one, whole. A symbolic link of that name is replaced, not followed.
 * The mode is that of `FILE_LIKE`, else 0666 less the umask. Returns 0 or a negative errno value,
 * after which nothing is changed and no temporary file is left.
 */
int file_replace(const char *path, const void *data, size_t size, unsigned flags);

/* Whether the file could be written, or a file be created in the folder (`folder`): tries it, with
 * the folders above it, and removes what it created. 0 or a negative errno value. */
int file_try(const char *path, bool folder);

/* Creates the folders above `path`; `path` itself too if it ends with a slash. Existing ones are
 * unchanged. 0 or a negative errno value. */
int file_make_folders(const char *path, mode_t mode);

#endif

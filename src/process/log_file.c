/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

static int open_path(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    return fd < 0 ? -errno : fd;
}

/* Puts the open file `fd` behind the descriptor of the log. */
static int take_place(int fd, int of)
{
    int error = sys_duplicate(fd, of, of <= STDERR_FILENO);
    close(fd);
    return error;
}

int log_file_open(struct log_file *file, const char *path, uint64_t max, int fd)
{
    int error = file_make_folders(path, 0700);
    int own = error < 0 ? error : open_path(path);
    if (own < 0)
        return own;
    file->path = strdup(path);
    file->max = max;
    file->fd = fd < 0 ? own : fd;
    error = file->path == NULL ? -ENOMEM : fd < 0 ? 0 : take_place(own, fd);
    if (error < 0)
        log_file_close(file);
    return error;
}

int log_file_reopen(struct log_file *file)
{
    if (file->path == NULL)
        return 0;
    int fd = open_path(file->path);
    return fd < 0 ? fd : take_place(fd, file->fd);
}

static int rotate(const struct log_file *file)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    for (int i = LOG_FILE_OLD; i > 0; i--) {
        int n = i == 1 ? snprintf(from, sizeof(from), "%s", file->path)
                       : snprintf(from, sizeof(from), "%s.%d", file->path, i - 1);
        int m = snprintf(to, sizeof(to), "%s.%d", file->path, i);
        if (n < 0 || m < 0 || (size_t)m >= sizeof(to))
            return -ENAMETOOLONG;
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    return 0;
}

int log_file_check(struct log_file *file)
{
    struct stat own;
    if (file->path == NULL || fstat(file->fd, &own) < 0 || !S_ISREG(own.st_mode))
        return 0;
    bool same = file_is_at(file->fd, file->path);
    bool large = file->max > 0 && (uint64_t)own.st_size >= file->max;
    if (same && !large)
        return 0;
    int error = same ? rotate(file) : 0;
    return error < 0 ? error : log_file_reopen(file);
}

void log_file_close(struct log_file *file)
{
    if (file->path != NULL && file->fd > STDERR_FILENO)
        close(file->fd);
    free(file->path);
    file->path = NULL;
}

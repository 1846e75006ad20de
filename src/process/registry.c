/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "process/registry_edit.h"
#include "process/registry_lock.h"

/* A registry is some hundred bytes; a longer file is not one. */
#define REGISTRY_MAX (1 << 20)

#define PATIENCE_MS 10000

struct paths {
    char *file; /* the path of the registry, symbolic links resolved */
    char *lock;
    char *backup;
};

static char *join(const char *home, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", home, name) < 0 ? NULL : path;
}

/* Resolves the path: a link is followed, and the target of a dangling one is created, so that
 * replacing the file does not replace the link. */
static char *follow(char *path)
{
    struct stat st;
    if (path == NULL || lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
        return path;
    if (access(path, F_OK) < 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
        if (fd >= 0)
            close(fd);
    }
    char *target = realpath(path, NULL);
    if (target == NULL)
        return path;
    free(path);
    return target;
}

static void free_paths(struct paths *paths)
{
    free(paths->file);
    free(paths->lock);
    free(paths->backup);
}

static void keep_backup(const struct registry *registry, const struct paths *paths,
                        const struct text *old)
{
    if (access(paths->backup, F_OK) == 0 || old->size == 0) {
        log_warning(registry->log, "registry", "%s was not valid and is replaced", paths->file);
        return;
    }
    int r = file_replace(paths->backup, old->data, old->size, 0);
    log_warning(registry->log, "registry", "%s was not valid and is replaced; %s %s", paths->file,
                r == 0 ? "a copy is in" : "no copy could be made in", paths->backup);
}

/* A file that is itself a mount point of a container can be written but not replaced. */
static int overwrite(const char *path, const struct text *out)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = file_write(fd, out->data, out->size);
    close(fd);
    return r;
}

static int change_file(const struct registry *registry, const struct paths *paths, uint16_t port,
                       bool add)
{
    struct text old = { 0 };
    struct text out = { 0 };
    int r = file_read(paths->file, REGISTRY_MAX, &old, NULL);
    if (r == 0 || r == -ENOENT)
        r = registry_edit(old.data, old.size, port, add, &out);
    if (r == REGISTRY_JUNK)
        keep_backup(registry, paths, &old);
    if (r == 0 || r == REGISTRY_JUNK) {
        r = file_replace(paths->file, out.data, out.size, FILE_SYNC | FILE_LIKE);
        if (r == -EBUSY)
            r = overwrite(paths->file, &out);
    }
    text_free(&old);
    text_free(&out);
    return r < 0 ? r : 0;
}

static int change_locked(const struct registry *registry, struct paths *paths, uint16_t port,
                         bool add)
{
    struct registry_lock lock = { .path = paths->lock, .log = registry->log };
    unsigned patience = registry->patience > 0 ? registry->patience : PATIENCE_MS;
    int r = registry_lock_enter(&lock, patience);
    if (r < 0)
        return r;
    paths->file = follow(paths->file);
    r = change_file(registry, paths, port, add);
    registry_lock_leave(&lock);
    return r;
}

static int change(const struct registry *registry, uint16_t port, bool add)
{
    char buf[64];
    if (registry->home == NULL)
        return 0;
    struct paths paths = { join(registry->home, ".ocpvscode"),
                           join(registry->home, ".ocpvscode.lock"),
                           join(registry->home, ".ocpvscode.bak") };
    int r = -ENOMEM;
    if (paths.file != NULL && paths.lock != NULL && paths.backup != NULL)
        r = change_locked(registry, &paths, port, add);
    if (r < 0)
        log_warning(registry->log, "registry", "port %u could not be %s %s/.ocpvscode: %s", port,
                    add ? "added to" : "taken out of", registry->home,
                    r == -ETIMEDOUT ? "another program holds its lock"
                    : r == -EINVAL  ? "it is not a file"
                                    : error_text(r, buf, sizeof(buf)));
    free_paths(&paths);
    return r;
}

int registry_add(const struct registry *registry, uint16_t port)
{
    return change(registry, port, true);
}

int registry_remove(const struct registry *registry, uint16_t port)
{
    return change(registry, port, false);
}

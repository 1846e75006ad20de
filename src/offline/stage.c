/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "offline/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define PIECE ((size_t)64 * 1024)

/* The place of a file; false: it has none. */
static bool place_of(const struct stage *stage, const struct upload_file *file, char *path)
{
    return strchr(file->name, '/') == NULL &&
           snprintf(path, PATH_MAX, "%s/%s", stage->path, file->name) < PATH_MAX;
}

static int copy_bytes(int from, int to)
{
    char piece[PIECE];
    for (;;) {
        ssize_t got = read(from, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : 0;
        int error = file_write(to, piece, (size_t)got);
        if (error < 0)
            return error;
    }
}

static int copy(const char *from, const char *to)
{
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return -errno;
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = target < 0 ? -errno : copy_bytes(source, target);
    close(source);
    if (target >= 0 && close(target) < 0 && error == 0)
        error = -errno;
    return error;
}

/* A link to a symbolic link would be one again, which is not read. */
static int put(const char *from, const char *to)
{
    struct stat about;
    bool plain = lstat(from, &about) == 0 && S_ISREG(about.st_mode);
    return plain && link(from, to) == 0 ? 0 : copy(from, to);
}

const char *stage_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder == NULL || folder[0] != '/' ? "/tmp" : folder;
}

int stage_make(struct stage *stage, struct upload *upload)
{
    char path[PATH_MAX];
    upload->broken = NULL;
    snprintf(stage->path, sizeof(stage->path), "%.*s/cadcast-XXXXXX", PATH_MAX - 20,
             stage_folder());
    if (mkdtemp(stage->path) == NULL) {
        stage->path[0] = '\0';
        return -errno;
    }
    for (size_t i = 0; i < upload->count; i++) {
        const struct upload_file *file = &upload->files[i];
        int error = place_of(stage, file, path) ? put(file->path, path) : 0;
        if (error < 0) {
            upload->broken = file->path;
            return error;
        }
    }
    return 0;
}

void stage_remove(struct stage *stage, const struct upload *upload)
{
    char path[PATH_MAX];
    if (stage->path[0] == '\0')
        return;
    for (size_t i = 0; i < upload->count; i++) {
        if (place_of(stage, &upload->files[i], path))
            unlink(path);
    }
    rmdir(stage->path);
    stage->path[0] = '\0';
}

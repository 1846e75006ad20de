/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <uv.h>

#include "base/text.h"
#include "net/bind.h"

/* The folder of the program's executable. 0 or a negative errno value. */
static int program_folder(char *out, size_t size)
{
    int error = uv_exepath(out, &size);
    if (error < 0)
        return error;
    char *slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    return 0;
}

static bool has_page(const char *folder)
{
    struct text path = { 0 };
    text_format(&path, "%s/templates/viewer.html", folder);
    bool there = text_error(&path) == 0 && access(path.data, R_OK) == 0;
    text_free(&path);
    return there;
}

int paths_data(const char *given, char **out, const struct log *log)
{
    static const char *const places[] = { "/../share/cadcast", "/..", "/../.." };
    char program[PATH_MAX];
    char path[PATH_MAX + 128];
    if (given != NULL && has_page(given)) {
        *out = strdup(given);
        return *out == NULL ? -ENOMEM : 0;
    }
    for (size_t i = 0; given == NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        if (program_folder(program, sizeof(program)) < 0)
            break;
        snprintf(path, sizeof(path), "%s%s", program, places[i]);
        if (has_page(path)) {
            *out = realpath(path, NULL);
            return *out == NULL ? -errno : 0;
        }
    }
    log_error(log, "server", "the page is not found%s%s: give its folder with --data-dir",
              given == NULL ? "" : " in ", given == NULL ? "" : given);
    return -ENOENT;
}

/* What the build has made of the page: installed in the data folder, else in the folder of the
 * program. NULL: there is none, or no memory. */
static char *find_made(const char *data, const char *name)
{
    char program[PATH_MAX];
    char path[PATH_MAX + 128];
    snprintf(path, sizeof(path), "%s/%s", data, name);
    if (access(path, R_OK) == 0)
        return strdup(path);
    if (program_folder(program, sizeof(program)) < 0)
        return NULL;
    snprintf(path, sizeof(path), "%s/%s", program, name);
    return access(path, R_OK) == 0 ? strdup(path) : NULL;
}

char *paths_packed(const char *data)
{
    return find_made(data, "gzip");
}

char *paths_onefile(const char *data)
{
    return find_made(data, "onefile.html");
}

bool paths_installed(const char *program)
{
    char path[PATH_MAX];
    const char *folder = getenv("PATH");
    while (folder != NULL && *folder != '\0') {
        size_t size = strcspn(folder, ":");
        snprintf(path, sizeof(path), "%.*s/%s", (int)size, folder, program);
        if (access(path, X_OK) == 0)
            return true;
        folder += size + (folder[size] == ':');
    }
    return false;
}

char *paths_warm(void)
{
    char *data = NULL;
    if (paths_data(NULL, &data, NULL) < 0)
        return NULL;
    char *path = find_made(data, "python/cadcast/_run.py");
    free(data);
    return path;
}

/* Finds a program: the value of that environment variable, else beside the running program, in
 * ../libexec/cadcast, or in its folder of a build. */
static int find_program(char *path, size_t size, const char *name, const char *variable,
                        const char *const folders[2])
{
    const char *const places[] = { "", "../libexec/cadcast/", folders[0], folders[1] };
    char self[4096];
    size_t length = sizeof(self);
    const char *named = getenv(variable);
    if (named != NULL && named[0] != '\0') {
        if (snprintf(path, size, "%s", named) >= (int)size)
            return -ENAMETOOLONG;
        return access(path, X_OK) < 0 ? -errno : 0;
    }
    int error = uv_exepath(self, &length);
    if (error < 0)
        return error;
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return -ENOENT;
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int written = snprintf(path, size, "%s%s%s", self, places[i], name);
        if (written < (int)size && access(path, X_OK) == 0)
            return 0;
    }
    return -ENOENT;
}

int paths_helper(char *path, size_t size)
{
    static const char *const folders[] = { "../helper/", "src/helper/" };
    return find_program(path, size, "cadcast-geometry", "CADCAST_GEOMETRY", folders);
}

int paths_importer(char *path, size_t size)
{
    static const char *const folders[] = { "../import/", "src/import/" };
    return find_program(path, size, "cadcast-import", "CADCAST_IMPORT", folders);
}

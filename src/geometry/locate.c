/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/locate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

int locate_helper(char *path, size_t size)
{
    static const char *const places[] = { "", "../libexec/cadcast/", "../helper/", "src/helper/" };
    char self[4096];
    size_t length = sizeof(self);
    const char *named = getenv("CADCAST_GEOMETRY");
    if (named != NULL && named[0] != '\0') {
        int written = snprintf(path, size, "%s", named);
        return written < (int)size && access(path, X_OK) == 0 ? 0 : -ENOENT;
    }
    if (uv_exepath(self, &length) < 0)
        return -ENOENT;
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return -ENOENT;
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int written = snprintf(path, size, "%s%scadcast-geometry", self, places[i]);
        if (written < (int)size && access(path, X_OK) == 0)
            return 0;
    }
    return -ENOENT;
}

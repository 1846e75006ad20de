/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_walk.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>

int state_walk(const char *path, state_walk_entry each, void *arg)
{
    DIR *dir = opendir(path);
    int error = dir == NULL ? -errno : 0;
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL && error == 0;
         entry = readdir(dir))
        error = each(arg, dirfd(dir), entry->d_name);
    if (dir != NULL)
        closedir(dir);
    return error;
}

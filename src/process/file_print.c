/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/file_print.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"

#define DEPTH 16

struct visit {
    void (*folder)(void *arg, const char *path);
    void *arg;
};

/* FNV-1a's step, for a whole number: another number gives another print. */
static uint64_t mix(uint64_t print, uint64_t number)
{
    return (print ^ number) * UINT64_C(1099511628211);
}

static uint64_t mix_name(uint64_t print, const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        print = mix(print, (unsigned char)*c);
    return print;
}

static uint64_t print_status(const struct stat *st)
{
    uint64_t print = mix(UINT64_C(14695981039346656037), (uint64_t)st->st_dev);
    print = mix(print, (uint64_t)st->st_ino);
    print = mix(print, (uint64_t)sys_modified(st));
    return mix(print, (uint64_t)st->st_size) | 1;
}

static bool is_ignored(const char *name)
{
    size_t n = strlen(name);
    return n == 0 || name[0] == '.' || name[n - 1] == '~' || strcmp(name, "__pycache__") == 0 ||
           strcmp(name, "node_modules") == 0;
}

/* The sum of the prints of what is in a folder: it has no order. */
static uint64_t print_folder(const struct visit *visit, const char *path, unsigned depth)
{
    char below[PATH_MAX];
    struct stat st;
    uint64_t sum = 0;
    DIR *folder = depth == DEPTH ? NULL : opendir(path);
    if (folder == NULL)
        return 0;
    visit->folder(visit->arg, path);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int n = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (is_ignored(entry->d_name) || n >= (int)sizeof(below) || stat(below, &st) < 0)
            continue;
        uint64_t print =
            S_ISDIR(st.st_mode) ? print_folder(visit, below, depth + 1) : print_status(&st);
        sum += mix_name(print, entry->d_name);
    }
    closedir(folder);
    return sum;
}

uint64_t file_print(const char *path, bool *empty, void (*folder)(void *arg, const char *path),
                    void *arg)
{
    const struct visit visit = { folder, arg };
    struct stat st;
    *empty = false;
    if (stat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return print_folder(&visit, path, 0) | 1;
    *empty = st.st_size == 0;
    return print_status(&st);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state_load.h"
#include "state/state_walk.h"

#define SUFFIX ".step"
#define HASH 32 /* characters */

/* ---- names ---- */

void state_steps_encode(const char *name, uint64_t number, const char *hash,
                        char file[STATE_STEPS_NAME])
{
    char main[STATE_FILE_NAME];
    state_form_encode(name, main);
    int size = (int)(strlen(main) - strlen(STATE_SUFFIX));
    snprintf(file, STATE_STEPS_NAME, "%.*s.%llu-%.*s" SUFFIX, size, main,
             (unsigned long long)number, HASH, hash);
}

/* The inverse, of a name that may end with the suffix of a form. False: it is no step's file. */
static bool decode(const char *file, struct state_steps_found *found)
{
    char copy[STATE_STEPS_NAME];
    char main[STATE_FILE_NAME];
    char *end;
    size_t size = strlen(file);
    if (size >= sizeof(copy) || size < HASH + sizeof(SUFFIX) + 3)
        return false;
    memcpy(copy, file, size + 1);
    char *dash = copy + size - strlen(SUFFIX) - HASH - 1;
    if (strcmp(dash + HASH + 1, SUFFIX) != 0 || *dash != '-')
        return false;
    *dash = '\0';
    char *dot = strrchr(copy, '.');
    if (dot == NULL || (size_t)(dot - copy) + sizeof(STATE_SUFFIX) > sizeof(main))
        return false;
    found->number = strtoull(dot + 1, &end, 10);
    bool digits = dot[1] >= '1' && dot[1] <= '9' && *end == '\0';
    *dot = '\0';
    snprintf(main, sizeof(main), "%s%s", copy, STATE_SUFFIX);
    snprintf(found->file, sizeof(found->file), "%s", file);
    return digits && state_form_decode(main, found->name);
}

/* Cuts the suffix of the temporary form. */
static bool cut_temporary(const char *entry, char file[STATE_STEPS_NAME])
{
    size_t size = strlen(entry);
    size_t suffix = strlen(STATE_TEMPORARY);
    bool temporary = size > suffix && strcmp(entry + size - suffix, STATE_TEMPORARY) == 0;
    snprintf(file, STATE_STEPS_NAME, "%.*s", (int)(temporary ? size - suffix : size), entry);
    return temporary;
}

/* ---- writing ---- */

bool state_steps_there(const struct state_folder *folder, const char *file)
{
    char *path = state_form_path(folder->path, file, "");
    bool there = path != NULL && access(path, F_OK) == 0;
    free(path);
    return there;
}

static bool is_kept(const char *file, char (*files)[STATE_STEPS_NAME], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(files[i], file) == 0)
            return true;
    }
    return false;
}

/* The steps of one session that are kept. */
struct keeping {
    const char *name;
    char (*files)[STATE_STEPS_NAME];
    unsigned count;
    int error;
};

/* Removes a step that is not kept. */
static int keep_or_remove(void *arg, int dir, const char *entry)
{
    struct keeping *keeping = arg;
    struct state_steps_found found;
    char file[STATE_STEPS_NAME];
    /* What is left of a write that was interrupted: no other one runs now. */
    bool temporary = cut_temporary(entry, file);
    if (decode(file, &found) && strcmp(found.name, keeping->name) == 0 &&
        (temporary || !is_kept(file, keeping->files, keeping->count)) &&
        unlinkat(dir, entry, 0) < 0 && errno != ENOENT)
        keeping->error = -errno;
    return 0;
}

int state_steps_keep(const struct state_folder *folder, const char *name,
                     char (*files)[STATE_STEPS_NAME], unsigned count)
{
    struct keeping keeping = { .name = name, .files = files, .count = count };
    int error = state_walk(folder->path, keep_or_remove, &keeping);
    return error < 0 && error != -ENOENT ? error : keeping.error;
}

/* ---- reading ---- */

static int by_session(const void *a, const void *b)
{
    const struct state_steps_found *one = a;
    const struct state_steps_found *two = b;
    int order = strcmp(one->name, two->name);
    if (order != 0)
        return order;
    return one->number < two->number ? 1 : one->number > two->number ? -1 : 0;
}

/* What was found so far. */
struct found {
    struct state_steps_found *list;
    size_t count;
};

/* Adds the directory entry to the list if it is a step. Returns 0 or -ENOMEM. */
static int add_found(void *arg, int dir, const char *entry)
{
    struct stat st;
    struct found *all = arg;
    struct state_steps_found found;
    if (!decode(entry, &found) || fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    struct state_steps_found *more = realloc(all->list, (all->count + 1) * sizeof(*more));
    if (more == NULL)
        return -ENOMEM;
    found.size = (uint64_t)st.st_size;
    more[all->count++] = found;
    all->list = more;
    return 0;
}

long state_steps_list(const struct state_folder *folder, struct state_steps_found **out)
{
    struct found all = { .list = NULL };
    int error = state_walk(folder->path, add_found, &all);
    if (error < 0)
        free(all.list);
    *out = error < 0 ? NULL : all.list;
    if (error == 0 && all.count > 0)
        qsort(all.list, all.count, sizeof(*all.list), by_session);
    return error < 0 ? error : (long)all.count;
}

int state_steps_read(const struct state_folder *folder, const struct state_steps_found *found,
                     struct state_records *records)
{
    struct state_place place;
    struct stat about;
    char *path = state_form_path(folder->path, found->file, "");
    if (path == NULL)
        return -ENOMEM;
    int error = state_load_file(path, records, &place, &about);
    free(path);
    bool right = error == 0 && strcmp(records->name, found->name) == 0 &&
                 records->number == found->number && records->records[STATE_MODEL].blob != NULL;
    if (error == 0 && !right) {
        state_records_free(records);
        error = -EBADMSG;
    }
    return error;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const state_forms[STATE_FORMS] = { STATE_TEMPORARY, STATE_FRESH, STATE_SYNCING, "" };

/* Marks capital letters, for case-insensitive file systems. */
void state_form_encode(const char *name, char out[STATE_FILE_NAME])
{
    size_t n = 0;
    for (; *name != '\0'; name++) {
        if (isupper((unsigned char)*name))
            out[n++] = '=';
        out[n++] = (char)tolower((unsigned char)*name);
    }
    memcpy(out + n, STATE_SUFFIX, sizeof(STATE_SUFFIX));
}

/* The inverse. False: it is not the name of one of our files. */
bool state_form_decode(const char *file, char name[SESSION_NAME_MAX + 1])
{
    size_t size = strlen(file);
    size_t suffix = sizeof(STATE_SUFFIX) - 1;
    size_t n = 0;
    if (size <= suffix || strcmp(file + size - suffix, STATE_SUFFIX) != 0)
        return false;
    for (size_t i = 0; i < size - suffix && n < SESSION_NAME_MAX; i++) {
        bool capital = file[i] == '=';
        i += capital;
        name[n++] = capital ? (char)toupper((unsigned char)file[i]) : file[i];
    }
    char again[STATE_FILE_NAME];
    name[n] = '\0';
    if (!session_name_ok(name))
        return false;
    state_form_encode(name, again);
    return strcmp(again, file) == 0;
}

char *state_form_path(const char *folder, const char *file, const char *form)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s%s", folder, file, form) < 0 ? NULL : path;
}

int state_form_settle(const char *temporary, const char *path)
{
    /* Unlink first: renaming over an existing file makes ext4 flush at once (auto_da_alloc), which
     * blocks other writers. */
    unlink(path);
    return rename(temporary, path) < 0 ? -errno : 0;
}

int state_form_remove(const char *folder, const char *file, const char *form)
{
    char *path = state_form_path(folder, file, form);
    int error = path == NULL ? -ENOMEM : unlink(path) < 0 && errno != ENOENT ? -errno : 0;
    free(path);
    return error;
}

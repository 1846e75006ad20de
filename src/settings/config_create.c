/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_create.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "settings/config.h"
#include "settings/config_settings.h"

/* Copies the previous file, which the user may have written by hand. CONFIG_CREATE_KEPT, 0 if there
 * was none or an equal one, or a negative errno value. */
static int keep_backup(const char *path, const struct text *new)
{
    struct text old = { 0 };
    char *backup = NULL;
    int r = file_read(path, CONFIG_FILE_MAX, &old, NULL);
    bool differs =
        old.size > 0 && (old.size != new->size || memcmp(old.data, new->data, old.size) != 0);
    if (r == 0 && differs) {
        r = asprintf(&backup, "%s.bak", path) < 0 ? -ENOMEM
                                                  : file_replace(backup, old.data, old.size, 0);
        free(backup);
        r = r == 0 ? CONFIG_CREATE_KEPT : r;
    }
    text_free(&old);
    return r == -ENOENT ? 0 : r;
}

int config_create_file(const char *home, struct text *path)
{
    struct text contents = { 0 };
    if (home == NULL)
        return -ENOENT;
    text_format(path, "%s/.ocpvscode_standalone", home);
    config_settings_file(&contents);
    int r = text_error(path) < 0 || text_error(&contents) < 0 ? -ENOMEM : 0;
    /* A link, such as one into a folder of dot files, stays a link. */
    char *target = r == 0 ? realpath(path->data, NULL) : NULL;
    if (r == 0) {
        const char *name = target != NULL ? target : path->data;
        int kept = keep_backup(name, &contents);
        /* A file that cannot be read or copied is not replaced. */
        r = kept < 0 ? kept
                     : file_replace(name, contents.data, contents.size, FILE_SYNC | FILE_LIKE);
        r = r == 0 ? kept : r;
    }
    free(target);
    text_free(&contents);
    return r;
}

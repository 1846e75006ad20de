/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_STAGE_H
#define CADCAST_OFFLINE_STAGE_H

#include <limits.h>

#include "offline/upload.h"

/* A folder of its own with the files of an upload beside each other, wherever they lie: links to
 * them, or copies if they are on another disk. */
struct stage {
    char path[PATH_MAX]; /* "": there is none */
};

/* The folder for files that are gone when the command ends: TMPDIR, or /tmp. */
const char *stage_folder(void);

/* Makes it. Files in folders are left out: no model is read that refers to them. 0 or an error
 * about upload->broken (NULL: the folder); stage_remove is to be called in any case. */
int stage_make(struct stage *stage, struct upload *upload);

/* Removes it with its files. */
void stage_remove(struct stage *stage, const struct upload *upload);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_LOAD_H
#define CADCAST_STATE_STATE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/stat.h>

#include "state/state_folder.h"
#include "state/state_names.h"

/* A picture found in the folder, not read yet. */
struct state_found {
    char file[STATE_FILE_NAME]; /* the main file's name, even if only a newer form exists */
    char name[SESSION_NAME_MAX + 1];
    uint64_t size;   /* bytes of the newest form */
    int64_t changed; /* its modification time, in milliseconds since 1970 */
};

/* All pictures, the most recent first, malloc'ed. Returns their count, or -errno. */
long state_load_list(const struct state_folder *folder, struct state_found **out);

/* Reads a picture from the newest form of its file that is whole; see state_file_read for the
 * errors. Newer forms that a loss of power left incomplete are removed and counted in `*torn`. A
 * temporary file whose write was interrupted is removed; -ENOENT if there is nothing else.
 * `*fresh`: the picture must still be synced. */
int state_load(const struct state_folder *folder, const char *file, struct state_records *picture,
               struct state_place *place, bool *fresh, unsigned *torn);

/* Reads one file; see state_file_read for the errors. `*about`: of its status. -ENOENT: there is
 * none. */
int state_load_file(const char *path, struct state_records *picture, struct state_place *place,
                    struct stat *about);

/* Renames the newest form of an unusable file to FILE.damaged. Returns 0 or -errno. */
int state_load_set_aside(const struct state_folder *folder, const char *file);

#endif

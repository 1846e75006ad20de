/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_LOAD_H
#define CADCAST_DAEMON_STATE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/state_folder.h"
#include "daemon/state_form.h"

/* A picture that was found, before it is read. */
struct state_found {
    char file[STATE_FILE_NAME]; /* the file proper, whether it is there or a newer one */
    char name[SESSION_NAME_MAX + 1];
    uint64_t size;   /* of the newest */
    int64_t changed; /* milliseconds since 1970, of the newest */
};

/* All pictures, the latest first, malloc'ed. Returns how many, or -errno. */
long state_load_list(const struct state_folder *folder, struct state_found **out);

/* Reads a picture, the newest form that is whole; see state_file_read for the errors. What is newer
 * and not whole, because power failed, is removed and counted in `*torn`; what was being written is
 * removed, and -ENOENT where there was nothing else. `*fresh`: the picture is still to be synced.
 */
int state_load(const struct state_folder *folder, const char *file, struct state_picture *picture,
               struct state_place *place, bool *fresh, unsigned *torn);

/* Renames a file that cannot be used to FILE.damaged, the newest form of it. 0 or -errno. */
int state_load_set_aside(const struct state_folder *folder, const char *file);

#endif

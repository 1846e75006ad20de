/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_FOLDER_H
#define CADCAST_STATE_STATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/state_file.h"

/*
 * The folder with the picture files, one per session. Only one process at a time uses it. All
 * functions block on the disk: call them during the start, or on the worker pool.
 *
 * A picture is first written as *.new and not synced: it survives the process, but maybe not a loss
 * of power. A sync then renames it to *.sync, calls fsync, and renames it over the main file
 * (*.picture). The newest of these three that is whole is the picture, and a loss of power leaves
 * the main file as it was.
 */
struct state_folder {
    char *path;
    int lock; /* descriptor, below 0: not open */
};

/* Opens the folder; creates it with mode 0700 if it does not exist. Returns 0; -EBUSY if another
 * process uses it; or the error of mkdir or open. */
int state_folder_open(struct state_folder *folder, const char *path);

/* Tests whether pictures can be kept in it, and leaves the disk unchanged. `ours`: the process that
 * uses it now will be replaced by this one, so its lock is ignored, and a folder that can only be
 * read suffices. Returns as state_folder_open. */
int state_folder_try(const char *path, bool ours);

/* The text of an error of these functions. */
const char *state_folder_why(int error, char *buf, unsigned size);

void state_folder_close(struct state_folder *folder);

/* Fills `key` with random bytes that stay the same as long as the folder exists; if the folder
 * cannot be written, they are new each time. Returns 0, or -errno if there is no randomness. */
int state_folder_key(const struct state_folder *folder, uint8_t *key, size_t size);

/* Other bytes take their place. 0, or an error of the system. */
int state_folder_set_key(const struct state_folder *folder, const uint8_t *key, size_t size);

/* Writes a picture. Appends to the main file if it is as `place` describes and `whole` is not set;
 * otherwise writes a whole file and sets `*fresh`: it must still be synced. Returns 0 with `place`
 * updated; or -errno with place->inode 0: the file then has the old picture or the new one. */
int state_folder_save(const struct state_folder *folder, const struct state_records *picture,
                      struct state_place *place, bool whole, bool *fresh);

/* Writes a file of that name, which never changes, whole or not at all; it is not synced. 0 or
 * -errno. */
int state_folder_add(const struct state_folder *folder, const char *file,
                     const struct state_records *records);

/* Syncs the last written file of that session. A save may run at the same time, but not a remove or
 * a second sync of the session. Returns 0 or -errno. */
int state_folder_sync(const struct state_folder *folder, const char *name);

/* Removes the picture of that session; succeeds if there is none. Returns 0 or -errno. */
int state_folder_remove(const struct state_folder *folder, const char *name);

/* Removes the folder and its files, but no subfolders. It must still be closed. */
void state_folder_destroy(const struct state_folder *folder);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_FOLDER_H
#define CADCAST_DAEMON_STATE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/state_file.h"

/*
 * The folder with the pictures, one a session. One process at a time uses it. All of this blocks on
 * the disk: for the start, or for the worker pool.
 *
 * A picture is written under a name of its own (*.new) and not waited for: it outlives the process,
 * but perhaps not the machine. Then it is made sure of: it is called *.sync while the disk takes
 * it, and after that it replaces the file proper. Of these three the newest that is whole is the
 * picture, and a loss of power leaves the file proper as it was.
 */
struct state_folder {
    char *path;
    int lock; /* descriptor, below 0: not open */
};

/* Opens the folder, making it (for its owner alone) where it is not there. -EBUSY: another process
 * uses it; or what mkdir and open say. */
int state_folder_open(struct state_folder *folder, const char *path);
void state_folder_close(struct state_folder *folder);

/* Fills `key` with random bytes that stay the same for as long as the folder does; in a folder
 * that cannot be written they are new ones. 0 or -errno, where there is no randomness. */
int state_folder_key(const struct state_folder *folder, uint8_t *key, size_t size);

/* Writes a picture: appends to the file proper, which `place` knows; or as a whole where `whole`,
 * or where `place` is not how the file is, and then it is `*fresh`: it is still to be synced. 0 and
 * `place` is as the file; or -errno, the picture then being the old one or the new one, and
 * place->inode 0. */
int state_folder_save(const struct state_folder *folder, const struct state_picture *picture,
                      struct state_place *place, bool whole, bool *fresh);

/* Waits for the disk to have what was written last of that session. A save may go on meanwhile; no
 * remove, and no second sync of the session. 0 or -errno. */
int state_folder_sync(const struct state_folder *folder, const char *name);

/* Removes the picture of that session; that there is none is fine. 0 or -errno. */
int state_folder_remove(const struct state_folder *folder, const char *name);

/* Removes the folder with what is in it; nothing below that. It is still to be closed. */
void state_folder_destroy(const struct state_folder *folder);

#endif

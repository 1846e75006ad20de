/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_STEPS_H
#define CADCAST_STATE_STATE_STEPS_H

#include "picture/history.h"
#include "state/state_folder.h"
#include "state/state_names.h"

/*
 * The files of the steps of sessions' histories: NAME.NUMBER-HASH.step beside NAME.picture, each
 * with the same records. They never change: what is there is whole, and what is damaged is no step.
 * They are not synced: a loss of power may cost steps. All functions block on the disk: they are
 * for the worker pool and the start.
 */
#define STATE_STEPS_NAME (STATE_FILE_NAME + 64)

/* A step found in the folder, not read yet. */
struct state_steps_found {
    char file[STATE_STEPS_NAME];
    char name[SESSION_NAME_MAX + 1]; /* of its session */
    uint64_t number;
    uint64_t size; /* bytes */
};

/* Makes the name of a step's file. */
void state_steps_encode(const char *name, uint64_t number, const char *hash,
                        char file[STATE_STEPS_NAME]);

/* Whether the step of that name was written: state_folder_add does it, whole or not at all. */
bool state_steps_there(const struct state_folder *folder, const char *file);

/* Removes the files of the session's steps, but for `count` with these names. 0 or -errno. */
int state_steps_keep(const struct state_folder *folder, const char *name,
                     char (*files)[STATE_STEPS_NAME], unsigned count);

/* All steps in the folder, by session, the newest first, malloc'ed. Returns their count, or
 * -errno. */
long state_steps_list(const struct state_folder *folder, struct state_steps_found **out);

/* Reads a step. Errors as of state_file_read; -EBADMSG also if it is another session's. */
int state_steps_read(const struct state_folder *folder, const struct state_steps_found *found,
                     struct state_records *records);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_WRITE_H
#define CADCAST_STATE_STATE_WRITE_H

#include "state/state_entry.h"

/* The result of a write job. */
struct state_written {
    struct state_place place;
    bool remove; /* the picture was to be removed */
    bool fresh;  /* a whole file was written, which must still be synced */
    int status;
};

/* Starts a job on the pool that writes the current picture of the entry's session, as a whole or
 * only the records that differ, or removes it; then calls `done` on the loop. Returns 0, or the
 * error if the job was not started. */
int state_write_start(struct state *state, struct state_entry *entry, bool remove, bool whole,
                      void (*done)(struct state *state, struct state_entry *entry,
                                   const struct state_written *written));

/* Starts a job on the pool that syncs the entry's file (state_folder_sync). */
int state_write_sync(struct state *state, struct state_entry *entry,
                     void (*done)(struct state *state, struct state_entry *entry,
                                  const struct state_written *written));

#endif

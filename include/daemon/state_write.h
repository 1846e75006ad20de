/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_WRITE_H
#define CADCAST_DAEMON_STATE_WRITE_H

#include "daemon/state_entry.h"

/* What a job on the pool came to. */
struct state_written {
    struct state_place place;
    bool remove; /* there is no picture any more */
    bool fresh;  /* it is written, and to be synced */
    int status;
};

/* Begins to write the picture that the entry's session has now, as a whole or what differs, or to
 * remove it: on the pool, and then `done` is called on the loop. 0, or why it did not begin. */
int state_write_start(struct state *state, struct state_entry *entry, bool remove, bool whole,
                      void (*done)(struct state *state, struct state_entry *entry,
                                   const struct state_written *written));

/* The same, to wait for the disk to have what was written. */
int state_write_sync(struct state *state, struct state_entry *entry,
                     void (*done)(struct state *state, struct state_entry *entry,
                                  const struct state_written *written));

#endif

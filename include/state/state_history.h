/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_HISTORY_H
#define CADCAST_STATE_STATE_HISTORY_H

#include "state/state.h"

/*
 * The histories of sessions on disk. A job of the pool writes the steps of a session that are not
 * there yet, and removes those that it has no more, every few seconds and at the end: in a stream
 * of shows most steps come and go without having been written.
 */

/* Reads the histories that fit into the memory beside `used` bytes of pictures; `now`: before this
 * returns, else on the pool. */
void state_history_restore(struct state *state, uint64_t used, bool now);

/* Starts the jobs for histories that have changed. */
void state_history_look(struct state *state);

/* Frees what is known of them; no job may run. */
void state_history_free(struct state *state);

#endif

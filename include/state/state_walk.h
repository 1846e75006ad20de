/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_WALK_H
#define CADCAST_STATE_STATE_WALK_H

/* One entry of the folder, which is open as `dir`. 0; or an error, which ends the walk. */
typedef int (*state_walk_entry)(void *arg, int dir, const char *entry);

/* Goes through all entries of a folder. 0, an error of `each`, or -errno. */
int state_walk(const char *path, state_walk_entry each, void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_REGISTRY_LOCK_H
#define CADCAST_DAEMON_REGISTRY_LOCK_H

#include <sys/stat.h>

#include "base/log.h"

/* The lock that all programs around `~/.ocpvscode` agree on: whoever makes the folder has it, tries
 * again every 100 ms, and takes away one that is older than 5 s. */
struct registry_lock {
    const char *path;      /* of the folder; not owned */
    const struct log *log; /* may be NULL */
    struct stat own;       /* the folder we made */
};

/* Waits at most `patience` milliseconds. Returns 0, then registry_lock_leave is due; -ETIMEDOUT;
 * or what mkdir said. */
int registry_lock_enter(struct registry_lock *lock, unsigned patience);

/* Gives the lock back, unless somebody took it for stale and has one of his own by now. */
void registry_lock_leave(struct registry_lock *lock);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_REGISTRY_LOCK_H
#define CADCAST_PROCESS_REGISTRY_LOCK_H

#include <sys/stat.h>

#include "base/log.h"

/* The lock of `~/.ocpvscode` that all its programs use: a folder. The program that creates it holds
 * the lock; the others try again every 100 ms, and remove a folder older than 5 s. */
struct registry_lock {
    const char *path;      /* of the folder; not owned */
    const struct log *log; /* may be NULL */
    struct stat own;       /* the folder we made */
};

/* Waits at most `patience` milliseconds. Returns 0, after which registry_lock_leave is due;
 * -ETIMEDOUT; or mkdir's error. */
int registry_lock_enter(struct registry_lock *lock, unsigned patience);

/* Releases the lock, unless another program removed it as stale and holds a new one. */
void registry_lock_leave(struct registry_lock *lock);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_WEAK_POINTER_H
#define CADCAST_BASE_WEAK_POINTER_H

/*
 * A weak pointer: lets a later answer find out whether its target still exists. The target's
 * owner creates one with weak_pointer_new and clears it when the target is freed; a pending answer
 * keeps a reference and calls weak_pointer_get. For one thread, the loop's.
 */
struct weak_pointer {
    unsigned refs;
    void *target;
};

/* A weak pointer to `target`, with one reference that the caller owns. NULL: no memory. */
struct weak_pointer *weak_pointer_new(void *target);

/* Adds a reference; returns `weak`. */
struct weak_pointer *weak_pointer_ref(struct weak_pointer *weak);

/* The target, or NULL after weak_pointer_clear. `weak` may be NULL. */
void *weak_pointer_get(const struct weak_pointer *weak);

/* Marks the target as gone. The references stay valid. NULL is allowed. */
void weak_pointer_clear(struct weak_pointer *weak);

/* Drops a reference. NULL is allowed. */
void weak_pointer_unref(struct weak_pointer *weak);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_WEAK_H
#define CADCAST_BASE_WEAK_H

/*
 * A weak reference: how an answer that comes later finds out whether the one who asked is still
 * there. The owner makes one with weak_new and clears it when it dies; whoever asks on its behalf
 * keeps a reference and looks with weak_get. For one thread, the loop's.
 */
struct weak {
    unsigned refs;
    void *target;
};

/* A weak reference to `target`, with one reference that the caller owns. NULL: no memory. */
struct weak *weak_new(void *target);

/* One reference more; returns `weak`. */
struct weak *weak_ref(struct weak *weak);

/* The target, or NULL after weak_clear. `weak` may be NULL. */
void *weak_get(const struct weak *weak);

/* Says that the target is gone. The references stay valid. NULL is fine. */
void weak_clear(struct weak *weak);

/* One reference less. NULL is fine. */
void weak_unref(struct weak *weak);

#endif

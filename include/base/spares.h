/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_SPARES_H
#define CADCAST_BASE_SPARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Blocks from this size on are mapped each for itself. */
#define SPARES_MIN ((size_t)4 * 1024 * 1024)

/*
 * Large blocks that were in use and will soon be wanted again: the next model is about as large as
 * the one it replaces, and memory that is fresh from the system has to be cleared by it first,
 * which costs more than receiving into it. Counted references, and safe to use from any thread.
 */
struct spares;

/* Keeps at most `limit` bytes. NULL: no memory. The caller owns the one reference. */
struct spares *spares_new(size_t limit);
struct spares *spares_ref(struct spares *spares);
void spares_unref(struct spares *spares);

/* A mapping. `ready`: how many of its bytes, from the start on, have memory behind them; what is
 * fresh gets it when it is written, or by base/pages.h. */
struct spares_block {
    uint8_t *start;
    size_t mapped;
    size_t ready;
};

/* A block of at least `size` bytes, at least SPARES_MIN; its contents are anything. `spares` may
 * be NULL: then it is a fresh one. 0 or -ENOMEM. */
int spares_take(struct spares *spares, size_t size, struct spares_block *block);

/* Makes the block longer or shorter, perhaps elsewhere; what it held stays. 0, or -ENOMEM and the
 * block is as it was. */
int spares_resize(struct spares_block *block, size_t size);

/* Takes a block back, to keep it, or to release it later. `spares` may be NULL: then it goes to
 * the system at once. */
void spares_give(struct spares *spares, const struct spares_block *block);

/* To be called now and then: a block that was not wanted for `turns` calls is to be released.
 * Returns whether there is anything to release. */
bool spares_age(struct spares *spares, unsigned turns);

/* Releases what nobody wants: for the worker pool, since it takes the system some milliseconds. */
void spares_release(struct spares *spares);

/* Bytes that are kept. */
size_t spares_bytes(struct spares *spares);

#endif

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

/* The pages of a block that is fresh. Large ones cost a quarter of the time in all, but as much as
 * 10 ms for a single one where the system has to find the memory first: so they are for the worker
 * pool, and small ones for memory that the loop writes to. */
enum spares_pages { SPARES_SMALL, SPARES_LARGE };

/* A block of at least `size` bytes, at least SPARES_MIN; its length goes to *mapped. Its contents
 * are anything. `spares` may be NULL: then it is a fresh one. NULL: no memory. */
uint8_t *spares_take(struct spares *spares, size_t size, enum spares_pages pages, size_t *mapped);

/* Makes the block longer, perhaps elsewhere; what it held stays. NULL: no memory, and the block
 * is as it was. */
uint8_t *spares_grow(uint8_t *block, size_t *mapped, size_t size);

/* Takes a block back, to keep it, or to release it later. `spares` may be NULL: then it goes to
 * the system at once. */
void spares_give(struct spares *spares, uint8_t *block, size_t mapped);

/* To be called now and then: a block that was not wanted for `turns` calls is to be released.
 * Returns whether there is anything to release. */
bool spares_age(struct spares *spares, unsigned turns);

/* Releases what nobody wants: for the worker pool, since it takes the system some milliseconds. */
void spares_release(struct spares *spares);

/* Bytes that are kept. */
size_t spares_bytes(struct spares *spares);

#endif

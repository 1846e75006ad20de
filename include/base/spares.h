/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_SPARES_H
#define CADCAST_BASE_SPARES_H

#include <stddef.h>
#include <stdint.h>

/* Blocks from this size on are mapped each for itself, in large pages where the system has them:
 * faults on small ones cost more than filling them. */
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

/* A block of at least `size` bytes, at least SPARES_MIN; its length goes to *mapped. Its contents
 * are anything. `spares` may be NULL: then it is a fresh one. NULL: no memory. */
uint8_t *spares_take(struct spares *spares, size_t size, size_t *mapped);

/* Makes the block longer, perhaps elsewhere; what it held stays. NULL: no memory, and the block
 * is as it was. */
uint8_t *spares_grow(uint8_t *block, size_t *mapped, size_t size);

/* Takes a block back, to keep it or to give it to the system. `spares` may be NULL. */
void spares_give(struct spares *spares, uint8_t *block, size_t mapped);

/* To be called now and then: a block that was not wanted for `turns` calls goes to the system. */
void spares_age(struct spares *spares, unsigned turns);

/* Bytes that are kept. */
size_t spares_bytes(struct spares *spares);

#endif

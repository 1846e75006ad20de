/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_EXCHANGE_H
#define CADCAST_OFFLINE_EXCHANGE_H

#include "offline/offline.h"

/*
 * Exact geometry as it is after it was written as STEP and read again. What came out of a file is
 * not byte for byte what a kernel sent of the same shape; after this it is. Both block until it is
 * done, and make a model with the tree and the exact geometry, without meshes, which the caller
 * frees. 0 or an error, with the reason in `why`.
 */
int exchange_model(const struct offline_model *model, struct offline_model *out, struct text *why);

/* The same of a STEP file that was written already. */
int exchange_file(const void *step, size_t size, struct offline_model *out, struct text *why);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_TREE_H
#define CADCAST_API_API_TREE_H

#include <stddef.h>

#include <jansson.h>

#include "base/blob.h"

/*
 * Describes a model file: its tree with ids, names, colours, states, boxes and counts. `states`: of
 * the tree as a browser reported them, which win over the model's; may be NULL. `limit`: parts that
 * are described, the others are counted. Needs no loop: made for the worker pool.
 *
 * A new object; NULL with the reason in `fault`: the file is no model file or damaged, or there is
 * no memory.
 */
json_t *api_tree_describe(const struct blob *file, const json_t *states, size_t limit,
                          const char **fault);

#endif

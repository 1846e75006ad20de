/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_QUARANTINE_H
#define CADCAST_GEOMETRY_QUARANTINE_H

#include <stdbool.h>

#include "base/list.h"

/*
 * A list of the parts of one model at which helpers ended, with a count: at two, a part is in
 * quarantine and questions on it are refused. The caller owns the list; it begins with list_init.
 * Only shard.c uses this header.
 */

/* Records that a helper ended at these parts (as in struct question). False: too many parts are on
 * record, or no memory: then the whole model should be refused. */
bool quarantine_record(struct list *quarantine, const char *name);

/* Whether one of `parts` is in quarantine. */
bool quarantine_holds(const struct list *quarantine, const char *parts);

/* Empties the list. */
void quarantine_clear(struct list *quarantine);

#endif

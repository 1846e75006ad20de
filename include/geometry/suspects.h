/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_SUSPECTS_H
#define CADCAST_GEOMETRY_SUSPECTS_H

#include <stdbool.h>

#include "base/list.h"

/*
 * Parts of one model at which helpers ended, and how often: those that did it twice are not asked
 * about again. The list is the caller's; it begins with list_init. Only lane.c uses this header.
 */

/* One more helper ended at these parts, as struct question has them. False: there are too many of
 * them, or no memory, and the model had better be set aside as a whole. */
bool suspects_blame(struct list *suspects, const char *name);

/* Whether a question on `parts` touches one that is set aside. */
bool suspects_hold(const struct list *suspects, const char *parts);

/* Forgets them all. */
void suspects_forget(struct list *suspects);

#endif

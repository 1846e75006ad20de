/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_NAMED_H
#define CADCAST_STATE_STATE_NAMED_H

#include <stddef.h>

#include "base/list.h"
#include "view/session.h"

/* What is known of a session that may be freed meanwhile, by its name: the first member of a struct
 * that has more. */
struct state_named {
    struct list link;
    char name[SESSION_NAME_MAX + 1];
};

/* The one of that name in the list, which is made, with `size` bytes that are otherwise 0, if there
 * is none. NULL: no memory. */
void *state_named_of(struct list *list, const char *name, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_named.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *state_named_of(struct list *list, const char *name, size_t size)
{
    list_each(pos, next, list) {
        struct state_named *named = list_entry(pos, struct state_named, link);
        if (strcmp(named->name, name) == 0)
            return named;
    }
    struct state_named *named = calloc(1, size);
    if (named == NULL)
        return NULL;
    snprintf(named->name, sizeof(named->name), "%s", name);
    list_append(list, &named->link);
    return named;
}

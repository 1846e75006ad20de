/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/weak.h"

#include <stdlib.h>

struct weak *weak_new(void *target)
{
    struct weak *weak = malloc(sizeof(*weak));
    if (weak == NULL)
        return NULL;
    weak->refs = 1;
    weak->target = target;
    return weak;
}

struct weak *weak_ref(struct weak *weak)
{
    weak->refs++;
    return weak;
}

void *weak_get(const struct weak *weak)
{
    return weak == NULL ? NULL : weak->target;
}

void weak_clear(struct weak *weak)
{
    if (weak != NULL)
        weak->target = NULL;
}

void weak_unref(struct weak *weak)
{
    if (weak != NULL && --weak->refs == 0)
        free(weak);
}

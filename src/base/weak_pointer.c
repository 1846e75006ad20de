/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/weak_pointer.h"

#include <stdlib.h>

struct weak_pointer *weak_pointer_new(void *target)
{
    struct weak_pointer *weak = malloc(sizeof(*weak));
    if (weak == NULL)
        return NULL;
    weak->refs = 1;
    weak->target = target;
    return weak;
}

struct weak_pointer *weak_pointer_ref(struct weak_pointer *weak)
{
    weak->refs++;
    return weak;
}

void *weak_pointer_get(const struct weak_pointer *weak)
{
    return weak == NULL ? NULL : weak->target;
}

void weak_pointer_clear(struct weak_pointer *weak)
{
    if (weak != NULL)
        weak->target = NULL;
}

void weak_pointer_unref(struct weak_pointer *weak)
{
    if (weak != NULL && --weak->refs == 0)
        free(weak);
}

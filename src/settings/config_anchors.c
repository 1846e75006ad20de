/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_anchors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

long config_anchors_add(struct config_anchors *anchors, const char *name)
{
    if (anchors->count == CONFIG_ANCHORS_MAX)
        return -E2BIG;
    struct config_anchor *items = realloc(anchors->items, (anchors->count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    anchors->items = items;
    items[anchors->count] = (struct config_anchor){ .name = strdup(name) };
    if (items[anchors->count].name == NULL)
        return -ENOMEM;
    return (long)anchors->count++;
}

const struct config_anchor *config_anchors_find(const struct config_anchors *anchors,
                                                const char *name)
{
    for (size_t i = anchors->count; i > 0; i--) {
        if (strcmp(anchors->items[i - 1].name, name) == 0)
            return &anchors->items[i - 1];
    }
    return NULL;
}

void config_anchors_free(struct config_anchors *anchors)
{
    for (size_t i = 0; i < anchors->count; i++) {
        free(anchors->items[i].name);
        json_decref(anchors->items[i].node.value);
    }
    free(anchors->items);
    *anchors = (struct config_anchors){ 0 };
}

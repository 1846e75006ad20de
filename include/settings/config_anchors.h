/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_ANCHORS_H
#define CADCAST_SETTINGS_CONFIG_ANCHORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Most anchors of a file; a list this short can be searched from end to end. */
#define CONFIG_ANCHORS_MAX 1000

/* A value of a YAML file, with its expanded size and its nesting depth. */
struct config_node {
    json_t *value;
    size_t expanded;
    unsigned height;
    bool merge; /* the key "<<" */
};

struct config_anchor {
    char *name;
    struct config_node node; /* its value is NULL until it is read to its end */
};

/* The anchors of a file, in the order they were set. Zero-initialise. */
struct config_anchors {
    struct config_anchor *items;
    size_t count;
};

/* Adds a name before its value is read. Returns its index in `items`, -E2BIG if there are too many,
 * or -ENOMEM. */
long config_anchors_add(struct config_anchors *anchors, const char *name);

/* The anchor of that name that was set last; NULL if there is none. */
const struct config_anchor *config_anchors_find(const struct config_anchors *anchors,
                                                const char *name);

/* Frees the names and drops the references to the values. */
void config_anchors_free(struct config_anchors *anchors);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_CHOICE_H
#define CADCAST_EXPORT_EXPORT_CHOICE_H

#include <stdbool.h>

#include <jansson.h>

#include "export/export.h"

/* Which parts of a tree are written: by their ids, and those of the groups above them. */
struct export_choice {
    const struct export_options *options;
    json_t *missing; /* ids that were not found yet */
};

/* What holds for a part, and for all that is below a group. */
struct export_chosen {
    bool chosen;
    bool hidden;
};

/* Begins with the tree's root; `all`: what holds above it. 0 or -ENOMEM; export_choice_free is to
 * be called in any case. */
int export_choice_begin(struct export_choice *choice, const struct export_options *options,
                        struct export_chosen *all);

/* What holds for `part`, which is below what `outer` holds for. */
struct export_chosen export_choice_within(struct export_choice *choice, const json_t *part,
                                          struct export_chosen outer);

/* An id that the whole tree did not have; NULL: none. Valid until export_choice_free. */
const char *export_choice_missing(const struct export_choice *choice);

void export_choice_free(struct export_choice *choice);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_SCENE_CHOICE_H
#define CADCAST_RENDER_SCENE_CHOICE_H

#include "render/scene.h"

/* Which parts are drawn: by scene->parts and scene->hide. What is said of a group holds for all
 * that is below it. */
struct scene_choice {
    bool chosen;
    bool hidden;
};

/* Notes the ids that have to be found. 0 or -ENOMEM. */
int scene_choice_begin(struct scene *scene);

/* What holds for a part or a group within `outer`. */
struct scene_choice scene_choice_of(struct scene *scene, const json_t *json,
                                    const struct scene_choice *outer);

/* Whether a part's faces and edges are visible: one that is chosen is, whatever the tree says. */
void scene_choice_apply(const struct scene *scene, const json_t *part,
                        const struct scene_choice *choice, bool *faces, bool *edges);

/* 0; -ENOENT, with scene->fault: an id was not found. */
int scene_choice_end(struct scene *scene);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/scene_choice.h"

#include <errno.h>
#include <stdio.h>

int scene_choice_begin(struct scene *scene)
{
    const json_t *lists[] = { scene->parts, scene->hide };
    scene->missing = json_object();
    if (scene->missing == NULL)
        return -ENOMEM;
    for (int i = 0; i < 2; i++) {
        if (lists[i] != NULL &&
            json_object_update(scene->missing, (json_t *)(uintptr_t)lists[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Whether a list has the id of a part; it is not missing then. */
static bool listed(struct scene *scene, const json_t *ids, const json_t *part)
{
    const char *id = json_string_value(json_object_get(part, "id"));
    if (id == NULL || json_object_get(ids, id) == NULL)
        return false;
    json_object_del(scene->missing, id);
    return true;
}

struct scene_choice scene_choice_of(struct scene *scene, const json_t *json,
                                    const struct scene_choice *outer)
{
    struct scene_choice inner = *outer;
    inner.chosen |= listed(scene, scene->parts, json);
    inner.hidden |= listed(scene, scene->hide, json);
    return inner;
}

void scene_choice_apply(const struct scene *scene, const json_t *part,
                        const struct scene_choice *choice, bool *faces, bool *edges)
{
    scene_state(scene, part, faces, edges);
    if (json_object_size(scene->parts) > 0)
        *faces = *edges = choice->chosen;
    *faces = *faces && !choice->hidden;
    *edges = *edges && !choice->hidden;
}

int scene_choice_end(struct scene *scene)
{
    const char *id = json_object_iter_key(json_object_iter(scene->missing));
    if (id == NULL)
        return 0;
    snprintf(scene->why, sizeof(scene->why), "there is no part %.120s", id);
    scene->fault = scene->why;
    return -ENOENT;
}

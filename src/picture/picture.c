/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "picture/picture.h"

#include <errno.h>
#include <string.h>

size_t picture_bytes(const struct picture *picture)
{
    const struct blob *blobs[] = { picture->model,     picture->text, picture->parts,
                                   picture->animation, picture->time, picture->thumbnail };
    size_t total = 0;
    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
        total += blobs[i] == NULL ? 0 : blobs[i]->size;
    return total;
}

static struct blob *share(struct blob *blob)
{
    return blob == NULL ? NULL : blob_ref(blob);
}

/* Copies `deep` levels and shares what is below: sessions replace members there, and never change
 * them in place. NULL if `json` is empty, or if there is no memory, which sets *error. */
static json_t *copy_json(json_t *json, unsigned deep, int *error)
{
    const char *key;
    json_t *value;
    if (json_object_size(json) == 0)
        return NULL;
    json_t *out = json_copy(json);
    if (out == NULL)
        *error = -ENOMEM;
    if (out == NULL || deep == 0)
        return out;
    json_object_foreach(json, key, value) {
        if (json_object_set_new(out, key, json_copy(value)) < 0)
            *error = -ENOMEM;
    }
    return out;
}

int picture_copy(struct picture *copy, const struct picture *from)
{
    int error = 0;
    *copy = (struct picture){
        .model = share(from->model),
        .parts = share(from->parts),
        .settings = copy_json(from->settings, 0, &error),
        .animation = share(from->animation),
        .time = share(from->time),
        .status = copy_json(from->status, 0, &error),
        .views = copy_json(from->views, 1, &error),
        .thumbnail = share(from->thumbnail),
        .number = from->number,
        .shown = from->shown,
    };
    if (error < 0)
        picture_free(copy);
    return error;
}

static void move_blob(struct blob **to, struct blob **from)
{
    if (*from == NULL)
        return;
    blob_unref(*to);
    *to = *from;
    *from = NULL;
}

static void move_json(json_t **to, json_t **from)
{
    if (*from == NULL)
        return;
    json_decref(*to);
    *to = *from;
    *from = NULL;
}

void picture_move(struct picture *to, struct picture *from)
{
    move_blob(&to->model, &from->model);
    move_blob(&to->parts, &from->parts);
    move_blob(&to->animation, &from->animation);
    move_blob(&to->time, &from->time);
    move_blob(&to->thumbnail, &from->thumbnail);
    move_json(&to->settings, &from->settings);
    move_json(&to->status, &from->status);
    move_json(&to->views, &from->views);
    to->number = from->number;
    to->shown = from->shown;
}

void picture_free(struct picture *picture)
{
    blob_unref(picture->model);
    blob_unref(picture->text);
    blob_unref(picture->parts);
    blob_unref(picture->animation);
    blob_unref(picture->time);
    blob_unref(picture->thumbnail);
    json_decref(picture->settings);
    json_decref(picture->status);
    json_decref(picture->views);
    memset(picture, 0, sizeof(*picture));
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "picture/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void history_init(struct history *history, struct retained *retained)
{
    memset(history, 0, sizeof(*history));
    list_init(&history->steps);
    history->retained = retained;
}

static size_t step_bytes(const struct history_step *step)
{
    return picture_bytes(&step->picture) + (step->file.bytes == NULL ? 0 : step->file.bytes->size);
}

static void drop(struct history *history, struct history_step *step)
{
    history->count--;
    history->bytes -= step_bytes(step);
    history->version++;
    list_remove(&step->link);
    /* A browser may still be receiving it. */
    retained_release(history->retained, step->file.bytes);
    picture_free(&step->picture);
    free(step);
}

static struct history_step *first(const struct history *history)
{
    return list_empty(&history->steps) ? NULL
                                       : list_entry(history->steps.next, struct history_step, link);
}

static struct history_step *last(const struct history *history)
{
    return list_empty(&history->steps) ? NULL
                                       : list_entry(history->steps.prev, struct history_step, link);
}

const struct history_step *history_oldest(const struct history *history)
{
    return first(history);
}

bool history_drop_oldest(struct history *history)
{
    struct history_step *step = first(history);
    if (step != NULL)
        drop(history, step);
    return step != NULL;
}

void history_drop_newest(struct history *history)
{
    drop(history, last(history));
}

void history_free(struct history *history)
{
    while (history_drop_oldest(history))
        ;
}

/* Puts the step in its place, and lets the oldest go. */
static void add(struct history *history, struct history_step *step, unsigned most)
{
    struct list *before = history->steps.prev;
    while (before != &history->steps &&
           list_entry(before, struct history_step, link)->picture.number > step->picture.number)
        before = before->prev;
    list_append(before->next, &step->link);
    history->count++;
    history->bytes += step_bytes(step);
    history->version++;
    while (history->count > most)
        history_drop_oldest(history);
}

void history_push(struct history *history, struct picture *picture, struct model_file *file,
                  const struct blob *thumbnail, unsigned most)
{
    struct history_step *step = most == 0 ? NULL : calloc(1, sizeof(*step));
    if (step == NULL)
        return;
    step->picture = (struct picture){
        .settings = picture->settings,
        .animation = picture->animation,
        .time = picture->time,
        .thumbnail = thumbnail == NULL ? NULL : blob_copy(thumbnail->data, thumbnail->size),
        .number = picture->number,
        .shown = picture->shown,
    };
    step->file = *file;
    picture->settings = NULL;
    picture->animation = NULL;
    picture->time = NULL;
    memset(file, 0, sizeof(*file));
    add(history, step, most);
}

void history_restore(struct history *history, struct picture *picture, unsigned most)
{
    struct history_step *step = calloc(1, sizeof(*step));
    if (step == NULL)
        return;
    picture_move(&step->picture, picture);
    add(history, step, most);
}

static bool unchanged(const struct history_step *step, const char *hash)
{
    const struct picture *picture = &step->picture;
    return step->file.bytes != NULL && strcmp(step->file.hash, hash) == 0 &&
           picture->settings == NULL && picture->animation == NULL && picture->time == NULL;
}

bool history_repeats(const struct history *history, const char *hash)
{
    const struct history_step *step = last(history);
    return step != NULL && unchanged(step, hash);
}

/* The step's file is there: the step before it, if that is the same, goes. */
static void join(struct history *history, struct history_step *step)
{
    struct history_step *before = step->link.prev == &history->steps
                                      ? NULL
                                      : list_entry(step->link.prev, struct history_step, link);
    if (before != NULL && unchanged(before, step->file.hash))
        drop(history, before);
}

void history_made(struct history *history, uint64_t number, int status, struct model_file *file)
{
    struct history_step *step = history_find(history, number);
    if (step == NULL || step->file.bytes != NULL) {
        if (status == 0)
            model_file_free(file);
        return;
    }
    /* What greets a person who has shown nothing yet was no picture of theirs. */
    if (status < 0 || file->splash) {
        if (status == 0)
            model_file_free(file);
        drop(history, step);
        return;
    }
    history->bytes -= step_bytes(step);
    blob_unref(step->picture.model);
    step->picture.model = NULL;
    step->file = *file;
    history->bytes += step_bytes(step);
    history->version++;
    join(history, step);
}

struct history_step *history_back(const struct history *history, uint64_t back)
{
    struct list *pos = (struct list *)&history->steps;
    while (back > 0 && pos->prev != &history->steps) {
        pos = pos->prev;
        back -= list_entry(pos, struct history_step, link)->file.bytes != NULL;
    }
    return back > 0 || pos == &history->steps ? NULL : list_entry(pos, struct history_step, link);
}

struct history_step *history_find(const struct history *history, uint64_t number)
{
    list_each(pos, next, &history->steps) {
        struct history_step *step = list_entry(pos, struct history_step, link);
        if (step->picture.number == number)
            return step;
    }
    return NULL;
}

struct history_step *history_of_file(const struct history *history, const char *hash)
{
    list_each(pos, next, &history->steps) {
        struct history_step *step = list_entry(pos, struct history_step, link);
        if (step->file.bytes != NULL && strcmp(step->file.hash, hash) == 0)
            return step;
    }
    return NULL;
}

uint64_t history_last(const struct history *history)
{
    const struct history_step *step = last(history);
    return step == NULL ? 0 : step->picture.number;
}

void history_thumbnail(struct history *history, struct history_step *step, struct blob *png)
{
    if (step->picture.thumbnail != NULL)
        return;
    step->picture.thumbnail = blob_ref(png);
    history->bytes += png->size;
}

static json_t *describe(const struct history_step *step)
{
    char url[48];
    snprintf(url, sizeof(url), "models/%s", step->file.hash);
    return json_pack("{s:I, s:I, s:s, s:I, s:s, s:I}", "number", (json_int_t)step->picture.number,
                     "when", (json_int_t)step->picture.shown, "name", step->file.name, "parts",
                     (json_int_t)step->file.leaves, "url", url, "bytes",
                     (json_int_t)step->file.bytes->size);
}

json_t *history_describe(const struct history *history)
{
    json_t *rows = json_array();
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        if (step->file.bytes != NULL)
            json_array_append_new(rows, describe(step));
    }
    return rows;
}

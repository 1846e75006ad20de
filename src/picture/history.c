/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "picture/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files below this are not worth it; nor is what saves less than an eighth. */
#define LEAST ((size_t)64 << 10)

void history_init(struct history *history, struct retained *retained)
{
    memset(history, 0, sizeof(*history));
    list_init(&history->steps);
    history->retained = retained;
}

static struct history_step *after(const struct history *history, const struct history_step *step)
{
    return step->link.next == &history->steps
               ? NULL
               : list_entry(step->link.next, struct history_step, link);
}

/* Bytes of what only that step's file is made of: its bases are steps, or the picture, but for one
 * that went. */
static size_t file_bytes(const struct history *history, const struct history_step *step)
{
    const struct history_step *next = after(history, step);
    const struct stored *stored = step->stored;
    size_t bytes = stored_bytes(stored);
    while ((stored = stored->base) != NULL && stored != history->current &&
           (next == NULL || stored != next->stored))
        bytes += stored_bytes(stored);
    return bytes;
}

static void changed(struct history *history)
{
    history->bytes = 0;
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        history->bytes += picture_bytes(&step->picture);
        history->bytes += step->stored == NULL ? 0 : file_bytes(history, step);
    }
}

static void drop(struct history *history, struct history_step *step)
{
    history->count--;
    history->version++;
    list_remove(&step->link);
    /* A browser may still be receiving it. */
    stored_unref(step->stored, history->retained);
    picture_free(&step->picture);
    free(step);
    changed(history);
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

static void set_current(struct history *history, struct stored *current)
{
    stored_unref(history->current, history->retained);
    history->current = current;
}

void history_drop_newest(struct history *history, struct blob *current)
{
    struct history_step *step = last(history);
    /* What the step before shares with this one it shares with the picture. */
    if (step->stored->refs > 1) {
        stored_replace(step->stored, current, history->retained);
        set_current(history, stored_ref(step->stored));
    }
    drop(history, step);
}

void history_free(struct history *history)
{
    while (history_drop_oldest(history))
        ;
    set_current(history, NULL);
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
    history->version++;
    while (history->count > most)
        history_drop_oldest(history);
    changed(history);
}

/* Gives the step the bytes of `file`, whose others it has. */
static int take_file(struct history *history, struct history_step *step, struct model_file *file)
{
    struct blob *bytes = file->bytes;
    struct stored *current = history->current;
    if (bytes != NULL && current != NULL && current->whole == bytes) {
        step->stored = current;
        history->current = NULL;
        blob_unref(bytes);
    } else if (bytes != NULL && (step->stored = stored_new(bytes)) == NULL) {
        return -ENOMEM;
    }
    step->file = *file;
    step->file.bytes = NULL;
    memset(file, 0, sizeof(*file));
    return 0;
}

void history_push(struct history *history, struct picture *picture, struct model_file *file,
                  const struct blob *thumbnail, unsigned most)
{
    struct history_step *step = most == 0 ? NULL : calloc(1, sizeof(*step));
    if (step == NULL || take_file(history, step, file) < 0) {
        free(step);
        return;
    }
    step->picture = (struct picture){
        .settings = picture->settings,
        .animation = picture->animation,
        .time = picture->time,
        .thumbnail = thumbnail == NULL ? NULL : blob_copy(thumbnail->data, thumbnail->size),
        .number = picture->number,
        .shown = picture->shown,
    };
    picture->settings = NULL;
    picture->animation = NULL;
    picture->time = NULL;
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
    return step->stored != NULL && strcmp(step->file.hash, hash) == 0 &&
           picture->settings == NULL && picture->animation == NULL && picture->time == NULL;
}

bool history_repeats(const struct history *history, const char *hash)
{
    const struct history_step *step = last(history);
    return step != NULL && unchanged(step, hash);
}

/* The step's file is there: the step before it, if that is the same, goes; and what shares that
 * one's file shares this one's. */
static void join(struct history *history, struct history_step *step)
{
    struct history_step *before = step->link.prev == &history->steps
                                      ? NULL
                                      : list_entry(step->link.prev, struct history_step, link);
    if (step->stored == NULL || before == NULL || !unchanged(before, step->file.hash))
        return;
    stored_replace(before->stored, step->stored->whole, history->retained);
    stored_unref(step->stored, history->retained);
    step->stored = stored_ref(before->stored);
    drop(history, before);
}

void history_made(struct history *history, uint64_t number, int status, struct model_file *file)
{
    struct history_step *step = history_find(history, number);
    if (step == NULL || step->stored != NULL) {
        if (status == 0)
            model_file_free(file);
        return;
    }
    /* What greets a person who has shown nothing yet was no picture of theirs. */
    if (status < 0 || file->splash || take_file(history, step, file) < 0) {
        if (status == 0)
            model_file_free(file);
        drop(history, step);
        return;
    }
    blob_unref(step->picture.model);
    step->picture.model = NULL;
    history->version++;
    join(history, step);
    changed(history);
}

struct history_step *history_back(const struct history *history, uint64_t back)
{
    struct list *pos = (struct list *)&history->steps;
    while (back > 0 && pos->prev != &history->steps) {
        pos = pos->prev;
        back -= list_entry(pos, struct history_step, link)->stored != NULL;
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
        if (step->stored != NULL && strcmp(step->file.hash, hash) == 0)
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
    changed(history);
}

/* The file of the session's picture, to be shared. NULL: there is none, or no memory. */
static struct stored *current_of(struct history *history, struct blob *current)
{
    if (history->current != NULL && history->current->whole == current)
        return history->current;
    struct stored *made = current == NULL ? NULL : stored_new(blob_ref(current));
    if (current != NULL && made == NULL)
        blob_unref(current);
    set_current(history, made);
    changed(history);
    return made;
}

struct history_step *history_unshared(struct history *history, struct blob *current,
                                      struct stored **base)
{
    if (history->current != NULL && history->current->whole != current)
        current_of(history, NULL);
    list_each(pos, next, &history->steps) {
        struct history_step *step = list_entry(pos, struct history_step, link);
        const struct history_step *newer = after(history, step);
        if (step->stored == NULL || step->stored->whole == NULL || step->tried ||
            step->stored->whole->size < LEAST)
            continue;
        *base = newer != NULL ? newer->stored : current_of(history, current);
        if (*base != NULL)
            return step;
    }
    return NULL;
}

void history_share(struct history *history, uint64_t number, const struct blob *whole,
                   struct delta *delta, struct stored *base)
{
    struct history_step *step = history_find(history, number);
    bool there = step != NULL && step->stored != NULL && step->stored->whole == whole;
    if (there && delta != NULL && delta_bytes(delta) < whole->size - whole->size / 8) {
        stored_share(step->stored, delta, base, history->retained);
        changed(history);
        return;
    }
    if (there)
        step->tried = true;
    delta_unref(delta);
    stored_unref(base, history->retained);
}

static json_t *describe(const struct history_step *step)
{
    char url[48];
    snprintf(url, sizeof(url), "models/%s", step->file.hash);
    return json_pack("{s:I, s:I, s:s, s:I, s:s, s:I}", "number", (json_int_t)step->picture.number,
                     "when", (json_int_t)step->picture.shown, "name", step->file.name, "parts",
                     (json_int_t)step->file.leaves, "url", url, "bytes",
                     (json_int_t)stored_size(step->stored));
}

json_t *history_describe(const struct history *history)
{
    json_t *rows = json_array();
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        if (step->stored != NULL)
            json_array_append_new(rows, describe(step));
    }
    return rows;
}

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

static struct stored *held(const struct history_step *step, enum history_kind kind)
{
    return kind == HISTORY_FILE ? step->stored : step->parts;
}

/* Bytes of what only that of the step is made of: its bases are steps, or the picture, but for one
 * that went. */
static size_t held_bytes(const struct history *history, const struct history_step *step,
                         enum history_kind kind)
{
    const struct history_step *next = after(history, step);
    const struct stored *stored = held(step, kind);
    size_t bytes = stored == NULL ? 0 : stored_bytes(stored);
    while (stored != NULL && (stored = stored->base) != NULL && stored != history->current[kind] &&
           (next == NULL || stored != held(next, kind)))
        bytes += stored_bytes(stored);
    return bytes;
}

static void changed(struct history *history)
{
    history->bytes = 0;
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        history->bytes += picture_bytes(&step->picture) + held_bytes(history, step, HISTORY_FILE) +
                          held_bytes(history, step, HISTORY_PARTS);
    }
}

static void drop(struct history *history, struct history_step *step)
{
    history->count--;
    history->version++;
    list_remove(&step->link);
    /* A browser may still be receiving it. */
    stored_unref(step->stored, history->retained);
    stored_unref(step->parts, history->retained);
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

static void set_current(struct history *history, enum history_kind kind, struct stored *current)
{
    stored_unref(history->current[kind], history->retained);
    history->current[kind] = current;
}

void history_drop_newest(struct history *history, struct blob *current)
{
    struct history_step *step = last(history);
    /* What the step before shares with this one it shares with the picture. */
    if (step->stored->refs > 1) {
        stored_replace(step->stored, current, history->retained);
        set_current(history, HISTORY_FILE, stored_ref(step->stored));
    }
    drop(history, step);
}

void history_free(struct history *history)
{
    while (history_drop_oldest(history))
        ;
    set_current(history, HISTORY_FILE, NULL);
    set_current(history, HISTORY_PARTS, NULL);
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

/* Holds these bytes, whose reference it takes over; as before, if they were the picture's. NULL: no
 * memory, and the reference is still the caller's. */
static struct stored *hold(struct history *history, enum history_kind kind, struct blob *bytes)
{
    struct stored *current = history->current[kind];
    if (current == NULL || current->whole != bytes)
        return stored_new(bytes);
    history->current[kind] = NULL;
    blob_unref(bytes);
    return current;
}

/* Gives the step the bytes of `file`, whose others it has. */
static int take_file(struct history *history, struct history_step *step, struct model_file *file)
{
    if (file->bytes != NULL && (step->stored = hold(history, HISTORY_FILE, file->bytes)) == NULL)
        return -ENOMEM;
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

void history_parts(struct history *history, struct history_step *step, struct blob *parts)
{
    if (step->parts != NULL)
        return;
    step->parts = hold(history, HISTORY_PARTS, blob_ref(parts));
    if (step->parts == NULL)
        blob_unref(parts);
    changed(history);
}

int history_take(const struct history_step *step, struct stored_file *file,
                 struct stored_file *parts)
{
    int error = stored_take(step->stored, file);
    return error < 0 || step->parts == NULL ? error : stored_take(step->parts, parts);
}

void history_restore(struct history *history, struct picture *picture, unsigned most)
{
    struct history_step *step = calloc(1, sizeof(*step));
    if (step == NULL)
        return;
    picture_move(&step->picture, picture);
    struct blob *parts = step->picture.parts;
    step->picture.parts = NULL;
    if (parts != NULL)
        history_parts(history, step, parts);
    blob_unref(parts);
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

/* The bytes of the session's picture, to be shared. NULL: there are none, or no memory. */
static struct stored *current_of(struct history *history, enum history_kind kind,
                                 struct blob *current)
{
    if (history->current[kind] != NULL && history->current[kind]->whole == current)
        return history->current[kind];
    struct stored *made = current == NULL ? NULL : stored_new(blob_ref(current));
    if (current != NULL && made == NULL)
        blob_unref(current);
    set_current(history, kind, made);
    changed(history);
    return made;
}

static bool find_unshared(struct history *history, enum history_kind kind, struct blob *current,
                          struct history_sharing *sharing)
{
    if (history->current[kind] != NULL && history->current[kind]->whole != current)
        current_of(history, kind, NULL);
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        const struct history_step *newer = after(history, step);
        const struct stored *stored = held(step, kind);
        if (stored == NULL || stored->whole == NULL || step->tried[kind] ||
            stored->whole->size < LEAST)
            continue;
        struct stored *base =
            newer != NULL ? held(newer, kind) : current_of(history, kind, current);
        *sharing = (struct history_sharing){ kind, step->picture.number, stored->whole, base };
        if (base != NULL)
            return true;
    }
    return false;
}

bool history_unshared(struct history *history, struct blob *const current[HISTORY_KINDS],
                      struct history_sharing *sharing)
{
    return find_unshared(history, HISTORY_FILE, current[HISTORY_FILE], sharing) ||
           find_unshared(history, HISTORY_PARTS, current[HISTORY_PARTS], sharing);
}

void history_share(struct history *history, const struct history_sharing *sharing,
                   struct delta *delta)
{
    struct history_step *step = history_find(history, sharing->number);
    struct stored *stored = step == NULL ? NULL : held(step, sharing->kind);
    const struct blob *whole = sharing->whole;
    bool there = stored != NULL && stored->whole == whole;
    if (there && delta != NULL && delta_bytes(delta) < whole->size - whole->size / 8) {
        stored_share(stored, delta, sharing->base, history->retained);
        changed(history);
        return;
    }
    if (there)
        step->tried[sharing->kind] = true;
    delta_unref(delta);
    stored_unref(sharing->base, history->retained);
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

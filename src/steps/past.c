/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "steps/past.h"

#include <errno.h>
#include <stdlib.h>

int past_take(struct past *past, const struct session *session)
{
    const struct history *history = &session->history;
    int error = 0;
    *past = (struct past){ .steps = calloc(history->count + 1, sizeof(*past->steps)) };
    if (past->steps == NULL)
        return -ENOMEM;
    for (const struct list *pos = history->steps.prev; pos != &history->steps && error == 0;
         pos = pos->prev) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        struct past_step *taken = &past->steps[past->count];
        if (step->stored == NULL)
            continue;
        error = picture_copy(&taken->picture, &step->picture);
        if (error < 0)
            break;
        past->count++;
        taken->file = step->file;
        error = stored_take(step->stored, &taken->stored);
    }
    return error;
}

/* What changed it, as the server would answer the page. */
static int add_messages(struct past_step *taken)
{
    const struct history_step step = { .picture = taken->picture };
    session_step_messages(&step, &taken->messages);
    return text_error(&taken->messages);
}

static struct export_step written_of(const struct past_step *taken)
{
    return (struct export_step){ .number = taken->picture.number,
                                 .when = taken->picture.shown,
                                 .name = taken->file.name,
                                 .parts = taken->file.leaves,
                                 .small = taken->picture.thumbnail,
                                 .messages = text_string(&taken->messages),
                                 .messages_size = taken->messages.size,
                                 .delta = taken->delta };
}

/* Makes the delta of a step to the file in `*newer`, which its own takes the place of. */
static int make_step(struct past_step *taken, struct blob **newer)
{
    struct blob *file = stored_make(&taken->stored, NULL);
    int error = file == NULL ? -ENOMEM : delta_make(file, *newer, &taken->delta);
    if (error == 0)
        error = add_messages(taken);
    blob_unref(*newer);
    *newer = file;
    return error;
}

static size_t bytes_of(const struct past_step *taken)
{
    const struct blob *small = taken->picture.thumbnail;
    return delta_bytes(taken->delta) + taken->messages.size + (small == NULL ? 0 : small->size);
}

int past_make(struct past *past, struct blob *current, size_t most, struct limit *limit)
{
    struct blob *newer = blob_ref(current);
    int error = 0;
    past->written = calloc(past->count + 1, sizeof(*past->written));
    if (past->written == NULL)
        error = -ENOMEM;
    for (unsigned i = 0; i < past->count && error == 0 && most > 0; i++) {
        struct past_step *taken = &past->steps[i];
        error = limit_check(limit);
        if (error == 0)
            error = make_step(taken, &newer);
        if (error < 0 || bytes_of(taken) > most)
            break;
        most -= bytes_of(taken);
        past->written[past->made++] = written_of(taken);
    }
    blob_unref(newer);
    return error;
}

void past_free(struct past *past)
{
    for (unsigned i = 0; i < past->count; i++) {
        struct past_step *taken = &past->steps[i];
        picture_free(&taken->picture);
        stored_drop(&taken->stored);
        delta_unref(taken->delta);
        text_free(&taken->messages);
    }
    free(past->written);
    free(past->steps);
    *past = (struct past){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/work.h"
#include "state/state_named.h"
#include "state/state_steps.h"

/* What is known of one session's steps on disk. By name, as the session may be freed first. */
struct row {
    struct state_named of; /* in state->histories */
    uint32_t id;           /* of the session; 0: none yet */
    uint64_t version;      /* of the history that is on disk */
    unsigned loading;      /* steps that are being read: none is removed before they are there */
    bool busy;             /* a job writes */
};

struct job {
    struct work work;
    struct state *state;
    struct row *row;
    unsigned count;
    struct picture *pictures; /* one a step, without models and exact geometry */
    struct stored_file *models;
    struct stored_file *parts; /* without a base: it has none */
    char (*files)[STATE_STEPS_NAME];
    int status;
};

struct loading {
    struct work work;
    struct state *state;
    struct row *row;
    struct state_steps_found found;
    struct picture picture;
    int status;
};

static struct row *row_of(struct state *state, const char *name)
{
    return state_named_of(&state->histories, name, sizeof(struct row));
}

static void forget(struct row *row)
{
    list_remove(&row->of.link);
    free(row);
}

void state_history_free(struct state *state)
{
    list_each(pos, next, &state->histories)
        forget(list_entry(pos, struct row, of.link));
}

/* ---- writing ---- */

static void job_free(struct job *job)
{
    for (unsigned i = 0; i < job->count; i++) {
        picture_free(&job->pictures[i]);
        stored_drop(&job->models[i]);
        stored_drop(&job->parts[i]);
    }
    free(job->pictures);
    free(job->models);
    free(job->parts);
    free(job->files);
    free(job);
}

static int write_step(const struct job *job, unsigned i)
{
    struct state_records records = { .number = 0 };
    if (state_steps_there(&job->state->folder, job->files[i]))
        return 0;
    struct picture *picture = &job->pictures[i];
    picture->model = stored_make(&job->models[i], NULL);
    bool exact = job->parts[i].base != NULL;
    picture->parts = exact ? stored_make(&job->parts[i], NULL) : NULL;
    snprintf(records.name, sizeof(records.name), "%s", job->row->of.name);
    bool whole = picture->model != NULL && (picture->parts != NULL || !exact);
    int error = whole ? state_records_from(&records, picture) : -ENOMEM;
    if (error == 0)
        error = state_folder_add(&job->state->folder, job->files[i], &records);
    state_records_free(&records);
    blob_unref(picture->model);
    blob_unref(picture->parts);
    picture->model = NULL;
    picture->parts = NULL;
    return error;
}

static void run_write(struct work *work)
{
    struct job *job = (struct job *)work;
    /* First what goes, for the sake of a disk that is nearly full. */
    job->status = state_steps_keep(&job->state->folder, job->row->of.name, job->files, job->count);
    for (unsigned i = 0; i < job->count && job->status == 0; i++)
        job->status = write_step(job, i);
}

static void done_write(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct state *state = job->state;
    struct row *row = job->row;
    if (status == 0)
        status = job->status;
    job_free(job);
    row->busy = false;
    state_tell_history(state, status);
    if (status < 0) {
        row->version = UINT64_MAX;
    } else if (row->id == 0) {
        forget(row);
    }
    /* At the end there is no later look; and no second try. */
    if (state->ending && status == 0)
        state_history_look(state);
    state_end_if_done(state);
}

/* Takes the steps whose files are made. Returns 0 or -ENOMEM. */
static int take_steps(struct job *job, const struct history *history)
{
    job->pictures = calloc(history->count + 1, sizeof(*job->pictures));
    job->models = calloc(history->count + 1, sizeof(*job->models));
    job->parts = calloc(history->count + 1, sizeof(*job->parts));
    job->files = calloc(history->count + 1, sizeof(*job->files));
    if (job->pictures == NULL || job->models == NULL || job->parts == NULL || job->files == NULL)
        return -ENOMEM;
    list_each(pos, next, &history->steps) {
        const struct history_step *step = list_entry(pos, struct history_step, link);
        unsigned i = job->count;
        if (step->stored == NULL)
            continue;
        int error = picture_copy(&job->pictures[i], &step->picture);
        if (error < 0)
            return error;
        state_steps_encode(job->row->of.name, step->picture.number, step->file.hash, job->files[i]);
        job->count++;
        error = history_take(step, &job->models[i], &job->parts[i]);
        if (error < 0)
            return error;
    }
    return 0;
}

/* Brings the disk up to what the session has; NULL: it is gone. */
static void start(struct state *state, struct row *row, const struct session *session)
{
    struct job *job = calloc(1, sizeof(*job));
    int error = job == NULL ? -ENOMEM : 0;
    if (error == 0) {
        job->state = state;
        job->row = row;
    }
    if (error == 0 && session != NULL)
        error = take_steps(job, &session->history);
    if (error == 0)
        error = work_start(&job->work, &state->jobs, "a history written", run_write, done_write);
    if (error < 0) {
        state_tell_history(state, error);
        if (job != NULL)
            job_free(job);
        return;
    }
    row->busy = true;
    row->id = session == NULL ? 0 : session->id;
    row->version = session == NULL ? 0 : session->history.version;
}

static bool changed(const struct row *row, const struct session *session)
{
    return session == NULL || row->id != session->id || row->version != session->history.version;
}

void state_history_look(struct state *state)
{
    if (state->passing)
        return;
    list_each(pos, next, &state->hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        if (session->history.version > 0)
            row_of(state, session->name);
    }
    list_each(pos, next, &state->histories) {
        struct row *row = list_entry(pos, struct row, of.link);
        const struct session *session = hub_find(state->hub, row->of.name);
        if (!row->busy && row->loading == 0 && changed(row, session))
            start(state, row, session);
    }
}

/* ---- reading ---- */

static void read_step(const struct state *state, struct loading *job)
{
    struct state_records records;
    job->status = state_steps_read(&state->folder, &job->found, &records);
    if (job->status < 0)
        return;
    state_records_to(&records, &job->picture);
    state_records_free(&records);
}

/* Gives the session the step. The job still has to be freed. */
static void install(struct state *state, struct loading *job)
{
    int error = 0;
    struct session *session =
        job->status < 0 ? NULL : hub_session(state->hub, job->found.name, &error);
    if (job->status < 0)
        log_warning(state->log, "state", "session %s: picture %llu of its history is not read",
                    job->found.name, (unsigned long long)job->found.number);
    if (session != NULL)
        session_restore_step(session, &job->picture);
}

static void run_load(struct work *work)
{
    struct loading *job = (struct loading *)work;
    read_step(job->state, job);
}

static void done_load(struct work *work, int status)
{
    struct loading *job = (struct loading *)work;
    struct state *state = job->state;
    job->row->loading--;
    if (status == 0 && !state->closing)
        install(state, job);
    picture_free(&job->picture);
    free(job);
    state_end_if_done(state);
}

static void load_later(struct state *state, const struct state_steps_found *found)
{
    struct row *row = row_of(state, found->name);
    struct loading *job = row == NULL ? NULL : calloc(1, sizeof(*job));
    if (job == NULL)
        return;
    job->state = state;
    job->row = row;
    job->found = *found;
    if (work_start(&job->work, &state->jobs, "a history read", run_load, done_load) == 0)
        row->loading++;
    else
        free(job);
}

static void load_now(struct state *state, const struct state_steps_found *found)
{
    struct loading job = { .found = *found };
    read_step(state, &job);
    install(state, &job);
    picture_free(&job.picture);
}

void state_history_restore(struct state *state, uint64_t used, bool now)
{
    struct state_steps_found *list = NULL;
    long count = state_steps_list(&state->folder, &list);
    unsigned of_session = 0;
    for (long i = 0; i < count; i++) {
        bool another = i == 0 || strcmp(list[i].name, list[i - 1].name) != 0;
        of_session = another ? 0 : of_session + 1;
        used += list[i].size;
        /* What is left out is removed when its session's history is written next. */
        if (of_session >= state->hub->view.options.history ||
            used > state->hub->view.options.max_memory)
            row_of(state, list[i].name);
        else if (now)
            load_now(state, &list[i]);
        else
            load_later(state, &list[i]);
    }
    free(list);
}

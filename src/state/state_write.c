/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Jobs that write and sync the picture of one session. */
#include "state/state_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/work.h"

struct job {
    struct work work;
    struct state *state;
    struct state_entry *entry; /* not freed while it is busy */
    char name[SESSION_NAME_MAX + 1];
    struct picture picture; /* a copy used only by this job */
    struct state_written written;
    bool whole;
    bool pinned;
    void (*done)(struct state *state, struct state_entry *entry,
                 const struct state_written *written);
};

/* ---- on the pool ---- */

static void save(struct job *job)
{
    struct state_records records = { .number = 0 };
    struct state_written *written = &job->written;
    snprintf(records.name, sizeof(records.name), "%s", job->name);
    written->status = state_records_from(&records, &job->picture);
    if (written->status == 0)
        written->status = state_records_pin(&records, job->pinned);
    if (written->status == 0)
        written->status = state_folder_save(&job->state->folder, &records, &written->place,
                                            job->whole, &written->fresh);
    state_records_free(&records);
}

static void run_write(struct work *work)
{
    struct job *job = (struct job *)work;
    if (job->written.remove)
        job->written.status = state_folder_remove(&job->state->folder, job->name);
    else
        save(job);
}

static void run_sync(struct work *work)
{
    struct job *job = (struct job *)work;
    job->written.status = state_folder_sync(&job->state->folder, job->name);
}

/* ---- on the loop ---- */

static void job_free(struct job *job)
{
    picture_free(&job->picture);
    free(job);
}

static void on_done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct state *state = job->state;
    struct state_entry *entry = job->entry;
    struct state_written written = job->written;
    void (*done)(struct state *, struct state_entry *, const struct state_written *) = job->done;
    if (status < 0)
        written.status = status;
    job_free(job);
    done(state, entry, &written);
}

static struct job *job_new(struct state *state, struct state_entry *entry)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->state = state;
    job->entry = entry;
    snprintf(job->name, sizeof(job->name), "%s", entry->name);
    return job;
}

static int start(struct job *job, void (*run)(struct work *))
{
    int error = work_start(&job->work, &job->state->jobs, "a picture written", run, on_done);
    if (error < 0)
        job_free(job);
    return error;
}

int state_write_start(struct state *state, struct state_entry *entry, bool remove, bool whole,
                      void (*done)(struct state *state, struct state_entry *entry,
                                   const struct state_written *written))
{
    struct session *session = hub_find(state->hub, entry->name);
    struct job *job = job_new(state, entry);
    if (job == NULL)
        return -ENOMEM;
    job->done = done;
    job->whole = whole;
    job->written.remove = remove;
    if (!remove) {
        job->written.place = entry->place;
        job->pinned = session->pinned;
    }
    int error = remove ? 0 : picture_copy(&job->picture, &session->picture);
    if (error < 0) {
        job_free(job);
        return error;
    }
    return start(job, run_write);
}

int state_write_sync(struct state *state, struct state_entry *entry,
                     void (*done)(struct state *state, struct state_entry *entry,
                                  const struct state_written *written))
{
    struct job *job = job_new(state, entry);
    if (job == NULL)
        return -ENOMEM;
    job->done = done;
    return start(job, run_sync);
}

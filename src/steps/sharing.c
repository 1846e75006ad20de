/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "steps/sharing.h"

#include <stdlib.h>

/* Nanoseconds of the pool between two ticks. */
#define SPENT_MOST ((uint64_t)100 * 1000 * 1000)

/* One step, from its turn to the end. */
struct job {
    struct work work;
    struct sharing *sharing;
    uint32_t session; /* by its number: it may be freed meanwhile */
    uint64_t number;
    struct blob *whole;
    struct stored *base;
    struct stored_file base_file; /* the same for the pool */
    struct delta *delta;
};

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    struct blob *base = stored_make(&job->base_file, NULL);
    /* Without memory, or with a file that cannot be read, the step stays as it is. */
    if (base != NULL)
        delta_make(job->whole, base, &job->delta);
    blob_unref(base);
}

static void look(struct sharing *sharing);

static void done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct sharing *sharing = job->sharing;
    struct retained *retained = &sharing->hub->view.retained;
    struct session *session = hub_of(sharing->hub, job->session);
    sharing->busy = false;
    sharing->spent += uv_hrtime() - work->queued - work->waited;
    stored_drop(&job->base_file);
    if (session != NULL && status == 0) {
        history_share(&session->history, job->number, job->whole, job->delta, job->base);
    } else {
        delta_unref(job->delta);
        stored_unref(job->base, retained);
    }
    blob_unref(job->whole);
    free(job);
    if (status == 0 && sharing->spent < SPENT_MOST)
        look(sharing);
}

/* Begins with a step of the session. False: none is to be shared. */
static bool start(struct sharing *sharing, struct session *session)
{
    struct stored *base;
    struct blob *current = session->file_state == SESSION_FILE_READY ? session->file.bytes : NULL;
    const struct history_step *step = history_unshared(&session->history, current, &base);
    struct job *job = step == NULL ? NULL : calloc(1, sizeof(*job));
    if (job == NULL)
        return false;
    job->sharing = sharing;
    job->session = session->id;
    job->number = step->picture.number;
    if (stored_take(base, &job->base_file) < 0) {
        free(job);
        return false;
    }
    job->base = stored_ref(base);
    job->whole = blob_ref(step->stored->whole);
    if (work_start(&job->work, sharing->jobs, "a shared step", run, done) == 0) {
        sharing->busy = true;
        return true;
    }
    blob_unref(job->whole);
    stored_drop(&job->base_file);
    stored_unref(job->base, &sharing->hub->view.retained);
    free(job);
    return false;
}

static void look(struct sharing *sharing)
{
    list_each(pos, next, &sharing->hub->sessions) {
        if (start(sharing, list_entry(pos, struct session, link)))
            return;
    }
}

void sharing_init(struct sharing *sharing, struct hub *hub, struct work_jobs *jobs)
{
    *sharing = (struct sharing){ .hub = hub, .jobs = jobs };
}

void sharing_tick(struct sharing *sharing)
{
    sharing->spent = 0;
    if (!sharing->busy)
        look(sharing);
}

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
    uint32_t session;              /* by its number: it may be freed meanwhile */
    struct history_sharing shares; /* with references of its own */
    struct stored_file base_file;  /* its base for the pool */
    struct delta *delta;
};

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    struct blob *base = stored_make(&job->base_file, NULL);
    /* Without memory, or with a file that cannot be read, the step stays as it is. */
    if (base != NULL)
        delta_make(job->shares.whole, base, &job->delta);
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
        history_share(&session->history, &job->shares, job->delta);
    } else {
        delta_unref(job->delta);
        stored_unref(job->shares.base, retained);
    }
    blob_unref(job->shares.whole);
    free(job);
    if (status == 0 && sharing->spent < SPENT_MOST)
        look(sharing);
}

/* Begins with a step of the session. False: none is to be shared. */
static bool start(struct sharing *sharing, struct session *session)
{
    struct history_sharing found;
    struct blob *const current[HISTORY_KINDS] = {
        session->file_state == SESSION_FILE_READY ? session->file.bytes : NULL,
        session_exact(session),
    };
    struct job *job =
        history_unshared(&session->history, current, &found) ? calloc(1, sizeof(*job)) : NULL;
    if (job == NULL)
        return false;
    job->sharing = sharing;
    job->session = session->id;
    job->shares = found;
    if (stored_take(found.base, &job->base_file) < 0) {
        free(job);
        return false;
    }
    stored_ref(found.base);
    blob_ref(found.whole);
    if (work_start(&job->work, sharing->jobs, "a shared step", run, done) == 0) {
        sharing->busy = true;
        return true;
    }
    blob_unref(job->shares.whole);
    stored_drop(&job->base_file);
    stored_unref(job->shares.base, &sharing->hub->view.retained);
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

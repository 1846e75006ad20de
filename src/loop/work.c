/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "loop/work.h"

#include <errno.h>
#include <stdlib.h>

#include "loop/watch.h"

static void on_run(uv_work_t *req)
{
    struct work *work = req->data;
    work->waited = uv_hrtime() - work->queued;
    work->run(work);
}

static void on_done(uv_work_t *req, int status)
{
    struct work *work = req->data;
    struct work_jobs *jobs = work->jobs;
    jobs->count--;
    if (jobs->watch != NULL) {
        watch_count(&jobs->watch->pool, work->waited);
        watch_begin(jobs->watch, work->what, NULL, 0);
    }
    work->done(work, status);
}

int work_start(struct work *work, struct work_jobs *jobs, const char *what,
               void (*run)(struct work *), void (*done)(struct work *, int status))
{
    work->req.data = work;
    work->jobs = jobs;
    work->what = what;
    work->run = run;
    work->done = done;
    work->queued = uv_hrtime();
    work->waited = 0;
    int error = uv_queue_work(jobs->loop, &work->req, on_run, on_done);
    jobs->count += error == 0;
    return error;
}

static void run_nothing(struct work *work)
{
}

static void done_nothing(struct work *work, int status)
{
    free(work);
}

int work_make_threads(struct work_jobs *jobs)
{
    struct work *work = calloc(1, sizeof(*work));
    if (work == NULL)
        return -ENOMEM;
    int error = work_start(work, jobs, "threads", run_nothing, done_nothing);
    if (error < 0)
        free(work);
    return error;
}

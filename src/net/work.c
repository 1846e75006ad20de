/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/work.h"

static void on_run(uv_work_t *req)
{
    struct work *work = req->data;
    work->waited = uv_hrtime() - work->queued;
    work->run(work);
}

static void on_done(uv_work_t *req, int status)
{
    struct work *work = req->data;
    work->done(work, status);
}

int work_start(struct work *work, uv_loop_t *loop, void (*run)(struct work *),
               void (*done)(struct work *, int status))
{
    work->req.data = work;
    work->run = run;
    work->done = done;
    work->queued = uv_hrtime();
    work->waited = 0;
    return uv_queue_work(loop, &work->req, on_run, on_done);
}

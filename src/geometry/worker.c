/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* After so many failed starts in a row the program counts as not startable. */
#define STARTS_TRIED 3
/* Longest pause before a start, in milliseconds. */
#define LONGEST_PAUSE 1000

struct job {
    enum frame_kind kind;
    uint32_t session;
    uint32_t serial;
    struct blob *payload;
    uint64_t deadline;          /* loop time in milliseconds */
    bool sent;                  /* to the current process */
    uint8_t lead[PROCESS_LEAD]; /* goes before the payload of a MESH job */
};

struct worker {
    uv_loop_t *loop;
    struct worker_options options;
    const struct worker_events *events;
    void *arg;
    uv_timer_t timer;        /* the job's deadline, or the end of the pause before a start */
    struct process *process; /* NULL: none runs */
    uint64_t life;           /* number of processes lost so far */
    bool answered;           /* this process has answered the first PING, so it did start */
    bool start_failed;       /* the last start failed at once; the timer reports it */
    unsigned failures;       /* processes in a row that ended without an answer */
    uint64_t start_after;    /* loop time in milliseconds before which none is started */
    bool busy;               /* `job` is set */
    struct job job;
    uint32_t serial; /* of the last job */
    unsigned open;   /* the timer, and processes that are not closed yet; at 0 it is freed */
    bool closing;
    uint64_t starts; /* processes that were started */
};

static void release(struct worker *worker)
{
    if (--worker->open > 0)
        return;
    const struct worker_events *events = worker->events;
    void *arg = worker->arg;
    free(worker);
    events->closed(arg);
}

static void on_process_closed(void *arg)
{
    release(arg);
}

/* The process has ended, or is being killed; its state is lost. */
static void lose_process(struct worker *worker)
{
    if (worker->process == NULL)
        return;
    process_close(worker->process);
    worker->process = NULL;
    worker->life++;
    worker->job.sent = false;
}

static void forget_job(struct worker *worker)
{
    if (!worker->busy)
        return;
    worker->busy = false;
    blob_unref(worker->job.payload);
    worker->job.payload = NULL;
    uv_timer_stop(&worker->timer);
}

static void lose_job(struct worker *worker, enum worker_loss loss)
{
    forget_job(worker);
    worker->events->lost(worker->arg, loss);
}

/* A process ended without an answer: the next start waits a little longer. */
static void count_failure(struct worker *worker)
{
    worker->failures++;
    uint64_t pause = 0;
    if (worker->failures > 1)
        pause = worker->failures < 6 ? 25u << worker->failures : LONGEST_PAUSE;
    worker->start_after = uv_now(worker->loop) + pause;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct worker *worker)
{
    uint64_t now = uv_now(worker->loop);
    uint64_t next = worker->job.deadline;
    if (worker->process == NULL && worker->start_after < next)
        next = worker->start_after;
    uv_timer_start(&worker->timer, on_timer, next > now ? next - now : 0, 0);
}

/* The process ended: logs it, and the job is lost, or tried again with the next process. */
static void on_ended(void *arg, const char *why)
{
    struct worker *worker = arg;
    bool answered = worker->answered;
    log_warning(worker->options.log, "geometry", "helper %u %s%s", worker->options.number, why,
                answered ? "" : " before its first answer");
    lose_process(worker);
    count_failure(worker);
    if (!worker->busy)
        return;
    if (answered)
        lose_job(worker, WORKER_CRASHED);
    else if (worker->failures >= STARTS_TRIED)
        lose_job(worker, WORKER_NO_START);
    else
        arm(worker);
}

static bool answers_job(const struct worker *worker, const struct frame *frame)
{
    const struct job *job = &worker->job;
    uint32_t good = job->kind == FRAME_ASK    ? FRAME_ANSWER
                    : job->kind == FRAME_MESH ? FRAME_MESHED
                                              : FRAME_READY;
    return worker->busy && job->sent && frame->serial == job->serial &&
           frame->session == job->session && (frame->kind == good || frame->kind == FRAME_FAIL);
}

static void on_frame(void *arg, const struct frame *frame, const char *payload)
{
    struct worker *worker = arg;
    if (frame->kind == FRAME_PONG) {
        worker->answered = true;
    } else if (answers_job(worker, frame)) {
        worker->failures = 0;
        forget_job(worker);
        worker->events->answer(worker->arg, frame, payload);
    } else {
        on_ended(worker, "answered what it was not asked");
    }
}

static const struct process_events process_events = {
    .frame = on_frame,
    .ended = on_ended,
    .closed = on_process_closed,
};

static int send_job(struct worker *worker)
{
    struct job *job = &worker->job;
    struct frame frame = { .kind = job->kind, .serial = job->serial, .session = job->session };
    size_t lead = job->kind == FRAME_MESH ? sizeof(job->lead) : 0;
    int error = process_send_led(worker->process, &frame, job->lead, lead, job->payload);
    if (error == 0)
        job->sent = true;
    return error;
}

static int start_process(struct worker *worker)
{
    const struct worker_options *options = &worker->options;
    struct frame ping = { .kind = FRAME_PING };
    struct process_limits limits = { .memory = options->memory,
                                     .time = options->deadline,
                                     .answer = options->answer };
    int error = process_start(&worker->process, worker->loop, options->program, &limits,
                              &process_events, worker);
    if (error < 0)
        return error;
    worker->open++;
    worker->starts++;
    worker->answered = false;
    worker->start_failed = false;
    log_info(options->log, "geometry", "helper %u started", options->number);
    return process_send(worker->process, &ping, NULL);
}

/* Starting failed: the next try is not made at once. */
static void give_up_start(struct worker *worker, int error)
{
    char text[128];
    log_warning(worker->options.log, "geometry", "helper %u cannot be started: %s",
                worker->options.number, error_text(error, text, sizeof(text)));
    lose_process(worker);
    count_failure(worker);
}

/* Sends the job to a process, starting one if there is none. Every failure is reported as an end of
 * the process, through the timer: never inside the call that asked. */
static void push_job(struct worker *worker)
{
    int error = 0;
    if (worker->process == NULL) {
        if (uv_now(worker->loop) < worker->start_after) {
            arm(worker);
            return;
        }
        error = start_process(worker);
    }
    if (error == 0)
        error = send_job(worker);
    if (error < 0) {
        give_up_start(worker, error);
        worker->start_failed = true;
    }
    arm(worker);
}

static void on_timer(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    if (!worker->busy)
        return;
    if (uv_now(worker->loop) >= worker->job.deadline) {
        log_warning(worker->options.log, "geometry", "helper %u took too long: stopped",
                    worker->options.number);
        lose_process(worker);
        lose_job(worker, WORKER_LATE);
    } else if (worker->process != NULL) {
        arm(worker);
    } else if (worker->start_failed && worker->failures >= STARTS_TRIED) {
        worker->start_failed = false;
        lose_job(worker, WORKER_NO_START);
    } else {
        push_job(worker);
    }
}

int worker_new(struct worker **result, uv_loop_t *loop, const struct worker_options *options,
               const struct worker_events *events, void *arg)
{
    *result = NULL;
    struct worker *worker = calloc(1, sizeof(*worker));
    if (worker == NULL)
        return -ENOMEM;
    int error = uv_timer_init(loop, &worker->timer);
    if (error < 0) {
        free(worker);
        return error;
    }
    worker->timer.data = worker;
    worker->open = 1;
    worker->loop = loop;
    worker->options = *options;
    worker->events = events;
    worker->arg = arg;
    *result = worker;
    return 0;
}

bool worker_busy(const struct worker *worker)
{
    return worker->busy;
}

uint64_t worker_life(const struct worker *worker)
{
    return worker->life;
}

uint64_t worker_starts(const struct worker *worker)
{
    return worker->starts;
}

int worker_pid(const struct worker *worker)
{
    return worker->process != NULL ? process_pid(worker->process) : 0;
}

void worker_start(struct worker *worker)
{
    if (worker->closing || worker->process != NULL || uv_now(worker->loop) < worker->start_after)
        return;
    int error = start_process(worker);
    if (error < 0)
        give_up_start(worker, error);
}

static void set_job(struct worker *worker, enum frame_kind kind, uint32_t session,
                    struct blob *payload)
{
    worker->busy = true;
    worker->job = (struct job){ .kind = kind,
                                .session = session,
                                .serial = ++worker->serial,
                                .payload = payload != NULL ? blob_ref(payload) : NULL,
                                .deadline = uv_now(worker->loop) + worker->options.deadline };
}

int worker_run(struct worker *worker, enum frame_kind kind, uint32_t session, struct blob *payload)
{
    if (worker->closing || worker->busy)
        return -EBUSY;
    set_job(worker, kind, session, payload);
    push_job(worker);
    return 0;
}

int worker_run_mesh(struct worker *worker, const uint8_t lead[PROCESS_LEAD], struct blob *payload)
{
    if (worker->closing || worker->busy)
        return -EBUSY;
    set_job(worker, FRAME_MESH, 0, payload);
    memcpy(worker->job.lead, lead, PROCESS_LEAD);
    push_job(worker);
    return 0;
}

struct blob *worker_take(struct worker *worker)
{
    return process_take(worker->process);
}

void worker_drop(struct worker *worker, uint32_t session)
{
    struct frame frame = { .kind = FRAME_DROP, .session = session };
    /* If the message cannot be sent, the memory stays in use until the process ends. */
    if (worker->process != NULL)
        process_send(worker->process, &frame, NULL);
}

void worker_cancel(struct worker *worker)
{
    forget_job(worker);
    lose_process(worker);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void worker_close(struct worker *worker)
{
    if (worker->closing)
        return;
    worker->closing = true;
    worker_cancel(worker);
    uv_close((uv_handle_t *)&worker->timer, on_timer_closed);
}

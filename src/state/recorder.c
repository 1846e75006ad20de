/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* Both in milliseconds. */
#define CHECK_INTERVAL 3000 /* between checks for small changes */
#define RETRY_DELAY 2000    /* after a failure */

/* Pictures that wait, at most; and the share of --max-memory that they may hold. */
#define WAITING_MAX 256
#define WAITING_SHARE 8

/* A picture on its way to the disk. */
struct recorder_picture {
    struct work work;
    struct list link; /* in recorder->waiting */
    struct recorder *recorder;
    char name[SESSION_NAME_MAX + 1];
    struct picture picture;
    size_t bytes;
    uint64_t order; /* of pictures, as they were taken */
    int64_t when;
    uint64_t left_out;
    int status;
};

static void picture_end(struct recorder_picture *item)
{
    picture_free(&item->picture);
    free(item);
}

static int64_t now_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/* ---- what is told ---- */

/* Logs one line when writing begins to fail, and one when it works again. */
static void tell(struct recorder *recorder, int status)
{
    struct text why = { 0 };
    if (status == recorder->trouble)
        return;
    recorder->trouble = status;
    if (status < 0)
        recording_why(status, &why);
    if (status == RECORDING_FULL)
        log_warning(recorder->log, "record",
                    "%s has reached --record-max: nothing more is recorded", recorder->path);
    else if (status < 0)
        log_warning(recorder->log, "record", "%s cannot be written: %s", recorder->path,
                    text_string(&why));
    else
        log_info(recorder->log, "record", "%s is written again", recorder->path);
    text_free(&why);
}

/* ---- on the pool ---- */

static void run(struct work *work)
{
    struct recorder_picture *item = (struct recorder_picture *)work;
    struct recording_picture out = { .when = item->when, .left_out = item->left_out };
    snprintf(out.records.name, sizeof(out.records.name), "%s", item->name);
    item->status = state_records_from(&out.records, &item->picture);
    if (item->status == 0)
        item->status = recording_add(&item->recorder->recording, &out);
    recording_picture_free(&out);
}

/* ---- on the loop ---- */

static void start_next(struct recorder *recorder);

static void take_off(struct recorder *recorder, struct recorder_picture *item)
{
    list_remove(&item->link);
    recorder->waiting_count--;
    recorder->waiting_bytes -= item->bytes;
}

/* Whether a newer picture of the session of `item` waits too. */
static bool is_followed(const struct recorder *recorder, const struct recorder_picture *item)
{
    list_each(pos, next, &recorder->waiting) {
        const struct recorder_picture *other = list_entry(pos, struct recorder_picture, link);
        if (other->order > item->order && strcmp(other->name, item->name) == 0)
            return true;
    }
    return false;
}

static void leave_out(struct recorder *recorder, struct recorder_picture *item)
{
    recorder->lost++;
    recorder->left_out += 1 + item->left_out;
    picture_end(item);
}

/* The newest picture of a session is tried again. */
static void failed(struct recorder *recorder, struct recorder_picture *item, int status)
{
    tell(recorder, status);
    recorder->retry = uv_now(recorder->jobs.loop) + RETRY_DELAY;
    if (is_followed(recorder, item)) {
        leave_out(recorder, item);
        return;
    }
    list_prepend(&recorder->waiting, &item->link);
    recorder->waiting_count++;
    recorder->waiting_bytes += item->bytes;
}

static void end_if_done(struct recorder *recorder)
{
    if (!recorder->closing || recorder->busy || !list_empty(&recorder->waiting))
        return;
    recording_close(&recorder->recording);
    recorder->open = false;
    recorder->closed(recorder->arg);
}

static void written(struct recorder *recorder, struct recorder_picture *item)
{
    tell(recorder, 0);
    recorder->retry = 0;
    recorder->pictures += item->status == 0;
    /* A picture that did not differ is not in the file, nor the count of those left out before it.
     */
    recorder->left_out += item->status == RECORDING_SAME ? item->left_out : 0;
    picture_end(item);
}

static void done(struct work *work, int status)
{
    struct recorder_picture *item = (struct recorder_picture *)work;
    struct recorder *recorder = item->recorder;
    recorder->busy = false;
    if (status < 0)
        item->status = status;
    recorder->bytes = recorder->recording.size;
    if (item->status < 0 || item->status == RECORDING_FULL)
        failed(recorder, item, item->status);
    else
        written(recorder, item);
    start_next(recorder);
    end_if_done(recorder);
}

static bool too_many(const struct recorder *recorder)
{
    return recorder->waiting_count > WAITING_MAX ||
           recorder->waiting_bytes > recorder->hub->view.options.max_memory / WAITING_SHARE;
}

/* Leaves out the oldest pictures that a newer one of their session follows; `all` of them while the
 * disk fails. */
static void bound(struct recorder *recorder, bool all)
{
    list_each(pos, next, &recorder->waiting) {
        struct recorder_picture *item = list_entry(pos, struct recorder_picture, link);
        if (!all && !too_many(recorder))
            return;
        if (!is_followed(recorder, item))
            continue;
        take_off(recorder, item);
        leave_out(recorder, item);
    }
}

static void drop_all(struct recorder *recorder)
{
    list_each(pos, next, &recorder->waiting) {
        struct recorder_picture *item = list_entry(pos, struct recorder_picture, link);
        take_off(recorder, item);
        leave_out(recorder, item);
    }
}

static void start_next(struct recorder *recorder)
{
    if (recorder->busy || list_empty(&recorder->waiting))
        return;
    if (recorder->trouble == RECORDING_FULL || (recorder->closing && recorder->trouble != 0)) {
        drop_all(recorder);
        return;
    }
    if (!recorder->closing && uv_now(recorder->jobs.loop) < recorder->retry) {
        bound(recorder, true);
        return;
    }
    struct recorder_picture *item =
        list_entry(recorder->waiting.next, struct recorder_picture, link);
    take_off(recorder, item);
    item->left_out += recorder->left_out;
    recorder->left_out = 0;
    int error = work_start(&item->work, &recorder->jobs, "a picture recorded", run, done);
    if (error < 0)
        failed(recorder, item, error);
    recorder->busy = error == 0;
}

static void add(struct recorder *recorder, const char *name, const struct picture *picture)
{
    struct recorder_picture *item = calloc(1, sizeof(*item));
    if (item == NULL || picture_copy(&item->picture, picture) < 0) {
        free(item);
        recorder->lost++;
        recorder->left_out++;
        tell(recorder, -ENOMEM);
        return;
    }
    snprintf(item->name, sizeof(item->name), "%s", name);
    item->recorder = recorder;
    item->when = now_ms();
    item->order = ++recorder->order;
    item->bytes = picture_bytes(picture);
    list_append(&recorder->waiting, &item->link);
    recorder->waiting_count++;
    recorder->waiting_bytes += item->bytes;
    if (too_many(recorder))
        bound(recorder, false);
    start_next(recorder);
}

void recorder_keep(struct recorder *recorder, const struct session *session)
{
    if (recorder->open && recorder->trouble != RECORDING_FULL)
        add(recorder, session->name, &session->picture);
}

void recorder_forget(struct recorder *recorder, const char *name)
{
    const struct picture empty = { .number = 0 };
    if (recorder->open && recorder->trouble != RECORDING_FULL)
        add(recorder, name, &empty);
}

/* The camera, and what else is not told. */
static void look(struct recorder *recorder)
{
    list_each(pos, next, &recorder->hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        if (session->picture.model != NULL && session->used >= recorder->looked)
            recorder_keep(recorder, session);
    }
}

void recorder_tick(struct recorder *recorder)
{
    uint64_t now = recorder->open ? uv_now(recorder->jobs.loop) : 0;
    if (!recorder->open || recorder->closing)
        return;
    if (now - recorder->looked >= CHECK_INTERVAL) {
        look(recorder);
        recorder->looked = now;
    }
    /* After a failure nothing else begins the next try. */
    start_next(recorder);
}

int recorder_open(struct recorder *recorder, const char *path, uint64_t limit, uv_loop_t *loop,
                  struct hub *hub)
{
    struct text why = { 0 };
    memset(recorder, 0, sizeof(*recorder));
    list_init(&recorder->waiting);
    recorder->jobs = (struct work_jobs){ .loop = loop };
    recorder->hub = hub;
    recorder->log = hub->view.log;
    recorder->path = path;
    int error = recording_open(&recorder->recording, path, limit);
    if (error < 0) {
        recording_why(error, &why);
        log_warning(recorder->log, "record", "nothing is recorded: %s: %s", path,
                    text_string(&why));
        text_free(&why);
        return error;
    }
    recorder->open = true;
    log_info(recorder->log, "record",
             "recording to %s: the models that are shown are inside, whole", path);
    look(recorder);
    return 0;
}

void recorder_close(struct recorder *recorder, void (*closed)(void *arg), void *arg)
{
    if (!recorder->open) {
        closed(arg);
        return;
    }
    look(recorder);
    recorder->closing = true;
    /* One more try. */
    if (recorder->trouble < 0)
        recorder->trouble = 0;
    recorder->closed = closed;
    recorder->arg = arg;
    start_next(recorder);
    end_if_done(recorder);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/state_entry.h"
#include "net/work.h"

/* All in milliseconds. A show is several messages in a row, which shall be one write; but the
 * first one after a while is written sooner, since nobody knows whether more will come. */
#define DELAY_FIRST 40
#define DELAY_BURST 200
#define QUIET 2000
#define LOOK 3000  /* between looks for changes as of the camera */
#define AGAIN 5000 /* after a failure */

/* Bytes of a model that is converted sooner than it is written. */
#define SMALL_MODEL (1024 * 1024)

/* One write on the pool. */
struct job {
    struct work work;
    struct state *state;
    struct state_entry *entry; /* stays while it is busy */
    struct state_picture picture;
    json_t *json[STATE_KINDS]; /* to be dumped by the pool; shared with nobody who changes it */
    struct state_place place;
    bool whole;
    bool remove;
    int status;
};

/* ---- entries ---- */

struct state_entry *state_entry_find(const struct state *state, const char *name)
{
    list_each(pos, next, &state->entries)
    {
        struct state_entry *entry = list_entry(pos, struct state_entry, link);
        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

struct state_entry *state_entry(struct state *state, const char *name)
{
    struct state_entry *entry = state_entry_find(state, name);
    if (entry != NULL)
        return entry;
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    snprintf(entry->name, sizeof(entry->name), "%s", name);
    entry->whole = true;
    list_append(&state->entries, &entry->link);
    return entry;
}

static void forget_entry(struct state_entry *entry)
{
    list_remove(&entry->link);
    free(entry);
}

/* ---- the pool's part ---- */

static int add_piece(const char *data, size_t size, void *blob)
{
    return blob_append(blob, data, size) < 0 ? -1 : 0;
}

static int dump(json_t *json, struct blob **out)
{
    struct blob *blob = blob_new(4096);
    if (blob == NULL)
        return -ENOMEM;
    if (json_dump_callback(json, add_piece, blob, JSON_COMPACT) < 0) {
        blob_unref(blob);
        return -ENOMEM;
    }
    *out = blob;
    return 0;
}

static void run_write(struct work *work)
{
    struct job *job = (struct job *)work;
    for (unsigned kind = 0; kind < STATE_KINDS && job->status == 0; kind++) {
        if (job->json[kind] != NULL)
            job->status = dump(job->json[kind], &job->picture.records[kind].blob);
    }
    if (job->remove)
        job->status = state_folder_remove(&job->state->folder, job->picture.name);
    else if (job->status == 0)
        job->status =
            state_folder_save(&job->state->folder, &job->picture, &job->place, job->whole);
}

/* ---- the loop's part ---- */

static void job_free(struct job *job)
{
    for (unsigned kind = 0; kind < STATE_KINDS; kind++)
        json_decref(job->json[kind]);
    state_picture_free(&job->picture);
    free(job);
}

/* One line when it begins to fail, and one when it works again. */
static void tell(struct state *state, int status)
{
    char why[64];
    if (status == state->trouble)
        return;
    if (status < 0)
        log_warning(state->log, "state", "pictures cannot be kept in %s: %s", state->folder.path,
                    error_text(status, why, sizeof(why)));
    else
        log_info(state->log, "state", "pictures are kept again in %s", state->folder.path);
    state->trouble = status;
}

static void end_if_done(struct state *state)
{
    if (!state->closing || state->jobs > 0)
        return;
    list_each(pos, next, &state->entries)
    {
        if (list_entry(pos, struct state_entry, link)->due != 0)
            return;
    }
    if (!uv_is_closing((uv_handle_t *)&state->timer)) {
        uv_close((uv_handle_t *)&state->timer, NULL);
        state->open = false;
        state->closed(state->arg);
    }
}

static void done_write(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct state *state = job->state;
    struct state_entry *entry = job->entry;
    if (status < 0)
        job->status = status;
    state->jobs--;
    tell(state, job->status);
    entry->place = job->place;
    if (job->status < 0) {
        entry->whole = true;
        if (!state->closing)
            state_entry_due(state, entry, AGAIN);
    } else {
        state->written++;
        log_debug(state->log, "state", "session %s: %s", entry->name,
                  job->remove ? "no picture any more" : "picture kept");
    }
    bool gone = job->remove && job->status == 0 && entry->due == 0;
    job_free(job);
    if (gone) {
        forget_entry(entry);
        end_if_done(state);
    } else {
        state_entry_idle(state, entry);
    }
}

static void take_blob(struct job *job, enum state_kind kind, struct blob *blob, size_t offset)
{
    if (blob == NULL)
        return;
    job->picture.records[kind].blob = blob_ref(blob);
    job->picture.records[kind].offset = offset;
}

/* A copy that is as deep as what the loop changes: members are replaced, never changed, but for
 * those of `deep` levels. */
static json_t *copy(json_t *json, unsigned deep)
{
    json_t *out = json_copy(json);
    const char *key;
    json_t *value;
    if (out == NULL || deep == 0)
        return out;
    json_object_foreach(json, key, value)
    {
        if (json_object_set_new(out, key, json_copy(value)) < 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

static int take_json(struct job *job, enum state_kind kind, json_t *json, unsigned deep)
{
    if (json == NULL || json_object_size(json) == 0)
        return 0;
    job->json[kind] = copy(json, deep);
    return job->json[kind] == NULL ? -ENOMEM : 0;
}

/* What the session looks like now. The blobs are shared, not copied. */
static int take_picture(struct job *job, struct session *session)
{
    job->picture.number = session->number;
    job->picture.shown = session->shown;
    take_blob(job, STATE_MODEL, session->model, session->model_offset);
    take_blob(job, STATE_PARTS, session->parts, session->parts_offset);
    take_blob(job, STATE_ANIMATION, session->animation, 2);
    take_blob(job, STATE_TIME, session->time, 2);
    take_blob(job, STATE_THUMBNAIL, session->thumbnail, 0);
    int error = take_json(job, STATE_SETTINGS, session->settings, 0);
    if (error == 0)
        error = take_json(job, STATE_STATUS, session->status, 0);
    if (error == 0)
        error = take_json(job, STATE_VIEWS, session->views, 1);
    return error;
}

/* The built-in model and the clients' greeting are no pictures that anybody would miss. */
static bool has_picture(const struct session *session, const struct state_entry *entry)
{
    if (session == NULL || session->number == entry->ignored)
        return session != NULL && session->number == 0 && session->parts != NULL;
    return session->model == NULL ? session->parts != NULL : !session->splash;
}

static int start_job(struct state *state, struct state_entry *entry)
{
    struct session *session = hub_find(state->hub, entry->name);
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return -ENOMEM;
    job->state = state;
    job->entry = entry;
    job->place = entry->place;
    job->remove = !has_picture(session, entry);
    snprintf(job->picture.name, sizeof(job->picture.name), "%s", entry->name);
    int error = job->remove ? 0 : take_picture(job, session);
    job->whole = entry->whole || (session != NULL && session->number != entry->number);
    if (job->remove)
        memset(&job->place, 0, sizeof(job->place));
    if (error == 0)
        error = work_start(&job->work, state->loop, run_write, done_write);
    if (error < 0) {
        job_free(job);
        return error;
    }
    entry->number = session == NULL ? 0 : session->number;
    entry->used = session == NULL ? 0 : session->used;
    return 0;
}

/* Whether a small model may yet turn out to be no picture of anybody's: wait for it. */
static bool unknown(const struct state *state, const struct state_entry *entry)
{
    const struct session *session = hub_find(state->hub, entry->name);
    return !state->closing && session != NULL && session->file_state == FILE_MAKING &&
           session->model->size < SMALL_MODEL;
}

static void start_write(struct state *state, struct state_entry *entry)
{
    entry->due = 0;
    if (unknown(state, entry)) {
        state_entry_due(state, entry, DELAY_FIRST);
        return;
    }
    int error = start_job(state, entry);
    if (error < 0) {
        tell(state, error);
        if (!state->closing)
            state_entry_due(state, entry, AGAIN);
        return;
    }
    state->jobs++;
    entry->busy = true;
    entry->whole = false;
    entry->last = uv_now(state->loop);
}

static void on_timer(uv_timer_t *timer)
{
    struct state *state = timer->data;
    uint64_t now = uv_now(state->loop);
    uint64_t first = 0;
    list_each(pos, next, &state->entries)
    {
        struct state_entry *entry = list_entry(pos, struct state_entry, link);
        if (entry->due == 0 || entry->busy)
            continue;
        if (entry->due <= now || state->closing)
            start_write(state, entry);
        if (entry->due != 0 && !entry->busy && (first == 0 || entry->due < first))
            first = entry->due;
    }
    if (first != 0)
        uv_timer_start(&state->timer, on_timer, first > now ? first - now : 0, 0);
}

void state_entry_due(struct state *state, struct state_entry *entry, uint64_t delay)
{
    uint64_t due = uv_now(state->loop) + delay;
    if (entry->due != 0 && entry->due <= due)
        return;
    entry->due = due;
    uint64_t left = uv_timer_get_due_in(&state->timer);
    if (!entry->busy && (!uv_is_active((uv_handle_t *)&state->timer) || left > delay))
        uv_timer_start(&state->timer, on_timer, delay, 0);
}

void state_entry_idle(struct state *state, struct state_entry *entry)
{
    entry->busy = false;
    entry->loading = false;
    if (entry->due != 0)
        on_timer(&state->timer);
    end_if_done(state);
}

void state_keep(struct state *state, const struct session *session, bool parts)
{
    if (!state->open)
        return;
    struct state_entry *entry = state_entry(state, session->name);
    if (entry == NULL) {
        tell(state, -ENOMEM);
        return;
    }
    entry->whole = entry->whole || parts;
    bool quiet = entry->last == 0 || uv_now(state->loop) - entry->last > QUIET;
    state_entry_due(state, entry, state->trouble < 0 ? AGAIN : quiet ? DELAY_FIRST : DELAY_BURST);
}

void state_ignore(struct state *state, const struct session *session)
{
    struct state_entry *entry = state->open ? state_entry(state, session->name) : NULL;
    if (entry != NULL)
        entry->ignored = session->number;
}

void state_forget(struct state *state, const struct session *session)
{
    struct state_entry *entry = state->open ? state_entry_find(state, session->name) : NULL;
    if (entry != NULL)
        state_entry_due(state, entry, 0);
}

void state_keep_all(struct state *state)
{
    list_each(pos, next, &state->hub->sessions)
        state_keep(state, list_entry(pos, struct session, link), true);
}

bool state_loading(const struct state *state, const char *name)
{
    const struct state_entry *entry = state->open ? state_entry_find(state, name) : NULL;
    return entry != NULL && entry->loading;
}

/* Small changes have no notice of their own: whoever was used since may have them. */
static void look(struct state *state)
{
    list_each(pos, next, &state->hub->sessions)
    {
        struct session *session = list_entry(pos, struct session, link);
        struct state_entry *entry = state_entry_find(state, session->name);
        if (entry != NULL && entry->used != session->used && has_picture(session, entry))
            state_entry_due(state, entry, state->trouble < 0 ? AGAIN : 0);
    }
}

void state_tick(struct state *state)
{
    if (!state->open || state->closing || uv_now(state->loop) - state->looked < LOOK)
        return;
    state->looked = uv_now(state->loop);
    look(state);
}

int state_open(struct state *state, const char *path, uv_loop_t *loop, struct hub *hub,
               uint8_t key[32])
{
    char why[64];
    memset(state, 0, sizeof(*state));
    list_init(&state->entries);
    state->loop = loop;
    state->hub = hub;
    state->log = hub->log;
    int error = state_folder_open(&state->folder, path);
    if (error == 0 && state_folder_key(&state->folder, key, 32) < 0)
        log_warning(state->log, "state", "no random bytes for %s/key", path);
    if (error < 0) {
        log_warning(state->log, "state", "pictures are not kept: %s: %s", path,
                    error == -EBUSY ? "another cadcast uses it"
                                    : error_text(error, why, sizeof(why)));
        return error;
    }
    uv_timer_init(loop, &state->timer);
    state->timer.data = state;
    state->open = true;
    return 0;
}

void state_close(struct state *state, void (*closed)(void *arg), void *arg)
{
    if (!state->open) {
        closed(arg);
        return;
    }
    state->closing = true;
    state->closed = closed;
    state->arg = arg;
    state->trouble = 0;
    look(state);
    on_timer(&state->timer);
    end_if_done(state);
}

void state_free(struct state *state)
{
    /* A zeroed one was never opened. */
    if (state->loop == NULL)
        return;
    list_each(pos, next, &state->entries) forget_entry(list_entry(pos, struct state_entry, link));
    state_folder_close(&state->folder);
}

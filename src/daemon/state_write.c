/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* One write of one picture, from the session to the disk. */
#include "daemon/state_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/work.h"

struct job {
    struct work work;
    struct state *state;
    struct state_entry *entry; /* stays while it is busy */
    struct state_picture picture;
    json_t *json[STATE_KINDS]; /* to be dumped by the pool; shared with nobody who changes it */
    struct state_written written;
    bool whole;
    void (*done)(struct state *state, struct state_entry *entry,
                 const struct state_written *written);
};

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
    struct state_written *written = &job->written;
    const struct state_folder *folder = &job->state->folder;
    for (unsigned kind = 0; kind < STATE_KINDS && written->status == 0; kind++) {
        if (job->json[kind] != NULL)
            written->status = dump(job->json[kind], &job->picture.records[kind].blob);
    }
    if (written->remove)
        written->status = state_folder_remove(folder, job->picture.name);
    else if (written->status == 0)
        written->status =
            state_folder_save(folder, &job->picture, &written->place, job->whole, &written->fresh);
}

static void run_sync(struct work *work)
{
    struct job *job = (struct job *)work;
    job->written.status = state_folder_sync(&job->state->folder, job->picture.name);
}

/* ---- the loop's part ---- */

static void job_free(struct job *job)
{
    for (unsigned kind = 0; kind < STATE_KINDS; kind++)
        json_decref(job->json[kind]);
    state_picture_free(&job->picture);
    free(job);
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
    state->jobs--;
    done(state, entry, &written);
}

static struct job *job_new(struct state *state, struct state_entry *entry)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->state = state;
    job->entry = entry;
    snprintf(job->picture.name, sizeof(job->picture.name), "%s", entry->name);
    return job;
}

static int start(struct job *job, void (*run)(struct work *))
{
    int error = work_start(&job->work, job->state->loop, run, on_done);
    if (error < 0)
        job_free(job);
    else
        job->state->jobs++;
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
    if (!remove)
        job->written.place = entry->place;
    int error = remove ? 0 : take_picture(job, session);
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

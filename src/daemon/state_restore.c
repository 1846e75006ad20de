/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* From the disk back into the sessions. */
#include "daemon/state_restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/work.h"

struct loading {
    struct work work;
    struct state *state;
    struct state_entry *entry;
    struct state_found found;
    struct state_loaded loaded;
};

static json_t *read_object(const struct state_record *record)
{
    if (record->blob == NULL)
        return NULL;
    json_t *json =
        json_loadb((const char *)record->blob->data, record->blob->size, JSON_ALLOW_NUL, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

void state_loaded_read(const struct state_folder *folder, const char *file,
                       struct state_loaded *loaded)
{
    struct state_record *records = loaded->picture.records;
    loaded->status_code =
        state_load(folder, file, &loaded->picture, &loaded->place, &loaded->fresh, &loaded->torn);
    if (loaded->status_code < 0)
        return;
    loaded->settings = read_object(&records[STATE_SETTINGS]);
    loaded->status = read_object(&records[STATE_STATUS]);
    loaded->views = read_object(&records[STATE_VIEWS]);
}

void state_loaded_free(struct state_loaded *loaded)
{
    state_picture_free(&loaded->picture);
    json_decref(loaded->settings);
    json_decref(loaded->status);
    json_decref(loaded->views);
}

/* A file that cannot be used is put where it does not stand in the way. */
static void set_aside(struct state *state, const struct state_found *found, int error)
{
    char why[64];
    const char *reason = error == -EBADMSG  ? "damaged or not ours"
                         : error == -EPROTO ? "of a later version"
                                            : error_text(error, why, sizeof(why));
    if (error == -ENOENT) {
        log_info(state->log, "state", "session %s: its only show was still being written",
                 found->name);
        return;
    }
    if (error != -EBADMSG && error != -EPROTO) {
        log_warning(state->log, "state", "session %s: picture not read: %s", found->name, reason);
        return;
    }
    int moved = state_load_set_aside(&state->folder, found->file);
    log_warning(state->log, "state", "session %s: the picture on disk is %s, %s %s.damaged",
                found->name, reason, moved < 0 ? "but cannot be moved to" : "moved to",
                found->file);
}

static void move_blob(struct blob **to, struct state_record *from)
{
    blob_unref(*to);
    *to = from->blob;
    from->blob = NULL;
}

static void move_json(json_t **to, json_t **from)
{
    if (*from == NULL)
        return;
    json_decref(*to);
    *to = *from;
    *from = NULL;
}

static void fill_session(struct session *session, struct state_loaded *loaded)
{
    struct state_record *records = loaded->picture.records;
    session->model_offset = records[STATE_MODEL].offset;
    session->parts_offset = records[STATE_PARTS].offset;
    move_blob(&session->model, &records[STATE_MODEL]);
    move_blob(&session->parts, &records[STATE_PARTS]);
    move_blob(&session->animation, &records[STATE_ANIMATION]);
    move_blob(&session->time, &records[STATE_TIME]);
    move_blob(&session->thumbnail, &records[STATE_THUMBNAIL]);
    move_json(&session->settings, &loaded->settings);
    move_json(&session->status, &loaded->status);
    move_json(&session->views, &loaded->views);
    session->number = loaded->picture.number;
    session->shown = loaded->picture.shown;
    session->splash = session->model == NULL;
    session->used = hub_now(session->hub);
    session->hub->list_changed = true;
}

/* What would have happened had the picture come over the wire. */
static void show(struct state *state, struct session *session)
{
    const struct hub_services *services = &state->hub->services;
    if (session->parts != NULL)
        services->parts(services->owner, session);
    if (session->model == NULL)
        return;
    /* The names for the list come out of the conversion, so it is made even if nobody looks. */
    session->file_state = FILE_MAKING;
    services->convert(services->owner, session);
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER)
            session_replay(session, peer);
    }
}

void state_loaded_install(struct state *state, struct state_entry *entry,
                          struct state_loaded *loaded, const struct state_found *found)
{
    int error = 0;
    if (loaded->status_code < 0) {
        set_aside(state, found, loaded->status_code);
        return;
    }
    struct session *session = hub_session(state->hub, found->name, &error);
    if (session == NULL) {
        log_warning(state->log, "state", "session %s is not restored: too many sessions",
                    found->name);
        return;
    }
    /* Somebody was faster than the disk: what is newer stays. */
    if (session->number > 0 || session->parts != NULL)
        return;
    if (loaded->place.inode == 0)
        log_warning(state->log, "state", "session %s: the last small changes were cut off",
                    found->name);
    if (loaded->torn > 0)
        log_warning(state->log, "state",
                    "session %s: the latest show had not reached the disk; the one before it is "
                    "there",
                    found->name);
    fill_session(session, loaded);
    entry->place = loaded->place;
    entry->number = session->number;
    entry->used = session->used;
    log_info(state->log, "state", "session %s: restored, %zu bytes", session->name,
             session_bytes(session));
    show(state, session);
    /* Showing it is no change to what the disk has. */
    entry->whole = loaded->place.inode == 0;
    entry->due = 0;
    if (loaded->fresh && !state->passing)
        state_entry_sync(state, entry);
}

static void run_load(struct work *work)
{
    struct loading *job = (struct loading *)work;
    state_loaded_read(&job->state->folder, job->found.file, &job->loaded);
}

static void done_load(struct work *work, int status)
{
    struct loading *job = (struct loading *)work;
    struct state *state = job->state;
    state->jobs--;
    if (status == 0 && !state->closing)
        state_loaded_install(state, job->entry, &job->loaded, &job->found);
    state_loaded_free(&job->loaded);
    state_entry_idle(state, job->entry);
    free(job);
}

static void load_later(struct state *state, struct state_entry *entry,
                       const struct state_found *found)
{
    struct loading *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return;
    job->state = state;
    job->entry = entry;
    job->found = *found;
    if (work_start(&job->work, state->loop, run_load, done_load) < 0) {
        free(job);
        return;
    }
    state->jobs++;
    entry->busy = true;
    entry->loading = true;
}

static void load_now(struct state *state, struct state_entry *entry,
                     const struct state_found *found)
{
    struct state_loaded loaded = { .status_code = 0 };
    state_loaded_read(&state->folder, found->file, &loaded);
    state_loaded_install(state, entry, &loaded, found);
    state_loaded_free(&loaded);
}

void state_restore(struct state *state, uint64_t at_once)
{
    struct state_found *list = NULL;
    char why[64];
    if (!state->open)
        return;
    long count = state_load_list(&state->folder, &list);
    if (count < 0)
        log_warning(state->log, "state", "%s: %s", state->folder.path,
                    error_text((int)count, why, sizeof(why)));
    uint64_t total = 0;
    uint64_t read = 0;
    for (long i = 0; i < count; i++) {
        struct state_entry *entry = state_entry(state, list[i].name);
        total += list[i].size;
        if (entry == NULL || total > state->hub->options.max_memory) {
            log_warning(state->log, "state", "session %s stays on disk: no memory for it",
                        list[i].name);
        } else if (read + list[i].size <= at_once) {
            read += list[i].size;
            load_now(state, entry, &list[i]);
        } else {
            load_later(state, entry, &list[i]);
        }
    }
    free(list);
}

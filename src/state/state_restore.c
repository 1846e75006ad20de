/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Loads pictures from disk into the sessions. */
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "loop/work.h"
#include "state/state_entry.h"
#include "state/state_history.h"
#include "state/state_load.h"

/* A picture that was read, on the worker pool. */
struct loaded {
    struct picture picture;
    struct state_place place;
    int status; /* of state_file_read */
    bool pinned;
    unsigned torn; /* count of newer forms that were incomplete */
    bool fresh;    /* it must still be synced */
};

struct loading {
    struct work work;
    struct state *state;
    struct state_entry *entry;
    struct state_found found;
    struct loaded loaded;
};

static void read_picture(const struct state_folder *folder, const char *file, struct loaded *loaded)
{
    struct state_records records;
    loaded->status =
        state_load(folder, file, &records, &loaded->place, &loaded->fresh, &loaded->torn);
    if (loaded->status < 0)
        return;
    loaded->pinned = state_records_pinned(&records);
    state_records_to(&records, &loaded->picture);
    state_records_free(&records);
}

/* Renames an unusable file, so that the session's next picture can be written. */
static void set_aside(struct state *state, const struct state_found *found, int error)
{
    char why[64];
    const char *reason = error == -EBADMSG  ? "damaged, or not a picture of cadcast"
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

/* Gives the session the loaded picture, unless it has one by now, and shows it to its browsers.
 * Takes over the members it uses; the caller must still free the picture. */
static void install(struct state *state, struct state_entry *entry, struct loaded *loaded,
                    const struct state_found *found)
{
    int error = 0;
    if (loaded->status < 0) {
        set_aside(state, found, loaded->status);
        return;
    }
    struct session *session = hub_session(state->hub, found->name, &error);
    if (session == NULL) {
        log_warning(state->log, "state", "session %s is not restored: too many sessions",
                    found->name);
        return;
    }
    /* A kernel has sent a newer picture during the read: keep that. */
    if (session->picture.number > 0 || session->picture.parts != NULL)
        return;
    if (loaded->place.inode == 0)
        log_warning(state->log, "state", "session %s: the last small changes were cut off",
                    found->name);
    if (loaded->torn > 0)
        log_warning(state->log, "state",
                    "session %s: the latest show had not reached the disk; the one before it is "
                    "there",
                    found->name);
    session->pinned = loaded->pinned;
    session_restore(session, &loaded->picture);
    entry->place = loaded->place;
    entry->number = session->picture.number;
    entry->used = session->used;
    log_info(state->log, "state", "session %s: restored, %zu bytes", session->name,
             session_bytes(session));
    /* Restoring the picture scheduled a write, but the file already has it. */
    entry->whole = loaded->place.inode == 0;
    entry->due = 0;
    if (loaded->fresh && !state->passing)
        state_entry_sync(state, entry);
}

static void run_load(struct work *work)
{
    struct loading *job = (struct loading *)work;
    read_picture(&job->state->folder, job->found.file, &job->loaded);
}

static void done_load(struct work *work, int status)
{
    struct loading *job = (struct loading *)work;
    struct state *state = job->state;
    if (status == 0 && !state->closing)
        install(state, job->entry, &job->loaded, &job->found);
    picture_free(&job->loaded.picture);
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
    if (work_start(&job->work, &state->jobs, "a picture read", run_load, done_load) < 0) {
        free(job);
        return;
    }
    entry->busy = true;
    entry->loading = true;
}

static void load_now(struct state *state, struct state_entry *entry,
                     const struct state_found *found)
{
    struct loaded loaded = { .status = 0 };
    read_picture(&state->folder, found->file, &loaded);
    install(state, entry, &loaded, found);
    picture_free(&loaded.picture);
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
        if (entry == NULL || total > state->hub->view.options.max_memory) {
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
    state_history_restore(state, total, state->passing);
}

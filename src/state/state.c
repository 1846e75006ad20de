/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "state/state_history.h"
#include "state/state_write.h"

/* All in milliseconds. Small pictures are written at once, so that a killed process loses almost
 * nothing. Large ones are written a moment later, once browsers have them; and so are changes, as
 * there may be several in a row. */
#define DELAY_LARGE 40
#define DELAY_CHANGE 200
#define CHECK_INTERVAL 3000 /* between checks for small changes, such as the camera */
#define RETRY_DELAY 5000    /* after a failure */

/* Largest picture, in bytes, that is written anew instead of waiting for a sync to append to it. */
#define REWRITE_MAX (1024 * 1024)

/* ---- writing ---- */

static void tell(const struct state *state, int *trouble, int status, const char *what)
{
    char why[64];
    if (status == *trouble)
        return;
    if (status < 0)
        log_warning(state->log, "state", "%s cannot be kept in %s: %s", what, state->folder.path,
                    error_text(status, why, sizeof(why)));
    else
        log_info(state->log, "state", "%s are kept again in %s", what, state->folder.path);
    *trouble = status;
}

static void tell_pictures(struct state *state, int status)
{
    tell(state, &state->trouble, status, "pictures");
}

void state_tell_history(struct state *state, int status)
{
    /* Said already: of the pictures. */
    if (status < 0 && status == state->trouble)
        return;
    tell(state, &state->history_trouble, status, "earlier pictures");
}

static void on_timer(uv_timer_t *timer);

static bool at_rest(const struct state *state)
{
    list_each(pos, next, &state->entries) {
        const struct state_entry *entry = list_entry(pos, struct state_entry, link);
        if (entry->due != 0 || entry->sync_due != 0)
            return false;
    }
    return state->jobs.count == 0;
}

/* Starts to write the histories at the end, after the pictures: those come before what was shown
 * earlier, which may fill the disk. Returns whether there is nothing to write. */
static bool histories_ended(struct state *state)
{
    if (!state->ending)
        state_history_look(state);
    state->ending = true;
    return state->jobs.count == 0;
}

void state_end_if_done(struct state *state)
{
    if (!state->closing || uv_is_closing((uv_handle_t *)&state->timer))
        return;
    if (!at_rest(state)) {
        /* A picture may have waited for the last job to end: see `failed`. */
        if (state->jobs.count == 0)
            state_wake(state, 0);
        return;
    }
    if (!histories_ended(state))
        return;
    uv_close((uv_handle_t *)&state->timer, NULL);
    state->open = false;
    state->closed(state->arg);
}

/* The file of a renamed session is on the disk, or never will be (`kept`: the one of the old name
 * stays then). */
static void end_rename(struct state *state, struct state_entry *entry, bool kept)
{
    struct state_entry *former =
        entry->former[0] == '\0' ? NULL : state_entry_find(state, entry->former);
    entry->former[0] = '\0';
    if (former == NULL)
        return;
    former->held = false;
    if (kept)
        former->due = 0;
    else
        state_entry_due(state, former, 0);
}

/* At the end a write that failed is tried once more, alone: another one that did not fit either may
 * have filled the disk meanwhile. */
static void failed(struct state *state, struct state_entry *entry)
{
    entry->whole = true;
    if (!state->closing) {
        state_entry_due(state, entry, RETRY_DELAY);
    } else if (!entry->alone) {
        entry->alone = true;
        state_entry_due(state, entry, 0);
    } else {
        end_rename(state, entry, true);
    }
}

static void on_written(struct state *state, struct state_entry *entry,
                       const struct state_written *written)
{
    entry->place = written->place;
    /* A whole file has succeeded only once it is synced: a disk may accept it and fail then. */
    if (written->status < 0 || !written->fresh)
        tell_pictures(state, written->status);
    if (written->status < 0) {
        failed(state, entry);
    } else {
        state->written++;
        log_debug(state->log, "state", "session %s: %s", entry->name,
                  written->remove ? "picture removed" : "picture saved");
        if (written->fresh)
            state_entry_sync(state, entry);
        else if (written->remove)
            entry->sync_due = 0;
        if (written->remove)
            end_rename(state, entry, false);
    }
    if (written->remove && written->status == 0 && entry->due == 0) {
        state_entry_forget(entry);
        state_end_if_done(state);
    } else {
        state_entry_idle(state, entry);
    }
}

static void on_synced(struct state *state, struct state_entry *entry,
                      const struct state_written *written)
{
    entry->syncing = false;
    tell_pictures(state, written->status);
    if (written->status < 0) {
        failed(state, entry);
    } else {
        log_debug(state->log, "state", "session %s: picture on disk", entry->name);
        end_rename(state, entry, false);
    }
    on_timer(&state->timer);
    state_end_if_done(state);
}

/* Whether the session has a picture to keep: not the built-in model or the clients' greeting. */
static bool has_picture(const struct session *session, const struct state_entry *entry)
{
    if (session == NULL || session->picture.number == entry->ignored)
        return session != NULL && session->picture.number == 0 && session->picture.parts != NULL;
    return session->picture.model == NULL ? session->picture.parts != NULL : !session->splash;
}

/* Whether the write has to wait for a sync: nothing is appended to a file that is not synced, and
 * none is removed during its sync. A small picture is written as a whole instead (`*whole`). */
static bool has_to_wait(const struct state_entry *entry, const struct session *session, bool remove,
                        bool *whole)
{
    if (remove)
        return entry->syncing;
    if (*whole || (entry->sync_due == 0 && !entry->syncing))
        return false;
    *whole = session_bytes(session) <= REWRITE_MAX;
    return !*whole;
}

static void start_write(struct state *state, struct state_entry *entry)
{
    uint64_t now = uv_now(state->jobs.loop);
    struct session *session = hub_find(state->hub, entry->name);
    bool remove = !has_picture(session, entry);
    bool whole = entry->whole || (session != NULL && session->picture.number != entry->number);
    if (has_to_wait(entry, session, remove, &whole)) {
        entry->sync_due = entry->sync_due == 0 ? 0 : now;
        return;
    }
    entry->due = 0;
    int error = state_write_start(state, entry, remove, whole, on_written);
    if (error < 0) {
        tell_pictures(state, error);
        failed(state, entry);
        return;
    }
    entry->number = session == NULL ? 0 : session->picture.number;
    entry->used = session == NULL ? 0 : session->used;
    entry->busy = true;
    entry->removing = remove;
    entry->whole = false;
}

static void start_sync(struct state *state, struct state_entry *entry)
{
    entry->sync_due = 0;
    int error = state_write_sync(state, entry, on_synced);
    if (error < 0) {
        tell_pictures(state, error);
        failed(state, entry);
        return;
    }
    entry->syncing = true;
    entry->synced = uv_now(state->jobs.loop);
}

/* Starts the jobs that are due. Returns when the next one is; UINT64_MAX: none, or after a job. */
static uint64_t serve(struct state *state, struct state_entry *entry)
{
    uint64_t now = uv_now(state->jobs.loop);
    uint64_t next = UINT64_MAX;
    bool waits = entry->busy || entry->held || (entry->alone && state->jobs.count > 0);
    if (entry->due != 0 && !waits && (entry->due <= now || state->closing))
        start_write(state, entry);
    bool last = state->closing && entry->due == 0 && !entry->busy;
    bool can_sync = !entry->syncing && !entry->removing;
    if (entry->sync_due != 0 && can_sync && (entry->sync_due <= now || last))
        start_sync(state, entry);
    if (entry->sync_due != 0 && can_sync && !entry->syncing)
        next = entry->sync_due;
    /* A write that is due and was not started waits for a sync. */
    if (entry->due > now && !entry->busy && !entry->held && entry->due < next)
        next = entry->due;
    return next;
}

static void on_timer(uv_timer_t *timer)
{
    struct state *state = timer->data;
    uint64_t first = UINT64_MAX;
    list_each(pos, next, &state->entries) {
        uint64_t due = serve(state, list_entry(pos, struct state_entry, link));
        first = due < first ? due : first;
    }
    uint64_t now = uv_now(state->jobs.loop);
    if (first != UINT64_MAX && !uv_is_closing((uv_handle_t *)&state->timer))
        uv_timer_start(&state->timer, on_timer, first > now ? first - now : 0, 0);
}

void state_wake(struct state *state, uint64_t delay)
{
    uint64_t left = uv_timer_get_due_in(&state->timer);
    if (!uv_is_active((uv_handle_t *)&state->timer) || left > delay)
        uv_timer_start(&state->timer, on_timer, delay, 0);
}

void state_entry_idle(struct state *state, struct state_entry *entry)
{
    entry->busy = entry->loading = entry->removing = false;
    if (entry->due != 0 || state->closing)
        on_timer(&state->timer);
    state_end_if_done(state);
}

void state_keep(struct state *state, const struct session *session, bool parts)
{
    if (!state->open)
        return;
    struct state_entry *entry = state_entry(state, session->name);
    if (entry == NULL) {
        tell_pictures(state, -ENOMEM);
        return;
    }
    entry->whole = entry->whole || parts;
    bool large = session_bytes(session) > REWRITE_MAX;
    bool model = entry->whole || session->picture.number != entry->number;
    uint64_t delay = !large ? 0 : model ? DELAY_LARGE : DELAY_CHANGE;
    state_entry_due(state, entry, state->trouble < 0 ? RETRY_DELAY : delay);
}

void state_ignore(struct state *state, const struct session *session)
{
    struct state_entry *entry = state->open ? state_entry(state, session->name) : NULL;
    if (entry != NULL)
        entry->ignored = session->picture.number;
}

void state_rename(struct state *state, const struct session *session, const char *old)
{
    struct state_entry *former = state->open ? state_entry_find(state, old) : NULL;
    struct state_entry *entry = former == NULL ? NULL : state_entry(state, session->name);
    if (former != NULL && entry == NULL)
        tell_pictures(state, -ENOMEM);
    if (entry == NULL)
        return;
    snprintf(entry->former, sizeof(entry->former), "%s", old);
    entry->ignored = former->ignored;
    entry->whole = true;
    entry->held = false;
    former->held = true;
    former->ignored = 0;
    /* A session that gets the old name by then has pictures with numbers of its own. */
    former->whole = true;
    state_entry_due(state, entry, 0);
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

/* Small changes do not call state_keep: schedules a write of each session used since its last. */
static void look(struct state *state)
{
    list_each(pos, next, &state->hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        struct state_entry *entry = state_entry_find(state, session->name);
        if (entry != NULL && entry->used != session->used && has_picture(session, entry))
            state_entry_due(state, entry, state->trouble < 0 ? RETRY_DELAY : 0);
    }
}

void state_tick(struct state *state)
{
    if (!state->open || state->closing || uv_now(state->jobs.loop) - state->looked < CHECK_INTERVAL)
        return;
    state->looked = uv_now(state->jobs.loop);
    look(state);
    state_history_look(state);
}

int state_open(struct state *state, const char *path, uv_loop_t *loop, struct hub *hub,
               uint8_t key[32])
{
    char why[64];
    memset(state, 0, sizeof(*state));
    list_init(&state->entries);
    list_init(&state->histories);
    state->jobs = (struct work_jobs){ .loop = loop };
    state->hub = hub;
    state->log = hub->view.log;
    int error = state_folder_open(&state->folder, path);
    if (error == 0 && state_folder_key(&state->folder, key, 32) < 0)
        log_warning(state->log, "state", "no random bytes for %s/key", path);
    if (error < 0) {
        log_warning(state->log, "state", "pictures are not kept: %s: %s", path,
                    state_folder_why(error, why, sizeof(why)));
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
    state->trouble = state->history_trouble = 0;
    look(state);
    on_timer(&state->timer);
    state_end_if_done(state);
}

void state_free(struct state *state)
{
    /* A zeroed state was never opened. */
    if (state->jobs.loop == NULL)
        return;
    list_each(pos, next, &state->entries)
        state_entry_forget(list_entry(pos, struct state_entry, link));
    state_history_free(state);
    state_folder_close(&state->folder);
}

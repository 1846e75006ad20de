/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_H
#define CADCAST_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "loop/work.h"
#include "state/state_folder.h"
#include "view/hub.h"

/*
 * Keeps the sessions' pictures on disk, so that a server shows them again after it was ended or
 * killed. The worker pool writes a change at once or a moment later; a change during the write of
 * its session is written next, so the last one wins. Files are synced later, by jobs of their own.
 * If the disk is full or read-only, pictures are not kept: one line is logged, and writing is
 * retried.
 */
struct state {
    struct hub *hub;
    const struct log *log;
    struct state_folder folder;
    struct list entries;   /* struct state_entry */
    struct list histories; /* of sessions: state/state_history.h */
    uv_timer_t timer;      /* fires when the next entry is due */
    struct work_jobs jobs; /* on the pool */
    int trouble;           /* error of the last write of a picture; 0: it succeeded */
    int history_trouble;   /* the same of a history */
    uint64_t looked;       /* milliseconds: when sessions were last checked for small changes */
    uint64_t written;      /* count of whole files and appends */
    bool open;             /* pictures are kept */
    bool passing;          /* pictures are only read, from a folder that is then removed */
    bool closing;
    bool ending; /* the same, and the histories are being written */
    void (*closed)(void *arg);
    void *arg;
};

/*
 * Opens the folder and begins to keep the pictures of `hub`. Returns 0; -EBUSY if another process
 * has the folder locked, or another error, each after one line in the log: all other functions do
 * nothing then. `key` gets 32 random bytes that stay the same as long as the folder exists.
 */
int state_open(struct state *state, const char *path, uv_loop_t *loop, struct hub *hub,
               uint8_t key[32]);

/* Restores the pictures of the folder's sessions. Reads up to `at_once` bytes of them before it
 * returns; the worker pool reads the rest, and their browsers get them when they are read. */
void state_restore(struct state *state, uint64_t at_once);

/* Bytes read during the start of the server: too few to delay it noticeably. */
#define STATE_AT_ONCE (16 * 1024 * 1024)

/* Writes the pictures of all sessions, for a folder that has none of them yet. */
void state_keep_all(struct state *state);

/* Whether a picture of this session is still being read. */
bool state_loading(const struct state *state, const char *name);

/* The session's picture changed; `parts`: its exact geometry did. */
void state_keep(struct state *state, const struct session *session, bool parts);

/* Excludes the session's current picture, which no kernel sent, from being kept. */
void state_ignore(struct state *state, const struct session *session);

/* The session had the name `old`: its picture is written under its new name, and the file of the
 * old one removed when that is on the disk, so that one of them is there after a loss of power. */
void state_rename(struct state *state, const struct session *session, const char *old);

/* The session is being removed: deletes its picture from the disk. */
void state_forget(struct state *state, const struct session *session);

/* Called about twice a second: checks every few seconds for small changes, such as the camera. */
void state_tick(struct state *state);

/* Writes all pending changes at once, then calls `closed` from the loop. If nothing is open, calls
 * it before this returns. Must be called only once. */
void state_close(struct state *state, void (*closed)(void *arg), void *arg);

/* Frees the rest: after `closed`, or without state_close if the loop has ended. */
void state_free(struct state *state);

/* For the state_* modules: logs one line when writing histories begins to fail, and one when it
 * works again. */
void state_tell_history(struct state *state, int status);

/* The same: a job has finished, which may have been the last one. */
void state_end_if_done(struct state *state);

/* The same: processes all entries within `delay` milliseconds. */
void state_wake(struct state *state, uint64_t delay);

#endif

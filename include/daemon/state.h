/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_H
#define CADCAST_DAEMON_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "daemon/state_folder.h"
#include "view/hub.h"

/*
 * Keeps the sessions' pictures on disk, so that a server that was ended, or killed, goes on with
 * what people saw. A change is written at once or a moment later, on the worker pool, and what
 * changes while a session is being written is written next: the last one wins. The disk is waited
 * for later, and not by that. A disk that is full or read-only costs that and one line in the log,
 * and is tried again.
 */
struct state {
    uv_loop_t *loop;
    struct hub *hub;
    const struct log *log;
    struct state_folder folder;
    struct list entries; /* struct state_entry */
    uv_timer_t timer;    /* for what is due next */
    unsigned jobs;       /* on the pool */
    int trouble;         /* why pictures cannot be kept, 0: they can */
    uint64_t looked;     /* milliseconds: when small changes were last looked for */
    uint64_t written;    /* files, and additions to them */
    bool open;           /* pictures are kept */
    bool passing;        /* they are only read, from a folder that goes away then */
    bool closing;
    void (*closed)(void *arg);
    void *arg;
};

/*
 * Opens the folder and begins to keep what is in `hub`. 0; -EBUSY where another process has the
 * folder, or another error, after one line in the log; nothing is open then and all other functions
 * do nothing. `key` gets 32 bytes that stay the same for as long as the folder does.
 */
int state_open(struct state *state, const char *path, uv_loop_t *loop, struct hub *hub,
               uint8_t key[32]);

/* Gives the sessions of the folder their pictures. Those that can be read in a blink, up to
 * `at_once` bytes, are there when this returns, larger ones follow from the pool, and their
 * browsers are then shown them. */
void state_restore(struct state *state, uint64_t at_once);

/* Bytes that delay the start less than a person notices. */
#define STATE_AT_ONCE (16 * 1024 * 1024)

/* Keeps the pictures of all sessions, where nothing was kept so far. */
void state_keep_all(struct state *state);

/* Whether a picture of this session is still being read. */
bool state_loading(const struct state *state, const char *name);

/* The session's picture changed; `parts`: its exact geometry did. */
void state_keep(struct state *state, const struct session *session, bool parts);

/* What the session shows now is nobody's own picture: it is not kept. */
void state_ignore(struct state *state, const struct session *session);

/* The session goes away, and its picture with it. */
void state_forget(struct state *state, const struct session *session);

/* About twice a second: looks now and then for small changes, as the camera. */
void state_tick(struct state *state);

/* Writes what is to be written, at once; then `closed` is called, from the loop. Where nothing is
 * open it is called too, before this returns. Once only. */
void state_close(struct state *state, void (*closed)(void *arg), void *arg);

/* After `closed`, or instead of state_close where the loop ended: frees the rest. */
void state_free(struct state *state);

#endif

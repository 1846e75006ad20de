/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_ENTRY_H
#define CADCAST_STATE_STATE_ENTRY_H

#include "state/state.h"

/* The file of one session and its pending work. By name, as the session may be freed first. */
struct state_entry {
    struct list link; /* in state->entries */
    char name[SESSION_NAME_MAX + 1];
    struct state_place place; /* known content of the file */
    uint64_t number;          /* picture.number of the model in it */
    uint64_t ignored;         /* number of a picture that is not kept; 0: none */
    uint64_t used;            /* session->used at the last write */
    uint64_t due;             /* when to write, in milliseconds on the loop's clock; 0: not due */
    uint64_t sync_due;        /* when to sync the file; 0: it is synced */
    uint64_t synced;          /* when the file was last synced */
    char former[SESSION_NAME_MAX + 1]; /* of its session, whose file goes when this one is synced */
    bool held;     /* another session's file replaces this one and is not synced yet */
    bool whole;    /* the next write must write the whole file */
    bool busy;     /* a job writes or reads the file */
    bool loading;  /* that job reads it */
    bool removing; /* that job removes it: nothing is synced meanwhile */
    bool alone;    /* the last try: starts when no other job runs */
    bool syncing;  /* a job syncs the file; it may be written at the same time */
};

/* The entry of that name, created if there is none. NULL: no memory. */
struct state_entry *state_entry(struct state *state, const char *name);
struct state_entry *state_entry_find(const struct state *state, const char *name);

void state_entry_forget(struct state_entry *entry);

/* Schedules a write of the entry in `delay` milliseconds, if it is not due sooner. */
void state_entry_due(struct state *state, struct state_entry *entry, uint64_t delay);

/* Schedules a sync of the entry's file; limits how often it is synced. */
void state_entry_sync(struct state *state, struct state_entry *entry);

/* A job of the entry has finished: processes what became due during it. */
void state_entry_idle(struct state *state, struct state_entry *entry);

#endif

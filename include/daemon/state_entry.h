/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_ENTRY_H
#define CADCAST_DAEMON_STATE_ENTRY_H

#include "daemon/state.h"

/* What is known about one session's file. Known by name, since the session may go first. */
struct state_entry {
    struct list link; /* in state->entries */
    char name[SESSION_NAME_MAX + 1];
    struct state_place place; /* how the file is */
    uint64_t number;          /* of the model in it */
    uint64_t ignored;         /* number of a model that is nobody's own; 0: none */
    uint64_t used;            /* session->used when it was last written */
    uint64_t due;             /* milliseconds on the loop's clock; 0: nothing is */
    uint64_t sync_due;        /* and when it is to be synced; 0: it is */
    uint64_t synced;          /* when it last was */
    bool whole;               /* the file is to be written as a whole */
    bool busy;                /* it is being written, or read */
    bool loading;             /* read, that is */
    bool syncing;             /* it is being synced, and may be written meanwhile */
};

/* The entry of that name; made where there is none. NULL: no memory. */
struct state_entry *state_entry(struct state *state, const char *name);
struct state_entry *state_entry_find(const struct state *state, const char *name);

/* Says that the entry is due in so many milliseconds, if not sooner. */
void state_entry_due(struct state *state, struct state_entry *entry, uint64_t delay);

/* Says that what was written is to be synced, soon but not all the time. */
void state_entry_sync(struct state *state, struct state_entry *entry);

/* A job of the entry is done: what came meanwhile is due. */
void state_entry_idle(struct state *state, struct state_entry *entry);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All in milliseconds. */
#define SYNC_FIRST 40  /* from a write to its sync */
#define SYNC_AGAIN 500 /* the same if the last sync was less than SYNC_IDLE ago */
#define SYNC_IDLE 2000

struct state_entry *state_entry_find(const struct state *state, const char *name)
{
    list_each(pos, next, &state->entries) {
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

void state_entry_forget(struct state_entry *entry)
{
    list_remove(&entry->link);
    free(entry);
}

void state_entry_due(struct state *state, struct state_entry *entry, uint64_t delay)
{
    uint64_t due = uv_now(state->jobs.loop) + delay;
    if (entry->due != 0 && entry->due <= due)
        return;
    entry->due = due;
    if (!entry->busy)
        state_wake(state, delay);
}

void state_entry_sync(struct state *state, struct state_entry *entry)
{
    uint64_t now = uv_now(state->jobs.loop);
    bool quiet = entry->synced == 0 || now - entry->synced > SYNC_IDLE;
    if (entry->sync_due != 0)
        return;
    entry->sync_due = now + (quiet ? SYNC_FIRST : SYNC_AGAIN);
    if (!entry->syncing)
        state_wake(state, entry->sync_due - now);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_RESTORE_H
#define CADCAST_DAEMON_STATE_RESTORE_H

#include "daemon/state_entry.h"
#include "daemon/state_load.h"

/* A picture in the form a session takes, its JSON read: for the worker pool. */
struct state_loaded {
    struct state_picture picture;
    struct state_place place;
    json_t *settings; /* NULL: none */
    json_t *status;
    json_t *views;
    int status_code; /* of state_file_read */
    unsigned torn;   /* newer forms that were not whole */
    bool fresh;      /* it is still to be synced */
};

void state_loaded_read(const struct state_folder *folder, const char *file,
                       struct state_loaded *loaded);
void state_loaded_free(struct state_loaded *loaded);

/* Gives the session what was loaded, unless it has a picture by now; its browsers see it. Takes
 * over what it uses; state_loaded_free is still due. */
void state_loaded_install(struct state *state, struct state_entry *entry,
                          struct state_loaded *loaded, const struct state_found *found);

#endif

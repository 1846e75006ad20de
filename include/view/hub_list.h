/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_HUB_LIST_H
#define CADCAST_VIEW_HUB_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "view/hub.h"

enum { HUB_LIST_MODELS = 8 }; /* most names of models in a row */

/* The list of sessions as in a "sessions" message; a new reference, NULL: no memory. */
json_t *hub_list(const struct hub *hub);

/* The names of all sessions; a new reference. */
json_t *hub_list_names(const struct hub *hub);

/* A row for a session that is at another server: a new reference, NULL: no memory. `when`: seconds
 * since 1970. */
json_t *hub_list_row(const char *name, json_int_t when);

/* What other servers have: rows, which are taken over. NULL: nothing. A session that is here too
 * gets their browsers and kernels added, and if it shows nothing here, what it shows there. */
void hub_list_elsewhere(struct hub *hub, json_t *rows);

/* Whether a page shows the list of sessions. */
bool hub_list_is_shown(const struct hub *hub);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_NOTICE_H
#define CADCAST_VIEW_NOTICE_H

#include <stdbool.h>

#include "view/hub.h"

/* Notices: our pages of all sessions show each of them until it is withdrawn, pages that connect
 * later included. There is one text for each key. */

/* Sets the notice of `key` on all pages; an empty text withdraws it. Sends nothing if the notice is
 * unchanged. Returns 0 or -ENOMEM. */
int hub_notice_set(struct hub *hub, const char *key, const char *text);

/* The most bytes of a run's command. */
#define HUB_NOTICE_COMMAND 200

/* `cadcast run` or `watch` begins a run of that command, which shows into the session: its pages
 * say so as long as it runs. Returns 0 or -ENOMEM. */
int hub_notice_run(struct session *session, const char *command);

/* The run is over. Returns whether the session shows another picture than at its beginning; if not,
 * its pages are told, unless `quiet`. */
bool hub_notice_run_end(struct session *session, const char *command, bool quiet);

/* Sends a page that has just been greeted the notices in force. */
void hub_notice_greet(struct peer *peer);

#endif

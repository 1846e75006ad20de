/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_SESSIONS_H
#define CADCAST_API_API_SESSIONS_H

#include "api/api_call.h"

/* What the list of sessions and the command line do with sessions: POST /sessions/WORD with a JSON
 * object. */

/* Opens a port for a session: `session`, `port` (0 or none: one that the system gives) and
 * `announce`; or closes one: `close`, its number. The answer has `port` and `session`. */
void api_sessions_listen(struct api_call *call);

/* Gives the session `session` the name `name`. The answer has `session`, its new name. */
void api_sessions_rename(struct api_call *call);

/* The same for the session of the call: the body has `name` alone. */
void api_sessions_change(struct api_call *call);

#endif

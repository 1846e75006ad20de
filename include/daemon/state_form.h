/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_FORM_H
#define CADCAST_DAEMON_STATE_FORM_H

#include <stdbool.h>

#include "view/session.h"

#define STATE_SUFFIX ".picture"
#define STATE_FILE_NAME (2 * SESSION_NAME_MAX + 16)

/* What may stand behind the name of a picture's file proper. */
#define STATE_TEMPORARY ".tmp"
#define STATE_FRESH ".new"
#define STATE_SYNCING ".sync"

/* All of these and the file proper, the newest first. The one that is being written counts too, for
 * a process may be killed when it has just done that. */
enum { STATE_FORMS = 4 };

extern const char *const state_forms[STATE_FORMS];

/* The name of a session's file proper. */
void state_form_encode(const char *name, char out[STATE_FILE_NAME]);

/* And back. False: no such file is ours. */
bool state_form_decode(const char *file, char name[SESSION_NAME_MAX + 1]);

/* The path of a form of that file, malloc'ed; NULL: no memory. */
char *state_form_path(const char *folder, const char *file, const char *form);

/* What is whole at `temporary` becomes the newest, at `path`. 0 or -errno. */
int state_form_settle(const char *temporary, const char *path);

/* Removes a form; that there is none is fine. 0 or -errno. */
int state_form_remove(const char *folder, const char *file, const char *form);

#endif

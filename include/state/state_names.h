/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_NAMES_H
#define CADCAST_STATE_STATE_NAMES_H

#include <stdbool.h>

#include "view/session.h"

#define STATE_SUFFIX ".picture"
#define STATE_FILE_NAME (2 * SESSION_NAME_MAX + 16)

/* The suffixes of the other forms of a picture's file, after the name of the main file. */
#define STATE_TEMPORARY ".tmp"
#define STATE_FRESH ".new"
#define STATE_SYNCING ".sync"

/* All forms of a file, the newest first; "" is the main file. The temporary one is included, as a
 * process may be killed after writing all of it and before renaming it. */
enum { STATE_FORMS = 4 };

extern const char *const state_forms[STATE_FORMS];

/* The name of a session's main file. */
void state_form_encode(const char *name, char out[STATE_FILE_NAME]);

/* The name of the session of a main file. False: it is not the name of one of our files. */
bool state_form_decode(const char *file, char name[SESSION_NAME_MAX + 1]);

/* The path of a form of that file, malloc'ed; NULL: no memory. */
char *state_form_path(const char *folder, const char *file, const char *form);

/* Renames the complete file `temporary` to the newer form `path`. Returns 0 or -errno. */
int state_form_settle(const char *temporary, const char *path);

/* Removes a form of a file; succeeds if it does not exist. Returns 0 or -errno. */
int state_form_remove(const char *folder, const char *file, const char *form);

#endif

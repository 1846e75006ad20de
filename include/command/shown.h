/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_SHOWN_H
#define CADCAST_COMMAND_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "offline/offline.h"
#include "view/session.h"

/*
 * What the commands that turn a model into a file share: where the model comes from and where the
 * file goes. Each function prints one line about an error and returns 0 or the exit status.
 */

/* On a terminal's command line a file may take longer, and more, than on a server. */
#define SHOWN_PATIENCE_MS 60000
#define SHOWN_MEMORY ((size_t)2 << 30)

/* One line about `what` on standard error. */
int shown_fail(const char *what, const char *why);

/* Writes a file, or to standard output ("-") unless that is a terminal. */
int shown_put(const char *path, const void *data, size_t size);

/* Reads all of a file, or of standard input ("-"), into a new reference. As an exception prints
 * nothing: 0 or a negative errno value. */
int shown_bytes(const char *path, struct blob **blob);

/* Prints the reason in a server's answer, which is a text or a problem (RFC 9457), about `name`. */
int shown_refused(const char *name, const char *body);

/* Why these files cannot be read together, or not as it is asked for; NULL: they can. */
const char *shown_files_fault(const struct offline_files *files);

/* Reads a recorded message or a model file ("-": standard input), or CAD files, several as one
 * tree, as a model, which the caller frees. */
int shown_read(const struct offline_files *files, struct offline_model *model);

/* The page for a model (export/export_html.h): *path, where what all pages have in common is, NULL
 * if that is missing, which the caller frees; and `values`, which has failed if memory is short: as
 * a server on this machine would have them. */
void shown_page(char **path, struct text *values);

/* A model of a server. */
struct shown_session {
    const char *name;
    const char *port; /* as it was given; NULL: the one that the settings have */
    char **argv;      /* of the whole command, and the environment: the settings are in them */
    char **envp;
};

/* Splits NAME or NAME@STEP: the session's name, and the step or NULL. False: it is neither. */
bool shown_split(const char *given, char name[SESSION_NAME_MAX + 1], const char **step);

/* Whether that is NAME@STEP, and there is no such file. */
bool shown_is_step(const char *given);

/* What is wrong with the name of a session, NAME or NAME@STEP. */
#define SHOWN_NAME "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -, and may be followed by @STEP"

/* GETs a path of the server, into `body`. */
int shown_ask(const struct shown_session *session, const char *path, struct text *body);

/* GETs a path below /s/NAME/, and writes the answer to `output`. */
int shown_fetch(const struct shown_session *session, const char *path, const char *output);

#endif

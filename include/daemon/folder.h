/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_FOLDER_H
#define CADCAST_DAEMON_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* Where the program itself lies, for what belongs to it: the folder of the executable. 0 or a
 * negative errno value. */
int folder_of_program(char *out, size_t size);

/*
 * Finds the folder with static/ and templates/: `given` if not NULL, else ../share/cadcast of the
 * program (installed), else .. of it (a build folder inside the sources). `*out` is malloc'ed.
 * Errors: -ENOENT after one log line.
 */
int folder_find(const char *given, char **out, const struct log *log);

/* The folder of the page's files compressed at build time: gzip/ in the data folder (installed) or
 * beside the program (a build folder). NULL: not there, or no memory; else malloc'ed. */
char *folder_packed(const char *data);

/* Finds a program that belongs to this one: beside it or in ../libexec. NULL: not there; else
 * malloc'ed. */
char *folder_program(const char *name);

/* The process that listens on that port of the loopback, if it is a cadcast and says so under
 * /healthz within half a second; else 0. Blocking: for the start. */
long folder_cadcast_at(uint16_t port);

#endif

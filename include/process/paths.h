/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_PATHS_H
#define CADCAST_PROCESS_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/*
 * Finds the folder with static/ and templates/: `given` if not NULL, else ../share/cadcast of the
 * program (installed), else .. of it (a build folder inside the sources). `*out` is malloc'ed.
 * Errors: -ENOENT after one log line.
 */
int paths_data(const char *given, char **out, const struct log *log);

/* The folder of the page's files compressed at build time: gzip/ in the data folder (installed) or
 * beside the program (a build folder). NULL: not there, or no memory; else malloc'ed. */
char *paths_packed(const char *data);

/* What all exported HTML files have in common (tools/make-onefile); the caller frees it. NULL:
 * there is none, or no memory. */
char *paths_onefile(const char *data);

/* Whether a program of that name is in one of the folders of PATH. */
bool paths_installed(const char *program);

/* The Python program that keeps a Python warm, in the data folder of the running program. NULL: it
 * is not there, or no memory; else malloc'ed. */
char *paths_warm(void);

/* Finds the program cadcast-geometry: the value of the environment variable CADCAST_GEOMETRY, else
 * beside the running program, in ../libexec/cadcast, or in the helper's folder of a build. Writes
 * its path to `path`, of `size` bytes. 0, or -ENOENT if there is none: then exact measuring is not
 * available. */
int paths_helper(char *path, size_t size);

/* The same for cadcast-import, CADCAST_IMPORT, and the folder of a build: without it no files can
 * be imported. */
int paths_importer(char *path, size_t size);

#endif

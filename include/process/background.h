/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_BACKGROUND_H
#define CADCAST_PROCESS_BACKGROUND_H

#include "base/text.h"
#include "process/service_files.h"
#include "settings/options.h"

/* The server process in the background. */

struct background {
    int lock;  /* descriptor of the pid file; 0: it is in the foreground */
    char *pid; /* path of that file */
    char *log;
    json_t *options; /* as from options_json; NULL: no memory */
};

/* Runs the server until its end and returns the exit status; see cli.c. */
typedef int (*background_server)(struct options *options, struct background *background,
                                 char **argv);

/* The process ended without printing READY. */
#define BACKGROUND_ENDED 1

/* Forks a process that runs `serve` detached from the terminal, its errors going to the log. It
 * takes over `lock`. 0: its line READY is in `line`; BACKGROUND_ENDED; or a negative errno
 * value. */
int background_begin(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve, struct text *line);

/* The same in this process, which is in the background already. */
int background_serve(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve);

/* Sets log and state folder to their places in the background, unless the options name others. 0 or
 * -ENOMEM. */
int background_places(struct options *options, const struct service_files *files);

/* The lock inherited from the predecessor of this process at a restart; 0: there was none. */
int background_inherited(void);

/* The server is ready at these addresses, the usual one first: writes the pid file. 0 or a negative
 * errno value. */
int background_ready(const struct background *background, json_t *urls);

/* A requested restart is refused: writes to the pid file the exit status that a start would have
 * had, and its message. */
void background_refused(const struct background *background, int status, const char *why);

/* READY has been printed: releases the process that waited for it. */
void background_detach(const struct background *background);

/* Removes the pid file, at the end. */
void background_end(const struct background *background);

/* Prepares the execve of a restart, so that the next program inherits the lock. */
void background_hand_over(const struct background *background);

#endif

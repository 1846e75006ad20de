/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_BACKGROUND_H
#define CADCAST_DAEMON_BACKGROUND_H

#include "base/text.h"
#include "daemon/options.h"
#include "daemon/service_files.h"

/* The process in the background: what it is told, and how it gets there. */

struct background {
    int lock;  /* descriptor of the pid file; 0: it is in the foreground */
    char *pid; /* path of that file */
    char *log;
};

/* Runs the server until its end and returns the exit status; see cli.c. */
typedef int (*background_server)(struct options *options, struct background *background,
                                 char **argv);

/* The process ended without saying READY. */
#define BACKGROUND_ENDED 1

/* Forks a process that runs `serve` away from the terminal, its errors going to the log. `lock` is
 * its from now on. 0: its line READY is in `line`; BACKGROUND_ENDED; or a negative errno value. */
int background_begin(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve, struct text *line);

/* The same in this process, which is in the background already. */
int background_serve(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve);

/* Gives log and pictures the places that they have in the background, unless the options name
 * others. 0 or -ENOMEM. */
int background_places(struct options *options, const struct service_files *files);

/* The lock that the process left to us which we were before; 0: there was none. */
int background_inherited(void);

/* The server is ready at `url`: writes the pid file. 0 or a negative errno value. */
int background_ready(const struct background *background, const char *url);

/* A restart was asked for and is not done: writes into the pid file with which status a start would
 * have ended, and what it would have said. */
void background_refused(const struct background *background, int status, const char *why);

/* READY has been printed: whoever waited for it shall not wait for more. */
void background_detach(const struct background *background);

/* The end: the pid file goes. */
void background_end(const struct background *background);

/* The process is about to become another one, which is to be the same service. */
void background_hand_over(const struct background *background);

#endif

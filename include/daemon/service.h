/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SERVICE_H
#define CADCAST_DAEMON_SERVICE_H

#include "daemon/background.h"
#include "daemon/options.h"

struct service_files;

/* Exit statuses of the program; docs/cadcast.1 lists them. */
enum { STATUS_FINE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NOT_RUNNING = 3 };

/* The commands. `argv` as main got it, the command being argv[1]; returns the exit status. */
int service_start(int argc, char **argv, char **envp, background_server serve);
int service_stop(int argc, char **argv, char **envp);
int service_restart(int argc, char **argv, char **envp, background_server serve);
int service_status(int argc, char **argv, char **envp);
int service_logs(int argc, char **argv, char **envp);

/* Reads the options of a command: as options_parse, with the command left out and a complaint on
 * standard error. 0, or an exit status of the program, -1 for one that is STATUS_FINE. */
int service_options(struct options *options, int argc, char **argv, char **envp);

/* Says that it does not run, and which others do. */
void service_say_none(const struct service_files *files);

#endif

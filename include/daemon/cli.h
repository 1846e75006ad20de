/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CLI_H
#define CADCAST_DAEMON_CLI_H

struct options;

/* The whole program: reads the command line, does what it says and returns the exit status: 0, or
 * 1 for something that failed, or 2 for a command line that makes no sense. */
int cli_run(int argc, char **argv, char **envp);

/* --check: says whether a server could start with these options, and returns the exit status. */
int cli_check(struct options *options);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_CLI_H
#define CADCAST_COMMAND_CLI_H

/* The whole program: parses the command line, runs the command and returns the exit status: 0, 1
 * for a failure, or 2 for an invalid command line. */
int cli_run(int argc, char **argv, char **envp);

#endif

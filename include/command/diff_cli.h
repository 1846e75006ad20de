/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_DIFF_CLI_H
#define CADCAST_COMMAND_DIFF_CLI_H

/* "cadcast diff": what differs between two files, sessions, or a file and a session. Returns the
 * exit status: 0 nothing, 1 something, 2 trouble. */
int diff_cli_command(int argc, char **argv, char **envp);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_WATCH_CLI_H
#define CADCAST_COMMAND_WATCH_CLI_H

/* cadcast run and cadcast watch: a script or a command is run whenever a file is saved. `argv` as
 * in main; returns the exit status. */
int watch_cli_command(int argc, char **argv, char **envp);

#endif

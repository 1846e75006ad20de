/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_OPEN_CLI_H
#define CADCAST_COMMAND_OPEN_CLI_H

/* cadcast open: shows files. `argv` as in main; returns the exit status. */
int open_cli_command(int argc, char **argv, char **envp);

#endif

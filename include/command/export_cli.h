/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_EXPORT_CLI_H
#define CADCAST_COMMAND_EXPORT_CLI_H

/* Runs `cadcast export`: writes a model as a file of another kind. Returns the exit status. */
int export_cli_command(int argc, char **argv, char **envp);

#endif

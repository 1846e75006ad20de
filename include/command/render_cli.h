/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_RENDER_CLI_H
#define CADCAST_COMMAND_RENDER_CLI_H

/* cadcast render: draws a recorded model, or what a session of a running server shows. argv[1] is
 * the command. Returns the exit status. */
int render_cli_command(int argc, char **argv, char **envp);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_LISTEN_CLI_H
#define CADCAST_COMMAND_LISTEN_CLI_H

/* `cadcast listen [--port PORT] [--announce] PORT=NAME` and `cadcast listen --close PORT`: opens a
 * port of a running server, or closes it. Returns the exit status. */
int listen_cli_command(int argc, char **argv, char **envp);

#endif

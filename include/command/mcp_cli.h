/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_MCP_CLI_H
#define CADCAST_COMMAND_MCP_CLI_H

/* cadcast mcp: passes each line of standard input, a message of the Model Context Protocol, to the
 * server, and prints its answers, a line each. Returns the exit status. */
int mcp_cli_command(int argc, char **argv, char **envp);

#endif

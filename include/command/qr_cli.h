/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_QR_CLI_H
#define CADCAST_COMMAND_QR_CLI_H

/* The command `qr`; `argv` as in main. Returns the exit status. */
int qr_cli_command(int argc, char **argv, char **envp);

#endif

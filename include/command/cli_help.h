/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_CLI_HELP_H
#define CADCAST_COMMAND_CLI_HELP_H

#include <stdbool.h>

/* Prints help, the version or a completion script if the command line asks for one of them, even if
 * the rest of it is invalid. True: it did, and `*status` is the exit status. */
bool cli_help(int argc, char **argv, int *status);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_FIND_SERVER_H
#define CADCAST_COMMAND_FIND_SERVER_H

#include "base/text.h"

/* Adds the address of the page of the server on that port, with its token if it is known, whether
 * it runs or not. `port` NULL: the port that the options have. 0, or an exit status with an error
 * message on standard error. */
int find_server(char **argv, char **envp, const char *port, struct text *url);

#endif

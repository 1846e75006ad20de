/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_FIND_SERVER_H
#define CADCAST_COMMAND_FIND_SERVER_H

#include "base/text.h"

/* Adds the address of the page of the server on that port, with its token if it is known, whether
 * it runs or not. `port` NULL: the port that the options have. 0, or an exit status with an error
 * message on standard error. */
int find_server(char **argv, char **envp, const char *port, struct text *url);

/* The same of a session's page, from the server itself, which is started in the background if none
 * runs; its words go to standard error then. */
int find_server_start(char **argv, char **envp, const char *port, const char *session,
                      struct text *url);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_SERVICE_H
#define CADCAST_COMMAND_SERVICE_H

#include <jansson.h>

#include "process/background.h"
#include "settings/commands.h"
#include "settings/options.h"

struct service_files;

/* The commands. `argv` as in main, the command being argv[1]; returns the exit status. */
int service_start(int argc, char **argv, char **envp);
int service_stop(int argc, char **argv, char **envp);
int service_restart(int argc, char **argv, char **envp);
int service_status(int argc, char **argv, char **envp);
int service_logs(int argc, char **argv, char **envp);

/* Parses the options of a command: as options_parse, without the command word and with an error
 * message on standard error. 0, or an exit status of the program. */
int service_options(struct options *options, int argc, char **argv, char **envp);

/* Takes the options that the command `command` has of its own out of the words, see commands_take.
 * 0, or an exit status with an error message on standard error. */
int service_flags(const char *command, int *argc, char **argv, const char *given[COMMANDS_FLAGS]);

/* What the server on the port of `options` says about the addresses of a session
 * (server/server_urls.h), a new reference; NULL: none of this user answers there. */
json_t *service_addresses(const struct options *options, const char *session);

/* Prints that the service does not run, and which others do. */
void service_say_none(const struct service_files *files);

#endif

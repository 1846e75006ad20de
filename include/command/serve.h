/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_SERVE_H
#define CADCAST_COMMAND_SERVE_H

#include <jansson.h>
#include <stdbool.h>

struct background;
struct options;

/* Runs a server in this process until a signal ends it, and returns the exit status. For a restart,
 * this process becomes the new one by exec instead. `background` reports to the process that
 * started this one; zeroed if there is none. */
int serve(struct options *options, struct background *background, char **argv);

/* --check: prints whether a server could start with these options, and returns the exit status.
 * `replaced` as in server_check. */
int serve_check(struct options *options, long replaced);

/* `cadcast replay FILE`: a server that shows what a recording has, and the exit status. */
int serve_replay(int argc, char **argv, char **envp);

/* Prints a server's addresses, a list as server_urls makes it: READY and the first, then those that
 * other machines reach; without their tokens if `hide`. */
void serve_print_urls(const json_t *urls, bool hide);

#endif

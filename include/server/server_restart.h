/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_RESTART_H
#define CADCAST_SERVER_SERVER_RESTART_H

#include <stdatomic.h>
#include <stdbool.h>

struct background;
struct server_lifecycle;
struct server;

/*
 * A restart: another process replaces this one with the same options, and with the newer program if
 * it was updated. The program is first run with --check, since after the shutdown there is no way
 * back. A part of struct server.
 */
struct server_restart {
    char **argv;                         /* ours; NULL: a restart begins without a check */
    const struct background *background; /* gets the reason if a restart is refused */
    bool looking;                        /* the check runs */
    atomic_bool given_up; /* the server ends: the check's result is not needed any more */
};

/* Runs the check and then begins the restart; or writes the reason against it to the log and the
 * pid file. If the server is ending already, closes the remaining connections at once. */
void server_restart_begin(struct server *server);

/* Whether this process was started by server_restart_begin of another one, for the check. */
bool server_restart_looks(void);

/* Replaces the process (execve), after server_free of a server that is to be restarted. Returns
 * only if that fails, after a line on standard error. */
void server_restart_exec(struct server_lifecycle *life, char **argv);

#endif

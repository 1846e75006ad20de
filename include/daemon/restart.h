/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_RESTART_H
#define CADCAST_DAEMON_RESTART_H

#include <stdatomic.h>
#include <stdbool.h>

struct background;
struct life;
struct server;

/*
 * Another process takes the place of this one, with the same options: a newer program, where there
 * is one by now. It is asked first whether it could (--check), since once we have ended there is no
 * way back. A part of struct server.
 */
struct restart {
    char **argv;                         /* ours; NULL: a restart begins without looking */
    const struct background *background; /* told of a restart that is not to be */
    bool looking;
    atomic_bool given_up; /* we end: nobody wants to know any more */
};

/* Looks, and then begins the restart; or says in the log and the pid file why not. Where the server
 * ends already, it does not wait for anybody any more. */
void restart_begin(struct server *server);

/* After server_free of a server that is to be restarted: becomes the new process. Returns only
 * where that fails, after a line on standard error. */
void restart_exec(struct life *life, char **argv);

#endif

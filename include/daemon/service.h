/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SERVICE_H
#define CADCAST_DAEMON_SERVICE_H

#include "daemon/options.h"

/* Exit statuses of the program; docs/cadcast.1 lists them. */
enum { STATUS_FINE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NOT_RUNNING = 3 };

/* What a process is told that runs in the background; zeroed: it does not. */
struct service {
    int lock;  /* descriptor of the pid file, 0: none */
    char *pid; /* its path */
    char *log;
};

/* Runs the server until its end; see cli.c. */
typedef int (*service_serve)(struct options *options, struct service *service, char **argv);

/* The commands. `argv` as main got it, the command being argv[1]; returns the exit status. */
int service_start(int argc, char **argv, char **envp, service_serve serve);
int service_stop(int argc, char **argv, char **envp);
int service_restart(int argc, char **argv, char **envp, service_serve serve);
int service_status(int argc, char **argv, char **envp);
int service_logs(int argc, char **argv, char **envp);

/* The server is ready at `url`: writes the pid file. 0 or -errno. */
int service_ready(const struct service *service, const char *url);

/* READY has been printed: whoever waited for it shall not wait for more. */
void service_detach(const struct service *service);

/* The end: the pid file goes. */
void service_end(const struct service *service);

/* The process is about to become another one, which is to be the same service. */
void service_hand_over(const struct service *service);

/* Reads the options of a command: as options_parse, with the command left out and a complaint on
 * standard error. 0, or an exit status of the program, -1 for one that is STATUS_FINE. */
int service_options(struct options *options, int argc, char **argv, char **envp);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_LIFECYCLE_H
#define CADCAST_SERVER_SERVER_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "process/activation.h"
#include "process/log_file.h"
#include "state/recorder.h"
#include "state/state.h"

struct server;

/*
 * The parts of a server for long operation: log file, pictures on disk, sockets handed over between
 * processes, and a graceful shutdown. A part of struct server.
 */
struct server_lifecycle {
    struct state state;
    struct state taken;       /* of the process that this one replaced; closed once it is read */
    struct recorder recorder; /* of all pictures, if one is configured */
    struct log_file log_file;
    struct activation sockets; /* sockets handed over to this process, until they are listened on */
    int kept[ACTIVATION_MAX];  /* copies of our sockets, for the process that replaces this one */
    char kept_names[ACTIVATION_MAX][ACTIVATION_NAME];
    unsigned kept_count;
    uint64_t idle_since; /* milliseconds: when the last connection closed; 0: one is open */
    uint64_t cut_off;    /* milliseconds: deadline of busy connections in a shutdown */
    uint64_t watchdog;   /* milliseconds between watchdog messages to systemd; 0: none */
    uint64_t sign;       /* milliseconds: when the last one was sent */
    bool restart;        /* the shutdown is for a restart */
    bool state_closing;
    bool state_closed;
    bool recorder_closed;
};

/* Opens the log file, if one is configured. Takes over sockets handed to this process, and sets
 * options->host to their address. Returns 0, or an error after a line on standard error. */
int server_lifecycle_begin(struct server *server);

/* Listens on the sockets handed to this process. Returns 0, or an error after a log line. */
int server_lifecycle_listen(struct server *server);

/* Whether one of them is for this session and bound to `port` (0: any). "" is the main port, whose
 * number is not compared. */
bool server_lifecycle_listens(const struct server *server, const char *session, uint16_t port);

/* Whether one of them is bound to that port. */
bool server_lifecycle_has_port(const struct server *server, uint16_t port);

/* All sockets listen: opens and reads the state, begins to record, and sends READY=1 to the service
 * manager. */
void server_lifecycle_started(struct server *server);

/* Called about twice a second, and more often during the shutdown. */
void server_lifecycle_tick(struct server *server);

/* Begins the shutdown. `restart`: keeps the sockets open. */
void server_lifecycle_end(struct server *server, bool restart);

/* Closes connections politely as soon as they are not busy (conn_busy). `now`: all of them. */
void server_lifecycle_goodbye(struct server *server, bool now);

/* All connections are gone: writes pending pictures. True: all are written, and the shutdown can
 * continue. */
bool server_lifecycle_over(struct server *server);

/* SIGHUP: reopens the log file, and reads the certificate again. */
void server_lifecycle_reload(struct server *server);

/* Frees the rest; called by server_free. */
void server_lifecycle_free(struct server *server);

#endif

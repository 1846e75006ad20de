/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_LIFE_H
#define CADCAST_DAEMON_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/activation.h"
#include "daemon/log_file.h"
#include "daemon/state.h"

struct server;

/*
 * What a server needs to run for weeks: its log file, its pictures on disk, sockets that outlive
 * the process, and an end that cuts nobody off. A part of struct server.
 */
struct life {
    struct state state;
    struct state taken; /* of the process before us; closed once it is read */
    struct log_file log_file;
    struct activation sockets; /* that were handed to us, until they are listened on */
    int kept[ACTIVATION_MAX];  /* copies of our own, for the process that comes after us */
    char kept_names[ACTIVATION_MAX][ACTIVATION_NAME];
    unsigned kept_count;
    uint64_t idle_since; /* milliseconds: when the last connection went, 0: there is one */
    uint64_t cut_off;    /* milliseconds: when whoever still speaks at the end is cut off */
    uint64_t watchdog;   /* milliseconds between signs of life, 0: none */
    uint64_t sign;       /* when the last one was given */
    bool restart;        /* another process takes our place */
    bool state_closing;
    bool state_closed;
};

/* Opens the log file, where there is to be one. Takes over sockets that were handed to us, and then
 * changes options->host to where they are. 0 or an error after a line on standard error. */
int life_begin(struct server *server);

/* Listens on the sockets that were handed to us. 0, or an error after a log line. */
int life_listen(struct server *server);

/* Whether one of them is for this session ("" the main port), and what port it has. */
bool life_listens(const struct server *server, const char *session, uint16_t port);

/* Everything listens: opens and reads the state, and says that we are ready. */
void life_started(struct server *server);

/* About twice a second, and more often at the end. */
void life_tick(struct server *server);

/* The end begins. `restart`: keeps the sockets open. */
void life_end(struct server *server, bool restart);

/* Says goodbye to connections as soon as nothing of theirs is under way. `now`: to all of them. */
void life_goodbye(struct server *server, bool now);

/* All connections are gone: saves what is to be saved. True: that is done, and the rest can go. */
bool life_over(struct server *server);

/* SIGHUP: opens the log file anew, and reads the certificate again. */
void life_reload(struct server *server);

/* Frees the rest, with server_free. */
void life_free(struct server *server);

#endif

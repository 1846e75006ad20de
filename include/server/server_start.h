/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_START_H
#define CADCAST_SERVER_SERVER_START_H

#include <limits.h>

#include "server/server.h"

/* Steps of server_start that server_check uses too. Each returns 0, or an error after its line in
 * the log. */

/* Initializes a server without any parts, which can be freed. */
void server_clear(struct server *server, uv_loop_t *loop, struct options *options);

/* Reads certificate and key, if TLS is configured. */
int server_start_tls(struct server *server);

struct node_options;

/* Reads the options of the cluster; --cluster was given. `port`: the one that this server listens
 * on. */
int server_read_cluster(const struct server *server, struct node_options *cluster, uint16_t port);

/* Finds the path of the helper; "" if it is disabled, or missing and optional. */
int server_find_helper(const struct server *server, char program[PATH_MAX]);

/* Reads the files of the page. */
int server_start_page(struct server *server);

/* Logs that a port cannot be bound, why, and what to do. `main`: it is the port of --port. */
void server_no_port(const struct server *server, uint16_t port, bool main, int error);

/* Logs that there is no session for a port of --listen. */
void server_no_session(const struct server *server, const struct options_port *port);

#endif

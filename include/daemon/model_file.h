/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_MODEL_FILE_H
#define CADCAST_DAEMON_MODEL_FILE_H

#include "daemon/conn.h"

/* Starts the conversion of a session's model on the worker pool; session_converted will come. */
void model_file_convert(struct server *server, struct session *session);

/* Answers GET models/<hash>: an immutable resource, with Range (RFC 9110 section 14) and ETag.
 * `hash`: what follows models/ in the path. */
void model_file_respond(struct server *server, struct conn *conn, struct http *http,
                        const char *session_name, const char *hash);

#endif

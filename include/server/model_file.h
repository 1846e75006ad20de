/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_MODEL_FILE_H
#define CADCAST_SERVER_MODEL_FILE_H

#include "conn/conn.h"

struct server;

/* Starts the conversion of a session's model on the worker pool; hub_converted is called when it is
 * done. */
void model_file_convert(struct server *server, struct session *session);

/* The same for a step of its history, whose model was read from the disk. */
void model_file_convert_step(struct server *server, struct session *session,
                             const struct history_step *step);

/* Answers GET models/<hash>: an immutable resource, with Range (RFC 9110 section 14) and ETag.
 * `hash`: the part of the path after models/. */
void model_file_respond(struct server *server, struct conn *conn, struct http *http,
                        const char *session_name, const char *hash);

/* Answers with a model file under an address that may name another one later. */
void model_file_send(struct server *server, struct http *http, struct blob *bytes);

/* The same with the file of a step of the history, at once or when that is made. */
void model_file_respond_step(struct server *server, struct conn *conn,
                             const struct history_step *step);

#endif

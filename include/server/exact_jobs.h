/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_EXACT_JOBS_H
#define CADCAST_SERVER_EXACT_JOBS_H

#include "view/view.h"

struct mesher_result;
struct server;

/* The services for shows that send geometry (view/view.h): jobs of the worker pool, and the helpers
 * that mesh. `owner` is the server. */

/* A shape is meshed: the callback of the server's mesher. */
void exact_jobs_meshed(void *server, const struct mesher_result *result);

void exact_jobs_text(void *owner, struct session *session);
void exact_jobs_plan(void *owner, struct peer *peer, struct blob *message);
void exact_jobs_check(void *owner, struct peer *peer, struct blob *message);
int exact_jobs_mesh(void *owner, const struct view_mesh *mesh);
void exact_jobs_mesh_keep(void *owner, const struct view_mesh *mesh, struct blob *made);
void exact_jobs_mesh_end(void *owner, const struct weak_pointer *show);
void exact_jobs_mesh_soon(void *owner, size_t shapes);
void exact_jobs_assemble(void *owner, struct weak_pointer *show, struct plan *plan,
                         struct blob **meshes, bool preview);
void exact_jobs_gather(void *owner, struct session *session, struct plan *plan,
                       struct blob **shapes);

#endif

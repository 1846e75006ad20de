/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_HUB_H
#define CADCAST_VIEW_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/list.h"
#include "base/log.h"
#include "view/session.h"
#include "view/view.h"

/* How a session measures; the page gets it by name (hub_measure_name). */
enum hub_measure { HUB_MEASURE_MESH, HUB_MEASURE_EXACT, HUB_MEASURE_EXTERNAL };

/* All sessions. */
struct hub {
    struct view view;     /* what sessions and peers see of it */
    struct list sessions; /* struct session; the default one first */
    unsigned session_count;
    uint32_t last_id;       /* of a session */
    size_t in_flight;       /* bytes of messages that are being received */
    json_t *notices;        /* texts of the notices in force, by key; see hub_notice.h */
    json_t *elsewhere;      /* sessions of other servers; see hub_list.h */
    uint64_t messages[256]; /* by kind, for the metrics */
    uint64_t shows;         /* models */
    uint64_t show_bytes;
    uint64_t dropped_pictures;
    uint64_t dropped_steps; /* of histories, to save memory */
};

/* Prepares the hub with its default session. 0 or -ENOMEM. */
int hub_init(struct hub *hub, const struct log *log, const struct view_services *services,
             const struct view_options *options);
void hub_free(struct hub *hub);

/* The session of that name, created if there is none. NULL: the name is invalid, the limit of
 * sessions is reached (*error -EAGAIN), or there is no memory. */
struct session *hub_session(struct hub *hub, const char *name, int *error);
struct session *hub_find(struct hub *hub, const char *name);

/* The session with that number (session->id); NULL: it is gone, or `id` is 0. For results that are
 * ready later: a session may have another name by then, and another one its name. */
struct session *hub_of(struct hub *hub, uint32_t id);

/* Its name, for the log. */
const char *hub_name(struct hub *hub, uint32_t id);

/* Gives a session another name: its pages are told at the next tick, and its picture on disk goes
 * with it. 0; -EINVAL: it is not a session's name; -EPERM: the default session keeps its name;
 * -EEXIST: another session has the name. */
int hub_rename(struct hub *hub, struct session *session, const char *name);

/* Joins a new connection to a session, as a kernel until it registers as another role. `name` is
 * copied. Returns 0, or -ENOMEM: the peer is unusable then. */
int hub_join(struct hub *hub, struct peer *peer, struct session *session,
             const struct peer_ops *ops, void *conn, const char *name);

/* The connection is gone: the peer leaves its session. May be called twice. */
void hub_leave(struct peer *peer);

/* A new model of the session: shows it, and drops other pictures if memory is short. */
void hub_model(struct hub *hub, struct session *session, struct blob *message);

/* The same with a model that was made here from geometry; takes over `file`. */
void hub_model_file(struct hub *hub, struct session *session, struct model_file *file);

/* New exact geometry of the session. False: there is no room to keep it. */
bool hub_parts(struct hub *hub, struct session *session, struct blob *message);

/* The converter has finished with model number `number` of the session; takes over `file` if
 * `status` is 0. If memory does not suffice for the file and its text, only the text is kept. */
void hub_converted(struct hub *hub, struct session *session, uint64_t number, int status,
                   struct model_file *file);

/* How measuring is done in a session, and its name for the page. */
enum hub_measure hub_measure(const struct hub *hub, const struct session *session);
const char *hub_measure_name(enum hub_measure measure);

/* Called about twice a second: applies timeouts, frees empty sessions, sends the list of sessions
 * to the pages that show it. */
void hub_tick(struct hub *hub);

/* Makes room for `more` bytes: first shapes and meshes kept for the next show go, and the steps of
 * histories, the oldest first; then ends screenshot requests that hold replaced models, and closes
 * connections that are slow to receive pictures replaced since; then drops the pictures of sessions
 * that are not pinned and have no browser and of those unused for longest, but not that of `keep`
 * (may be NULL). False: dropping everything else is not enough. */
bool hub_make_room(struct hub *hub, size_t more, const struct session *keep);

/* Sends one of our pages its greeting: its session, the other sessions, how measuring is done; then
 * the notices in force. */
void hub_greet(struct peer *peer);

/* Bytes of all pictures. */
size_t hub_bytes(const struct hub *hub);

unsigned hub_browsers(const struct hub *hub);
#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_VIEW_H
#define CADCAST_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/log.h"
#include "picture/retained.h"
#include "view/store.h"

struct history_step;
struct peer;
struct plan;
struct session;
struct weak_pointer;

/* A shape to mesh for a show. */
struct view_mesh {
    struct blob *shape;  /* its payload; a reference is taken */
    const uint8_t *hash; /* of its bytes, SHA-256 */
    double deviation;
    double angle;
    uint32_t flags;            /* VIEW_MESH_EDGES, VIEW_MESH_COARSE */
    struct weak_pointer *show; /* a reference is taken */
    uint32_t number;           /* of the shape */
};

enum view_mesh_flags { VIEW_MESH_COARSE = 1, VIEW_MESH_EDGES = 2 };

/* What happened to a session, for programs that follow it. */
enum view_change {
    VIEW_CHANGE_SHOWN,     /* it has another model */
    VIEW_CHANGE_CLEARED,   /* it has none any more */
    VIEW_CHANGE_DROPPED,   /* the same, but only here, to save memory */
    VIEW_CHANGE_VIEW,      /* a browser looks at it in another way */
    VIEW_CHANGE_SELECTION, /* a person selected something */
    VIEW_CHANGE_BROWSERS,  /* one came or left */
};

/* Services that the view needs from the rest of the program, filled in by server/view_services. */
struct view_services {
    void *owner;
    /* Milliseconds on a monotonic clock. */
    uint64_t (*now)(void *owner);
    /* Answer a "config" question with dispatch_answer_config, at once or later, and then release
     * the peer, which is on hold. */
    void (*config)(void *owner, struct peer *peer, bool splash);
    /* Parse the message's JSON off the loop and call dispatch_parsed; the peer is on hold until
     * then. */
    void (*parse)(void *owner, struct peer *peer, struct blob *message);
    /* Write the PNG in `data_url` (a JSON string, borrowed) to `filename`. */
    void (*screenshot)(void *owner, const char *filename, json_t *data_url);
    /* Decode the PNG in `data_url` and store it as session->picture.thumbnail. */
    void (*thumbnail)(void *owner, struct session *session, json_t *data_url);
    /* Draw the session's small picture, or what it shows now into a file that a kernel asked for,
     * without a browser. May be NULL. */
    void (*draw_small)(void *owner, struct session *session);
    void (*draw_shot)(void *owner, struct session *session, const char *filename);
    /* Turn the session's model into its binary form and call hub_converted; one that is a model
     * file already is only read. */
    void (*convert)(void *owner, struct session *session);
    /* The same for a step of the session's history that was read from the disk. */
    void (*convert_step)(void *owner, struct session *session, const struct history_step *step);
    /* Turn the session's model, a model file, into text and call session_text_made. */
    void (*text)(void *owner, struct session *session);
    /* Read the `E` message of a kernel off the loop and call exact_planned; the peer is on hold
     * until then. */
    void (*plan)(void *owner, struct peer *peer, struct blob *message);
    /* Compare the hash of an `F` message with its bytes off the loop and call exact_checked; the
     * peer is on hold until then. */
    void (*check)(void *owner, struct peer *peer, struct blob *message);
    /* Mesh a shape and call exact_meshed. 0 or -ENOMEM, also if nothing can mesh. */
    int (*mesh)(void *owner, const struct view_mesh *mesh);
    /* The mesh of a shape is new: keep it for the next start. `mesh->shape` is not set. */
    void (*mesh_keep)(void *owner, const struct view_mesh *mesh, struct blob *made);
    /* End the meshing of shapes for that owner: exact_meshed is not called. */
    void (*mesh_end)(void *owner, const struct weak_pointer *show);
    /* So many shapes will follow soon. */
    void (*mesh_soon)(void *owner, size_t shapes);
    /* Make the model file of a show off the loop and call exact_assembled; takes over `meshes`, one
     * a shape of the plan, with a reference each. `preview`: of what is ready of it. */
    void (*assemble)(void *owner, struct weak_pointer *show, struct plan *plan,
                     struct blob **meshes, bool preview);
    /* Make the exact geometry of the session's model off the loop and call exact_gathered; takes
     * over `shapes`, as above. */
    void (*gather)(void *owner, struct session *session, struct plan *plan, struct blob **shapes);
    /* The session's exact geometry is new (session->picture.parts), or gone (NULL). */
    void (*parts)(void *owner, struct session *session);
    /* The session had the name `old`: what is kept on disk has its new one from now on. */
    void (*renamed)(void *owner, struct session *session, const char *old);
    /* Exact geometry is being received for a session with a browser. Called more than once. */
    void (*expect)(void *owner, struct session *session);
    /* A browser has selected a measuring tool: a question will follow soon. */
    void (*warm)(void *owner, struct session *session);
    /* Answer the question of a browser about `ids` with `tool`, by peer_send_text. */
    void (*ask)(void *owner, struct peer *peer, const char *tool, json_t *ids);
    /* The session's picture changed: write it to disk. */
    void (*keep)(void *owner, struct session *session);
    /* Something happened to the session. May be NULL. */
    void (*changed)(void *owner, struct session *session, enum view_change change);
    /* The screenshot for that file will not come. May be NULL. */
    void (*shot_lost)(void *owner, const char *filename, const char *why);
    /* Memory is short: close the connections that still hold bytes of replaced pictures (see
     * retained_holds), because they receive them too slowly. */
    void (*shed)(void *owner);
    /* The session is about to be freed; if `forget`, delete its picture on disk too. */
    void (*end)(void *owner, struct session *session, bool forget);
};

struct view_options {
    size_t browser_queue; /* bytes that may wait for one browser, its newest picture not counted */
    size_t max_memory;    /* bytes of all pictures, of replaced ones that a connection still
                           * sends, and of all messages being received */
    unsigned max_sessions;
    unsigned history; /* steps of a session's history at most */
    size_t relay_min; /* RELAY_MIN and RELAY_PIECE; tests set smaller ones */
    size_t relay_piece;
    bool builtin;          /* exact geometry can be measured here */
    bool remote;           /* another server measures it for this one */
    bool external;         /* a measurement backend is expected to register */
    uint64_t measure_wait; /* timeout of an answer of an external backend, in milliseconds */
    const char *version;
    uint64_t run; /* random, at most 53 bits: lets pages detect that the server was restarted */
};

/* Data that all sessions and peers of one hub share. */
struct view {
    const struct log *log;
    struct view_services services;
    struct view_options options;
    struct retained retained;
    struct store store;    /* shapes and their meshes, for the next shows */
    size_t exact_bytes;    /* memory of the plans of shows that are not complete */
    uint64_t exact_shows;  /* shows that sent geometry */
    uint64_t exact_meshed; /* shapes that were meshed for them */
    uint64_t exact_cached; /* shapes whose mesh was in the store, or on disk */
    uint64_t exact_watson; /* faces that only the slower algorithm could mesh */
    uint64_t acts;         /* count of user actions so far: orders those of one millisecond */
    uint64_t bad_messages; /* messages that were dropped or refused */
    bool list_changed;     /* the list of sessions has changed since it was last sent to pages */
};

/* Tells those who follow the session what happened to it. */
static inline void view_changed(struct session *session, const struct view *view,
                                enum view_change change)
{
    if (view->services.changed != NULL)
        view->services.changed(view->services.owner, session, change);
}

/* Milliseconds on a monotonic clock. */
static inline uint64_t view_now(const struct view *view)
{
    return view->services.now(view->services.owner);
}

#endif

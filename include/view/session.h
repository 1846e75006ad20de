/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_SESSION_H
#define CADCAST_VIEW_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/list.h"
#include "view/model.h"
#include "view/peer.h"

#define SESSION_NAME_MAX 64
#define SESSION_DEFAULT "default"

/* How the binary form of the session's model is doing. */
enum session_file { FILE_NONE, FILE_MAKING, FILE_READY, FILE_FAILED };

/*
 * One picture, and who looks at it: the last model, what came after it, what the browsers
 * reported. Held by the server, so that it does not matter who was connected when.
 */
struct session {
    struct list link; /* in hub->sessions */
    struct hub *hub;
    char name[SESSION_NAME_MAX + 1];
    uint32_t id;       /* never used again while the hub lives */
    bool permanent;    /* the default one, and those with a port of their own */
    struct list peers; /* struct peer, in the order they came */
    unsigned browsers;
    unsigned kernels;
    unsigned kernels_told; /* as lists have it */
    unsigned backends;
    bool greet; /* an external backend came or went, and our pages have not been told */

    struct blob *model;  /* the message as it came, NULL: no picture */
    size_t model_offset; /* where its payload begins */
    uint64_t number;     /* grows with every model and every clear, 0: none yet */
    json_t *settings;    /* `config` of the "ui" messages since, merged; NULL: none */
    struct blob *animation;
    struct blob *time;
    bool splash; /* no real model so far */

    enum session_file file_state;
    struct model_file file; /* the model in its binary form, where file_state is FILE_READY */
    struct blob *packed[2]; /* and compressed, made when first wanted: as gzip, as zstd */

    json_t *status;     /* what browsers reported, merged: see session_status */
    size_t status_most; /* bytes of memory that it takes at most */
    json_t *views;      /* by id of the page: the keys that make its view */
    size_t views_most;  /* bytes of memory that they take at most */
    struct blob *parts; /* the message with the exact geometry, NULL: none */
    size_t parts_offset;
    struct blob *thumbnail; /* PNG, NULL: none */
    uint64_t thumbnail_due; /* milliseconds: when to ask for a new one; 0: not */
    uint64_t thumbnail_at;  /* when the last one was asked for */
    struct list shots;      /* screenshots that a kernel asked for */
    struct list questions;  /* for an external measurement backend, oldest first */
    unsigned question_count;
    uint64_t used; /* milliseconds on the hub's clock: when anybody last did anything */
    int64_t shown; /* seconds since 1970: when the picture was shown; 0: never */
    bool dirty;    /* the picture on disk is older than this one */
};

/* Whether a name may name a session: 1 to 64 of A-Z a-z 0-9 . _ -, and neither "." nor "..". */
bool session_name_ok(const char *name);

/* A new session without a picture; NULL: no memory. The hub owns it. */
struct session *session_new(struct hub *hub, const char *name);
void session_free(struct session *session);

void session_join(struct session *session, struct peer *peer);
void session_leave(struct session *session, struct peer *peer);
void session_set_role(struct session *session, struct peer *peer, enum peer_role role);

/* Bytes of memory that this session's picture holds. */
size_t session_bytes(const struct session *session);

/* A new model: `blob` is the whole message, its JSON from `offset` on. Replaces the picture and
 * shows it to every browser. */
void session_model(struct session *session, struct blob *blob, size_t offset);

/* The picture is empty now; `blob` is the message that said so, or NULL. */
void session_clear(struct session *session, struct blob *blob, size_t offset);

/* Forgets the picture and the exact geometry: to save memory. No browser is told. */
void session_drop(struct session *session);

/* Gives up `*place`, a reference of the session's, for one to `blob`; either may be NULL. */
void session_replace_blob(struct session *session, struct blob **place, struct blob *blob);

void session_animation(struct session *session, struct blob *blob, size_t offset);
void session_time(struct session *session, struct blob *blob, size_t offset);
/* `config`: the object of a "ui" message, borrowed. */
void session_settings(struct session *session, struct blob *blob, size_t offset, json_t *config);

/* The converter is done with model number `number`; `file` is taken over where `status` is 0. */
void session_converted(struct session *session, uint64_t number, int status,
                       struct model_file *file);

/* Shows the picture as it stands to one browser that just registered. */
void session_replay(struct session *session, struct peer *peer);

/* Whether this browser still waits for the model: changes to it then follow the model. */
bool session_keeps_waiting(const struct session *session, const struct peer *peer);

/* Sends the model in the form this browser takes; false where that form is still being made, and
 * session_converted will come back to it. */
bool session_send_model(struct session *session, struct peer *peer);

/* Sends what changed the picture after the model came. */
void session_send_changes(struct session *session, struct peer *peer);

/* Sends the held model as text to a browser that could not use the binary form. */
void session_send_verbatim(struct session *session, struct peer *peer);

/* A kernel wants a screenshot; `payload` is relayed. */
void session_want_shot(struct session *session, struct blob *blob, size_t offset,
                       const char *filename);

/* Whether a kernel waits for a screenshot of that name; it does not any more afterwards. */
bool session_take_shot(struct session *session, const char *filename);

/* Forgets one member of session->shots. */
void session_forget_shot(struct session *session, struct list *member);

/* `browser` left: screenshots it was asked for wait for another one. */
void session_shots_lost(struct session *session, struct peer *browser);

/* Passes requests on that wait for a browser, and gives up on those that waited too long. */
void session_tick_shots(struct session *session);

/* New exact geometry: `blob` is the whole message. False: there is no room to keep it. */
bool session_parts(struct session *session, struct blob *blob, size_t offset);

/* The external measurement backend of this session, NULL: none. */
struct peer *session_backend(const struct session *session);

/* Asks it for `peer`, who gets the answer or a reason. */
void session_ask_backend(struct session *session, struct peer *peer, const char *tool, json_t *ids);

/* Its answer, for whoever asked. NULL, or what is wrong with it. */
const char *session_backend_answer(struct session *session, struct blob *blob, size_t offset);

/* Gives up on a question that was not answered in time. */
void session_tick_questions(struct session *session);

/* Forgets one member of session->questions. */
void session_forget_question(struct session *session, struct list *member);

/* The picture looks different now. */
void session_want_thumbnail(struct session *session);

/* Asks a browser for a small picture, some time after the last change. */
void session_tick_thumbnail(struct session *session);

/* The browser that was used last, NULL: there is none. */
struct peer *session_last_browser(const struct session *session);

/*
 * A browser reported changes of its state; `changes` is borrowed. Of each key the status of the
 * session has what that browser reported whose person did something last (peer->acted), among
 * those that are here and have reported the key. `size`: bytes of the message that said so; what
 * would be too much to keep is forgotten, with a line in the log.
 */
void session_status(struct session *session, struct peer *peer, json_t *changes, size_t size);

/* A browser left: what is shown of its state gives way to that of the one used before it. */
void session_status_left(struct session *session);

/* A row for lists of sessions; a new reference, NULL: no memory. */
json_t *session_describe(const struct session *session);

#endif

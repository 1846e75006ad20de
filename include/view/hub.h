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

/* How measuring is done: what the page is told. */
enum hub_measure { MEASURE_MESH, MEASURE_EXACT, MEASURE_EXTERNAL };

/* What the view needs from the rest of the program, filled in by the daemon. */
struct hub_services {
    void *owner;
    /* Milliseconds on a clock that never goes back. */
    uint64_t (*now)(void *owner);
    /* Answer a "config" question with hub_answer_config, now or later, and only then release the
     * peer, which is on hold. */
    void (*config)(void *owner, struct peer *peer, bool splash);
    /* Parse the message's JSON off the loop and call hub_parsed; the peer is on hold until then. */
    void (*parse)(void *owner, struct peer *peer, struct blob *message);
    /* Write the PNG that `data_url` (a JSON string, borrowed) holds to `filename`. */
    void (*screenshot)(void *owner, const char *filename, json_t *data_url);
    /* Decode the small picture in `data_url` and keep it as session->thumbnail. */
    void (*thumbnail)(void *owner, struct session *session, json_t *data_url);
    /* Turn the session's model into its binary form and call session_converted. */
    void (*convert)(void *owner, struct session *session);
    /* The session's exact geometry is new (session->parts), or gone (NULL). */
    void (*parts)(void *owner, struct session *session);
    /* Exact geometry for the session is coming, and somebody looks at it. Comes more than once. */
    void (*expect)(void *owner, struct session *session);
    /* A browser took up a measuring tool: it will ask soon. */
    void (*warm)(void *owner, struct session *session);
    /* A browser asks `ids` of `tool`; the answer goes to it with hub_answer_measure. */
    void (*ask)(void *owner, struct peer *peer, const char *tool, json_t *ids);
    /* The session's picture changed: it is to be kept. */
    void (*keep)(void *owner, struct session *session);
    /* Memory is short: closes connections that still hold bytes of replaced pictures (see
     * hub_lingers), because they take them too slowly. */
    void (*shed)(void *owner);
    /* The session is about to be freed; its picture is to be forgotten where `forget`. */
    void (*end)(void *owner, struct session *session, bool forget);
};

struct hub_options {
    size_t browser_queue; /* bytes that may wait for one browser, its newest picture not counted */
    size_t max_memory;    /* bytes of all pictures, replaced ones too while somebody still gets
                           * them, and of all messages in flight */
    unsigned max_sessions;
    size_t relay_min; /* RELAY_MIN and RELAY_PIECE, but in tests that want small ones */
    size_t relay_piece;
    bool builtin;          /* exact geometry can be measured here */
    bool external;         /* a measurement backend is expected to register */
    uint64_t measure_wait; /* milliseconds that an external backend has for one answer */
    const char *version;
};

/* All sessions. */
struct hub {
    const struct log *log;
    struct hub_services services;
    struct hub_options options;
    struct list sessions; /* struct session; the default one first */
    unsigned session_count;
    uint32_t last_id;       /* of a session */
    uint64_t acts;          /* what people did at browsers so far */
    size_t in_flight;       /* bytes of messages that are being received */
    struct list lingering;  /* bytes that no session wants, but a connection or a job still has */
    uint64_t released;      /* bytes that sessions have given up so far */
    bool list_changed;      /* who looks at the list has not been told yet */
    uint64_t messages[256]; /* by kind, for the metrics */
    uint64_t bad_messages;
    uint64_t shows; /* models */
    uint64_t show_bytes;
    uint64_t dropped_pictures;
};

/* Prepares the hub with its default session. 0 or -ENOMEM. */
int hub_init(struct hub *hub, const struct log *log, const struct hub_services *services,
             const struct hub_options *options);
void hub_free(struct hub *hub);

/* The session of that name; made where there is none. NULL: the name is bad, there are too many
 * sessions (*error -EAGAIN), or no memory. */
struct session *hub_session(struct hub *hub, const char *name, int *error);
struct session *hub_find(struct hub *hub, const char *name);

/* A whole message of `peer`: the one entry for everything that comes in. */
void hub_message(struct hub *hub, struct peer *peer, struct blob *message);

/* Part of a large message of `peer` has come: message->size of `total` bytes. */
void hub_progress(struct peer *peer, struct blob *message, size_t total);

/* The message that hub_progress spoke of will never be complete. */
void hub_aborted(struct peer *peer);

/* The answer to hub_services.parse: `json` is borrowed, NULL where the message is no JSON, and
 * `error` then says why. */
void hub_parsed(struct peer *peer, struct blob *message, json_t *json, const json_error_t *error);

/* The answer to hub_services.config: `text` is the settings object. */
void hub_answer_config(struct peer *peer, const char *text, size_t size);

/* The answer to hub_services.ask, a whole "backend_response" object. */
void hub_answer_measure(struct peer *peer, const char *text, size_t size);

/* How measuring is done in a session, and its name for the page. */
enum hub_measure hub_measure(const struct hub *hub, const struct session *session);
const char *hub_measure_name(enum hub_measure measure);

/* Tells a browser why its question has no answer. */
void hub_measure_failed(struct peer *peer, const char *tool, const char *reason);

/* About once a second: gives up waiting, forgets empty sessions, tells who looks at the list. */
void hub_tick(struct hub *hub);

/* Makes room for `more` bytes: first closes connections that are slow to take pictures which were
 * replaced meanwhile, then drops the pictures of sessions with no browser and of those unused for
 * longest. False: there is not enough to drop. `keep` is not touched. */
bool hub_make_room(struct hub *hub, size_t more, const struct session *keep);

/* Gives up a session's reference to `blob` (NULL is fine). While others have one, its bytes count
 * on: a browser that takes nothing shall not keep memory that nobody knows of. */
void hub_release(struct hub *hub, struct blob *blob);

/* Whether these are bytes that no session wants any more. Only the pointer is looked at. */
bool hub_lingers(const struct hub *hub, const struct blob *blob);

/* How many bytes of that kind there are. */
size_t hub_lingering(struct hub *hub);

/* Tells one of our pages where it is: the session, the others, how measuring is done. */
void hub_greet(struct peer *peer);

/* Bytes of all pictures. */
size_t hub_bytes(const struct hub *hub);

unsigned hub_browsers(const struct hub *hub);

/* The list of sessions as in a "sessions" message; a new reference, NULL: no memory. */
json_t *hub_list(const struct hub *hub);

uint64_t hub_now(const struct hub *hub);

#endif

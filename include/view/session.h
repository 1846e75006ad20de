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
#include "base/text.h"
#include "model/model.h"
#include "picture/history.h"
#include "picture/picture.h"
#include "view/peer.h"
#include "view/view.h"

#define SESSION_NAME_MAX 64
#define SESSION_DEFAULT "default"

struct room;

/* The state of the binary form of the session's model. */
enum session_file {
    SESSION_FILE_NONE,
    SESSION_FILE_MAKING,
    SESSION_FILE_READY,
    SESSION_FILE_FAILED
};

/*
 * One picture and the peers that show it. The server keeps the picture, so that a browser gets it
 * whether or not it was connected when the kernel sent it.
 */
struct session {
    struct list link; /* in hub->sessions */
    struct view *view;
    struct picture picture;
    struct history history; /* the pictures before it */
    char name[SESSION_NAME_MAX + 1];
    uint32_t id;    /* unique as long as the hub exists */
    bool permanent; /* the default one, and those with a port of their own */
    bool pinned;    /* first in every list of sessions; stays, and goes last if memory is short */
    uint16_t port;  /* its first one; 0: none */
    struct list peers; /* struct peer, in the order of joining */
    unsigned browsers;
    unsigned kernels;
    unsigned kernels_told; /* count in the list of sessions last sent */
    unsigned backends;
    struct peer *leader; /* the page that others follow (view/session_lead.h); NULL: none */
    bool leader_left;    /* and our pages have not been told yet */
    json_t *led;         /* of its view, what they have not been sent yet; NULL: nothing */
    json_t *led_all;     /* its view, as far as it has led with it; NULL: nothing */
    uint64_t led_at;     /* milliseconds: when they were last sent something */
    bool renamed;        /* our pages have not been greeted with its new name yet */
    bool greet; /* an external backend joined or left, and our pages have not been greeted since */

    bool text_making;          /* picture.text is being made */
    bool parts_making;         /* picture.parts is being made */
    uint64_t parts_of;         /* number of the picture that picture.parts came for */
    struct model_file preview; /* what of that show is ready, or coarse; without bytes: none */
    bool refines;              /* the model is that of the preview before it, finer */
    uint64_t exact_begun;      /* shows that sent geometry so far, by their `E` */
    uint64_t exact_newest;     /* of these, earlier ones than this are replaced */
    struct exact_show *exact;  /* the newest show whose geometry is not complete; or NULL */

    bool splash; /* no model but the built-in one so far */

    char *refused;      /* text about the last refused message; NULL: none since the last model */
    bool model_refused; /* it was a model: exact geometry that follows is not the picture's */
    bool empty_shown;   /* the last model had nothing to draw: its geometry is empty too */
    bool run_failed;    /* it is about a run that failed, and goes when one succeeds */

    char *run;           /* what `cadcast run` is running here (hub_notice.h); NULL: nothing */
    uint64_t run_begun;  /* milliseconds: since when */
    uint64_t run_number; /* number of the picture then */

    enum session_file file_state;
    struct model_file file; /* the model in its binary form, if file_state is SESSION_FILE_READY */
    struct blob *packed[2]; /* the file compressed, when first requested: as gzip, as zstd */

    size_t status_most;     /* upper bound of the bytes of memory of picture.status */
    size_t views_most;      /* the same of picture.views */
    uint64_t history_told;  /* history.version that our pages were told last */
    uint64_t small_of;      /* number of the picture that picture.thumbnail shows */
    uint64_t small_asked;   /* the same of the one that a page was last asked for */
    uint64_t reported;      /* number of the picture whose view was reported last; 0: none */
    uint64_t thumbnail_due; /* milliseconds: when to request a new thumbnail; 0: none is due */
    uint64_t thumbnail_at;  /* milliseconds: when the last one was requested */
    struct list shots;      /* screenshots requested by kernels */
    struct list questions;  /* for an external measurement backend, oldest first */
    unsigned question_count;
    unsigned changes;  /* bits of enum view_change that programs which follow it are not told yet */
    uint64_t used;     /* milliseconds on the clock of view_now: when a peer last used it */
    bool kept;         /* other servers are not told yet that it is empty: it is not freed */
    struct room *room; /* as other servers share it (src/cluster); opaque here; NULL: none */
    char kernel[80];   /* address, without port, of the kernel that sent the last model; "": none */
    int64_t drew;      /* seconds since 1970: when it sent it */
};

/* Whether a name is valid for a session: 1 to 64 of A-Z a-z 0-9 . _ -, but not "." or "..". */
bool session_name_ok(const char *name);

/* A new session without a picture; NULL: no memory. The hub owns it. */
struct session *session_new(struct view *view, const char *name);
void session_free(struct session *session);

/* Pins a session, or unpins it. */
void session_pin(struct session *session, bool pinned);

void session_join(struct session *session, struct peer *peer);
void session_leave(struct session *session, struct peer *peer);
void session_set_role(struct session *session, struct peer *peer, enum peer_role role);

/* Bytes of memory of this session's picture. */
size_t session_bytes(const struct session *session);

/* Stores the address of the kernel that sent a model, for the list of sessions. */
void session_drawn_by(struct session *session, const struct peer *peer);

/* Gives a session without a picture the one that was read from disk, and shows it to its browsers.
 * Takes over the members of `picture`. */
void session_restore(struct session *session, struct picture *picture);

/* Replaces the picture by a new model and shows it to every browser; `blob` is the whole message.
 */
void session_model(struct session *session, struct blob *blob);

/* The same with a model that was made here from geometry; takes over `file`. */
void session_model_file(struct session *session, struct model_file *file);

/* Shows our pages what is ready of a model that is still being made, in place of the picture, which
 * stays as it is. Takes over `file`. */
void session_preview(struct session *session, struct model_file *file);

/* The model of the preview will not come: pages that show the preview get the picture again. */
void session_preview_end(struct session *session);

/* Whether there is a page that can show a preview. */
bool session_has_page(const struct session *session);

/* picture.text of model number `number` was made; takes over `text`, NULL if that failed. */
void session_text_made(struct session *session, uint64_t number, struct blob *text);

/* A model without anything to draw: the picture stays. Other viewers' pages get the message and
 * keep their picture; our pages show a notice. */
void session_show_nothing(struct session *session, struct blob *blob);

/* Empties the picture; `blob` is the message that requested it, or NULL. */
void session_clear(struct session *session, struct blob *blob);

/* Drops the picture and the exact geometry to save memory. Browsers are not told; messages that
 * waited for the picture's binary form are sent. */
void session_drop(struct session *session);

/* Replaces `*place`, a reference of the session's, by one to `blob`; either may be NULL. */
void session_replace_blob(struct session *session, struct blob **place, struct blob *blob);

void session_animation(struct session *session, struct blob *blob);
void session_time(struct session *session, struct blob *blob);
/* `config`: the object of a "ui" message, borrowed. */
void session_settings(struct session *session, struct blob *blob, json_t *config);

/* Relays a message that this version does not understand unchanged to every browser, in order. It
 * is not part of the picture, so browsers that join later do not get it. */
void session_relay(struct session *session, struct blob *blob);

/* Whether the session still needs the binary form of model number `number`. */
bool session_waits_for(const struct session *session, uint64_t number);

/* The converter has finished with model number `number`; takes over `file` if `status` is 0. */
void session_converted(struct session *session, uint64_t number, int status,
                       struct model_file *file);

/* Sends the current picture to a browser that has just registered. */
void session_replay(struct session *session, struct peer *peer);

/* Sends the model in the form that this browser takes. If that form is still being made, queues a
 * placeholder for it (peer_expect), which session_converted fills. */
void session_send_model(struct session *session, struct peer *peer);

/* Sends one of our pages the address of the preview. */
void session_send_preview(struct session *session, struct peer *peer);

/* Whether a browser gets the model as a file, once that is made. */
bool session_takes_file(const struct session *session, const struct peer *peer);

/* Sends the model to a browser with a placeholder for it: the form is ready, or was not made. */
void session_send_pending(struct session *session, struct peer *peer);

/* Sends the changes to the picture since the model: settings, animation, time. */
void session_send_changes(struct session *session, struct peer *peer);

/* Sends the model as text to a browser that could not use the binary form. */
void session_send_verbatim(struct session *session, struct peer *peer);

/* New exact geometry: `blob` is the whole message; NULL removes it. */
void session_parts(struct session *session, struct blob *blob);

/* The exact geometry if it is that of the picture, borrowed; NULL: it is that of the one before, as
 * clients send it after the model, or there is none. */
struct blob *session_exact(const struct session *session);

/* Copies the picture, with exact geometry only if it is its own. 0 or -ENOMEM. */
int session_copy_picture(const struct session *session, struct picture *copy);

/* Drops the exact geometry, which does not belong to the picture. */
void session_drop_parts(struct session *session);

/* Asks about `ids` (borrowed) with `tool` for a browser. The question goes to the built-in helper
 * or the external backend of its session; if there is neither, the browser is sent the reason. */
void session_measure(struct peer *peer, const char *tool, json_t *ids);

/* The external measurement backend of this session; NULL if there is none. */
struct peer *session_backend(const struct session *session);

/* Passes its answer on to the browser that asked. Returns NULL, or the fault of the answer. */
const char *session_backend_answer(struct session *session, struct blob *blob);

/* Ends a question that was not answered in time. */
void session_tick_questions(struct session *session);

/* Removes and frees one member of session->questions. */
void session_forget_question(struct session *session, struct list *member);

/* Schedules a new thumbnail, since the picture has changed. */
void session_want_thumbnail(struct session *session);

/* Requests a thumbnail from a browser if one is due. */
void session_tick_thumbnail(struct session *session);

/* The picture is about to be replaced: it becomes a step of the history, which takes what belongs
 * to it out of the session. */
void session_remember(struct session *session);

/* The file of the picture is there: if it is that of the newest step, shown again, the step goes.
 */
void session_repeated(struct session *session);

/* The exact geometry of a picture is there that is the session's no more: it is that of its step,
 * if that is still there. */
void session_step_parts(struct session *session, uint64_t number, struct blob *parts);

/* Gives the session a step of its history that was read from disk. Takes over the members of
 * `picture`. */
void session_restore_step(struct session *session, struct picture *picture);

/* A step of the history: by its number, or, below 0, so many pictures back; NULL: there is none. */
struct history_step *session_step(const struct session *session, int64_t step);

/* The history for programs, and as the message of our pages (`type`); a new reference. */
json_t *session_history(const struct session *session, bool message);

/* Adds what changed that step since its model, as messages of kernels, as JSON. */
void session_step_messages(const struct history_step *step, struct text *out);

/* Tells our pages of the session if the history has changed. */
void session_tick_history(struct session *session);

/* The model's file is there: has the thumbnail drawn here; that of a page follows. */
void session_draw_thumbnail(struct session *session);

/* The thumbnail of the picture with that number is there: shows it in lists, and has it written to
 * disk with the picture. */
void session_thumbnail(struct session *session, uint64_t number, struct blob *png);

/*
 * Merges the changes of its state that a browser reported; `changes` is borrowed. For each key, the
 * status of the session has the value of the browser used most recently (peer->acted) among the
 * connected ones that have reported the key. `size`: bytes of the message; a status over its limit
 * is dropped, with a line in the log.
 */
void session_status(struct session *session, struct peer *peer, json_t *changes, size_t size);

/* Of a status, the keys that make a page's view; a new reference. NULL: no memory, or no status. */
json_t *session_view_of(json_t *status);

/* A browser left: the values it reported are replaced by those of the one used before it. */
void session_status_left(struct session *session);

/* A row for lists of sessions; a new reference, NULL: no memory. */
json_t *session_describe(const struct session *session);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_ROOM_H
#define CADCAST_CLUSTER_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/list.h"
#include "cluster/node.h"
#include "engine/pieces.h"

/* Longest change that is shared, in bytes: the engine keeps changes beside the show. */
enum { ROOM_CHANGE = 512 * 1024 };

/* What changed a show since: what the engine has of it, as this node knows. */
struct room_changes {
    json_t *settings;       /* NULL: none */
    struct blob *animation; /* the message; NULL: none */
    struct blob *time;      /* the same */
};

/* The exact geometry of the newest show. */
struct room_parts {
    char hash[PIECES_HASH]; /* of what the engine has; "": it has none */
    uint64_t size;
    struct blob *blob; /* what of it is here and was given to the engine, or taken from it; NULL */
    struct blob *old;  /* what was here when the show came, and may be of the one before it; NULL */
    uint64_t retry_at; /* milliseconds: not given to the engine before */
    struct node_want want;
    bool busy;   /* being given to it */
    bool wanted; /* a page here measures */
    bool fetching;
};

/* How its pages look at it. */
struct room_views {
    json_t *here;   /* ids of pages that were here when one last came or left */
    json_t *told;   /* by id, a hash of the view that the engine was given */
    unsigned asked; /* answers that are due */
    bool come;      /* a page has come or left since */
    bool due;       /* a view has changed since the engine was given them */
};

/*
 * A session as the nodes share it. A show has a stamp, from clocks that never go back behind what
 * was seen: the newest one wins, at every node. Changes to it are numbered by the engine.
 */
struct room {
    struct list link; /* in node->rooms */
    struct node *node;
    char name[SESSION_NAME_MAX + 1];
    struct session *session;
    unsigned refs; /* answers and transfers under way */

    /* Where the engine is, as last read: its history, and how far. */
    char epoch[33]; /* "": unknown, or it has nothing */
    uint64_t seq;

    /* The newest show that this node knows. */
    uint64_t stamp;         /* 0: none */
    char author[NODE_NAME]; /* the node that made it */
    char hash[PIECES_HASH]; /* of the model; "": a clear, or not known yet */
    uint64_t size;
    uint64_t number; /* of the session's picture that shows it; 0: it is not here */
    struct room_changes changes;
    struct room_parts parts;
    struct room_views views;

    /* The show before that, which the session has as long as a newer one is not here. */
    struct {
        uint64_t stamp;
        uint64_t number;
        char author[NODE_NAME];
    } held;

    bool due;        /* the engine does not have this show yet */
    bool again;      /* the engine had it before */
    bool busy;       /* being given to the engine */
    bool giving;     /* of it only pieces, that another node misses */
    bool looking;    /* an answer to a look is due */
    bool look_again; /* and another look is due then */
    bool whole;      /* the next look asks for everything */
    bool lost;       /* the next look tells the engine that no node has its show */
    bool known;      /* the engine was looked at since it was last there */
    bool fetching;
    bool slot;    /* and that counts in node->fetches */
    bool dropped; /* given up to save memory: not fetched until another page comes */
    bool subscribed;
    bool gone;       /* the session has ended; freed with the last reference */
    unsigned behind; /* looks in a row that found the engine without this show */
    struct node_want want;
    unsigned asked;    /* times that another node asked for its pieces */
    unsigned changing; /* calls with changes that are not answered yet */
    uint64_t shown;    /* stamp of what a kernel or a page here has shown or cleared since the last
                          comparison; 0: nothing */
    uint64_t sent;     /* stamp of the show that is being given to the engine */
    uint64_t looked;   /* milliseconds: when the last look began */
    uint64_t visited;  /* milliseconds: when a page last looked at it here; 0: none has */
    char *here;        /* what other nodes were told is of it here; NULL: nothing */
    uint64_t listed;   /* stamp of the show for which the list of sessions has its name */
    uint64_t retry_at; /* milliseconds: not given to the engine before; 0: at once */
};

/* NULL: no memory. */
struct room *room_new(struct node *node, struct session *session);

/* The session has ended. */
void room_end(struct room *room);

/* Compares the session with what the engine has, and does what is due. */
void room_work(struct room *room);

/* Compares positions with the engine. */
void room_look(struct room *room);

/* The engine is there again. */
void room_ready(struct room *room);

/* Tells what of it is here, if that is new; or `again`, as the engine may have lost it. */
void room_tell_here(struct room *room, bool again);

/* A notice on the session's channel. */
void room_hear(struct room *room, const char *text);

/* Writes the name of the session's channel. */
void room_channel(const struct room *room, char out[PIECES_BASE]);

/* ---- for the room_* files ---- */

/* The session; NULL: it has ended. */
struct session *room_session(const struct room *room);

/* Whether it is followed here: a page looks at it, or has done so a moment ago. */
bool room_is_followed(const struct room *room);

/* Whether the session shows the newest show. */
bool room_is_here(const struct room *room);

/* An answer or a transfer is over. False: nothing more is to be done with the room. */
bool room_release(struct room *room);

/* A call of the script. Zero-initialise; room_call_free when done. */
struct room_call {
    struct link_word *words; /* each a copy */
    size_t count;
    size_t room;
    bool failed; /* there was no memory for a word */
};

/* Begins the call `what` (see cluster/script.h) for this room. */
void room_call_begin(struct room_call *call, const struct room *room, const char *what);
void room_call_add_text(struct room_call *call, const char *text);
void room_call_add_number(struct room_call *call, uint64_t number);
void room_call_free(struct room_call *call);

/* Adds, as names and values, what in `session` differs from room->changes, and what was added to
 * room->changes. Returns their number. What is too long for the engine stays here, with a line in
 * the log. */
size_t room_call_add_changes(struct room_call *call, struct room *room,
                             const struct session *session);

/* Makes the call, and frees it. The answer comes with `room`, which is referenced until then.
 * Returns an error, or 0. */
int room_call_make(struct room_call *call, struct room *room, link_answer answer);

/* Whether an answer of the script is one that can be used; a fault is dealt with. */
bool room_answered(struct room *room, const struct resp *reply);

/* Where its pieces are, and the way to them for a content of `size` bytes: a small one does not
 * wait behind large ones. */
struct pieces room_pieces(const struct room *room, uint64_t size);

/* The value of that name in a list of names and values; NULL: there is none. */
const struct resp *room_value(const struct resp *pairs, const char *name);

/* That value as a number; 0: there is none. */
uint64_t room_number(const struct resp *pairs, const char *name);

/* Takes what the engine has: the items of an answer from `epoch` on. */
void room_take(struct room *room, const struct resp *items, size_t count);

/* Sends what has changed here since the show. */
void room_send_changes(struct room *room, const struct session *session);

/* Makes the changes here that other nodes made. `pairs`: names and values. */
void room_take_changes(struct room *room, struct session *session, const struct resp *pairs);

/* What other nodes have of the changes is not known: all are different. */
void room_forget_changes(struct room *room);

/* Gives the engine what is due. */
void room_push(struct room *room);

/* ---- exact geometry ---- */

/* A kernel here has shown another model: what is here is of the one before, until more comes. */
void room_parts_replaced(struct room *room);

/* Its show is another one, or not at the engine. */
void room_parts_forget(struct room *room);

/* Gives the engine what it has not. */
void room_parts_push(struct room *room);

/* Another node misses the pieces of that content. */
void room_parts_give(struct room *room, const char *hash);

/* Whether a content may be exact geometry; makes a message of it. Runs on the pool. */
bool room_parts_right(struct blob *content);

/* A page here measures. True: it is not here and will come, or session_parts says that it does
 * not. */
bool room_parts_want(struct room *room);

/* Gets it, if it is wanted. */
void room_parts_fetch(struct room *room);

/* ---- views ---- */

/* Gives the engine those that have changed. */
void room_views_push(struct room *room);

/* Asks for those of pages that have come: they may have been at another node before. */
void room_views_ask(struct room *room);

void room_views_free(struct room *room);

/* ---- contents ---- */

/* Gives the engine the pieces of a content again, which another node found missing, if that content
 * is here. */
void room_give(struct room *room, const char *hash);

/* Gets the picture, if a page here wants it. */
void room_fetch(struct room *room);

/* Another node has emptied the session. */
void room_clear(struct room *room, struct session *session);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_FEED_H
#define CADCAST_FILES_FEED_H

#include <stdbool.h>

#include <jansson.h>

#include "base/blob.h"
#include "view/hub.h"

/*
 * A kernel without a connection: gives a session messages as if a kernel had sent them, and finds
 * out what came of the show. One message at a time.
 */
struct feed {
    struct peer peer;
    struct hub *hub;
    struct blob *message; /* a large `D` that is being given, piece by piece */
    size_t whole;         /* its bytes */
    json_t *answer;       /* the last one about the show, {"ok":...}; NULL: none yet */
    bool joined;
    bool held;     /* the answer to the last message is awaited */
    bool shown;    /* the picture is the session's */
    bool failed;   /* it will not be, and `why` says why */
    bool replaced; /* because a newer one is */
    char why[256];
    /* `held`, `shown` or `failed` has changed; fires inside calls into the view: only take note. */
    void (*changed)(void *arg);
    void *arg;
};

/* Joins the session. `name`: the address of who sends, for the log. 0 or -ENOMEM. */
int feed_join(struct feed *feed, struct hub *hub, struct session *session, const char *name,
              bool local);

/* Gives a message, if nothing is held; takes over the reference. The result is in the members. */
void feed_give(struct feed *feed, struct blob *message);

/* Goes on with a large message; to be called in another turn of the loop while feed_goes_on. */
void feed_go_on(struct feed *feed);
bool feed_goes_on(const struct feed *feed);

/* Leaves: a show that is not complete ends, and the session's picture stays. May be called twice.
 */
void feed_leave(struct feed *feed);

/* Shows our pages in that session a text about the import, and how far it is, from 0 to 1; ""
 * takes it back. */
void feed_tell_pages(const struct hub *hub, const char *session, const char *text, double progress);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_HANDLERS_H
#define CADCAST_VIEW_HANDLERS_H

#include <jansson.h>

#include "view/peer.h"

/*
 * One kind of message. A handler returns NULL, or the fault of the message for the log: a bad
 * message is dropped, the connection stays open.
 */
struct handlers_row {
    char kind;
    bool kernel;  /* kernels may send it */
    bool viewer;  /* registered browsers, backends and lists may send it */
    bool picture; /* it changes the picture, which a sender that may only view must not */
    /* Gets the message as received; NULL if `json` is set. */
    const char *(*raw)(struct peer *peer, struct blob *message);
    /* Gets the message and its parsed payload (borrowed). */
    const char *(*json)(struct peer *peer, struct blob *message, json_t *payload);
};

/* Relays a message that this version does not understand (from a newer client, for a newer page)
 * to the browsers unchanged, with `why` in the log at debug level. */
void handlers_pass_on(struct peer *peer, struct blob *message, const char *why);

/* Empties the session's picture; `message` is the clear, for its browsers. */
void handlers_clear(struct session *session, struct blob *message);

/* The handler of a kind; NULL if the kind is unknown. */
const struct handlers_row *handlers_find(char kind);

#endif

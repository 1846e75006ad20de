/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_HANDLERS_H
#define CADCAST_VIEW_HANDLERS_H

#include <jansson.h>

#include "view/peer.h"

/*
 * One kind of message. A handler returns NULL, or what is wrong with the message, for the log: a
 * bad message is dropped, the connection stays.
 */
struct handler {
    char kind;
    bool kernel; /* kernels may send it */
    bool viewer; /* registered browsers, backends and lists may send it */
    /* The message as it came; NULL where `json` is set. */
    const char *(*raw)(struct peer *peer, struct blob *message);
    /* The message and its payload, parsed (borrowed). */
    const char *(*json)(struct peer *peer, struct blob *message, json_t *payload);
};

/* The handler of a kind; NULL: unknown. */
const struct handler *handler_find(char kind);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_DISPATCH_H
#define CADCAST_VIEW_DISPATCH_H

#include <stddef.h>

#include <jansson.h>

#include "view/hub.h"

/* Handles a whole message of `peer`; every message enters the view here. */
void dispatch_message(struct hub *hub, struct peer *peer, struct blob *message);

/* Handles the part of a large message that has arrived: message->size of `total` bytes. */
void dispatch_progress(struct peer *peer, struct blob *message, size_t total);

/* Ends the message last passed to dispatch_progress: the rest of it will not arrive. */
void dispatch_aborted(struct peer *peer);

/* The result of view_services.parse: `json` is borrowed; NULL if the message is not JSON, with the
 * reason in `error`. */
void dispatch_parsed(struct peer *peer, struct blob *message, json_t *json,
                     const json_error_t *error);

/* The result of view_services.config: `text` is the settings object. */
void dispatch_answer_config(struct peer *peer, const char *text, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MESSAGE_H
#define CADCAST_VIEW_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/blob.h"

struct type_scanner;

/* What a `D` message contains; MESSAGE_DATA_UNKNOWN: nothing that this version understands. */
enum message_data {
    MESSAGE_DATA_UNKNOWN,
    MESSAGE_DATA_MODEL,
    MESSAGE_DATA_ANIMATION,
    MESSAGE_DATA_CLEAR
};

/* Sets the offset of the payload, after the kind and the colon. The receiver of a message, or of
 * its beginning, must call this before it shares the blob. May be called again. */
void message_received(struct blob *message);

/* The kind, a letter; 0 if the message has no kind or no colon. */
char message_kind(const struct blob *message);

/* A message as it was received: `start`, a kind and a colon, or "" for the payload alone; then
 * `json`, which it takes over. A new reference; NULL: no memory, also for `json`. */
struct blob *message_of(const char *start, json_t *json);

/* The same with the settings of a show, which stay the caller's. */
struct blob *message_settings(const char *start, json_t *settings);

/* The payload as JSON; a new reference, or NULL with the reason in `error`. Parses on the calling
 * thread: the caller must limit the size. */
json_t *message_json(const struct blob *message, json_error_t *error);

/* Whether the beginning of a `D` message suffices to identify it as a model. */
bool message_is_model(const struct blob *message);

/* Whether a model has nothing to draw: no instances, an empty list of parts and a count of 0. The
 * Python clients send this for objects that are not CAD objects. */
bool message_is_empty_model(const struct blob *message);

/* Distinguishes models, animations and clears without parsing into a tree. `begun`: a scanner that
 * was fed the first `fed` bytes of the payload during reception; NULL: there is none. */
enum message_data message_data(const struct blob *message, struct type_scanner *begun, size_t fed);

#endif

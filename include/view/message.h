/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MESSAGE_H
#define CADCAST_VIEW_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/blob.h"

/* Where the payload of a message begins: behind the kind and the colon. */
#define MESSAGE_PAYLOAD 2

/* What a `D` message holds. */
enum message_data { DATA_BAD, DATA_MODEL, DATA_ANIMATION, DATA_CLEAR };

/* The kind, a letter; 0 where the message has no kind or no colon. */
char message_kind(const struct blob *message);

/* The payload as JSON; a new reference, or NULL with the reason in `error`. Only for messages that
 * are small: the caller sees to it. */
json_t *message_json(const struct blob *message, json_error_t *error);

/* Whether the beginning of a `D` message shows already that it is a model. */
bool message_is_model(const struct blob *message);

/* Tells models, animations and clears apart without building anything. */
enum message_data message_data(const struct blob *message);

#endif

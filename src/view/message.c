/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/type_scanner.h"

/* Largest message that can be an empty model: it contains only settings, which are small. */
#define EMPTY_MAX (64 * 1024)

/* Offset of the payload: after the kind and the colon. */
#define MESSAGE_PAYLOAD 2

void message_received(struct blob *message)
{
    /* Set only once: jobs of the pool may read it by now. */
    if (message->skip == 0 && message_kind(message) != 0)
        message->skip = MESSAGE_PAYLOAD;
}

char message_kind(const struct blob *message)
{
    if (message->size < MESSAGE_PAYLOAD || message->data[1] != ':')
        return 0;
    char kind = (char)message->data[0];
    return kind >= 'A' && kind <= 'Z' ? kind : 0;
}

struct blob *message_of(const char *start, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct blob *blob = text == NULL ? NULL : blob_new(strlen(start) + strlen(text));
    if (blob != NULL && (blob_append(blob, start, strlen(start)) < 0 ||
                         blob_append(blob, text, strlen(text)) < 0)) {
        blob_unref(blob);
        blob = NULL;
    }
    if (blob != NULL)
        message_received(blob);
    json_decref(json);
    free(text);
    return blob;
}

struct blob *message_settings(const char *start, json_t *settings)
{
    return message_of(start, json_pack("{s:s, s:O}", "type", "ui", "config", settings));
}

json_t *message_json(const struct blob *message, json_error_t *error)
{
    return json_read(message->data + MESSAGE_PAYLOAD, message->size - MESSAGE_PAYLOAD,
                     JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

static bool begins(const struct blob *message, const char *text)
{
    size_t n = strlen(text);
    return message->size - MESSAGE_PAYLOAD >= n &&
           memcmp(message->data + MESSAGE_PAYLOAD, text, n) == 0;
}

bool message_is_model(const struct blob *message)
{
    return begins(message, "{\"data\":{\"instances\":");
}

bool message_is_empty_model(const struct blob *message)
{
    json_error_t error;
    if (message->size > EMPTY_MAX || !begins(message, "{\"data\":{\"instances\":[],"))
        return false;
    json_t *json = message_json(message, &error);
    json_t *shapes = json_object_get(json_object_get(json, "data"), "shapes");
    json_t *parts = json_object_get(shapes, "parts");
    json_t *count = json_object_get(json, "count");
    bool empty = json_is_array(parts) && json_array_size(parts) == 0 && json_is_integer(count) &&
                 json_integer_value(count) == 0;
    json_decref(json);
    return empty;
}

static enum message_data by_type(const char *type)
{
    if (strcmp(type, "data") == 0)
        return MESSAGE_DATA_MODEL;
    if (strcmp(type, "animation") == 0)
        return MESSAGE_DATA_ANIMATION;
    return strcmp(type, "clear") == 0 ? MESSAGE_DATA_CLEAR : MESSAGE_DATA_UNKNOWN;
}

enum message_data message_data(const struct blob *message, struct type_scanner *begun, size_t fed)
{
    struct type_scanner fresh;
    struct type_scanner *scanner = begun == NULL ? &fresh : begun;
    if (begun == NULL) {
        type_scanner_init(&fresh);
        fed = 0;
    }
    size_t from = MESSAGE_PAYLOAD + fed;
    int error = type_scanner_feed(scanner, message->data + from, message->size - from);
    /* Nested too deep for the scanner, which is valid for a model: browsers can read it. */
    if (error == -E2BIG && message_is_model(message))
        return MESSAGE_DATA_MODEL;
    const char *type = error < 0 || !type_scanner_done(scanner) ? NULL : type_scanner_type(scanner);
    return type == NULL ? MESSAGE_DATA_UNKNOWN : by_type(type);
}

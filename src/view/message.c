/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/message.h"

#include <string.h>

#include "view/skim.h"

char message_kind(const struct blob *message)
{
    if (message->size < MESSAGE_PAYLOAD || message->data[1] != ':')
        return 0;
    char kind = (char)message->data[0];
    return kind >= 'A' && kind <= 'Z' ? kind : 0;
}

json_t *message_json(const struct blob *message, json_error_t *error)
{
    return json_loadb((const char *)message->data + MESSAGE_PAYLOAD,
                      message->size - MESSAGE_PAYLOAD, JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
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

static enum message_data by_type(const char *type)
{
    if (strcmp(type, "data") == 0)
        return DATA_MODEL;
    if (strcmp(type, "animation") == 0)
        return DATA_ANIMATION;
    return strcmp(type, "clear") == 0 ? DATA_CLEAR : DATA_BAD;
}

enum message_data message_data(const struct blob *message)
{
    /* As the Python clients write them: known without reading on. */
    if (message_is_model(message))
        return DATA_MODEL;
    if (begins(message, "{\"data\":[["))
        return DATA_ANIMATION;
    struct skim skim;
    skim_init(&skim);
    int error = skim_feed(&skim, message->data + MESSAGE_PAYLOAD, message->size - MESSAGE_PAYLOAD);
    const char *type = error < 0 || !skim_done(&skim) ? NULL : skim_type(&skim);
    return type == NULL ? DATA_BAD : by_type(type);
}

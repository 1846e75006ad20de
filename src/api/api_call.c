/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/query.h"
#include "server/server.h"

struct api_call *api_call_new(struct server *server, struct weak_pointer *http)
{
    struct api_call *call = calloc(1, sizeof(*call));
    json_t *args = json_object();
    if (call == NULL || args == NULL) {
        free(call);
        json_decref(args);
        return NULL;
    }
    call->server = server;
    call->http = weak_pointer_ref(http);
    call->args = args;
    return call;
}

static void call_free(struct api_call *call)
{
    if (call->owner_free != NULL)
        call->owner_free(call->owner);
    weak_pointer_unref(call->http);
    json_decref(call->args);
    json_decref(call->body);
    free(call);
}

void api_call_end(struct api_call *call, const struct api_call_answer *answer)
{
    call->answer(call, answer);
    call_free(call);
}

void api_call_bytes(struct api_call *call, const char *type, struct blob *bytes)
{
    const struct api_call_answer answer = { .status = 200, .type = type, .bytes = bytes };
    api_call_end(call, &answer);
}

void api_call_json(struct api_call *call, json_t *json)
{
    char *dump = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    struct blob *bytes = dump == NULL ? NULL : blob_copy(dump, strlen(dump));
    json_decref(json);
    free(dump);
    if (bytes == NULL)
        api_call_busy(call, "out of memory");
    else
        api_call_bytes(call, NULL, bytes);
    blob_unref(bytes);
}

void api_call_fail(struct api_call *call, int status, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct api_call_answer answer = { .status = status, .detail = text };
    api_call_end(call, &answer);
}

void api_call_busy(struct api_call *call, const char *why)
{
    const struct api_call_answer answer = { .status = 503,
                                            .detail = why,
                                            .headers = "Retry-After: 1\r\n" };
    api_call_end(call, &answer);
}

struct session *api_call_session(struct api_call *call)
{
    struct session *session = hub_find(&call->server->hub, call->session);
    if (session == NULL)
        api_call_fail(call, 404, "there is no session %s; GET /api/v1/sessions lists all",
                      call->session);
    return session;
}

const char *api_call_text(const struct api_call *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

bool api_call_flag(const struct api_call *call, const char *name)
{
    const json_t *value = json_object_get(call->args, name);
    const char *text = json_string_value(value);
    struct text why = { 0 };
    if (text == NULL)
        return json_is_true(value) || json_integer_value(value) != 0;
    bool on = query_switch(text, name, &why) == 1;
    text_free(&why);
    return on;
}

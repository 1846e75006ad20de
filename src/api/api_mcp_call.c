/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_mcp_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_mcp_answer.h"
#include "server/server.h"

/* What an answer needs that is given later. */
struct pending {
    char *id;
    bool modern;
    char *base; /* the server's address, as the client has it */
};

static void pending_free(void *owner)
{
    struct pending *pending = owner;
    free(pending->id);
    free(pending->base);
    free(pending);
}

static void answer_tool(struct api_call *call, const struct api_call_answer *answer)
{
    struct text text = { 0 };
    const struct pending *pending = call->owner;
    struct http *http = weak_pointer_get(call->http);
    if (http == NULL)
        return;
    api_mcp_answer_begin(&text, pending->id, pending->modern);
    api_mcp_answer_result(&text, pending->base, answer);
    text_add(&text, "}}");
    call->server->front.bytes_out += text.size;
    api_mcp_answer_send(http, 200, &text);
    text_free(&text);
}

/* The first argument that the tool does not have; NULL: none. */
static const char *strange(const struct api_mcp_tools_row *tool, json_t *arguments)
{
    const char *name;
    json_t *value;
    json_object_foreach(arguments, name, value) {
        if (strcmp(name, "session") != 0 && !api_mcp_tools_takes(tool, name))
            return name;
    }
    return NULL;
}

/* The address under which the client knows this server; NULL: no memory. A proxy's prefix is not
 * part of it. */
static char *base_of(const struct api_mcp_call_ask *ask)
{
    struct text text = { 0 };
    const char *host = http_header(ask->http, "Host");
    text_format(&text, "http%s://%s", ask->conn->stream.tls == NULL ? "" : "s",
                host == NULL ? "localhost" : host);
    if (text_error(&text) == 0)
        return text.data;
    text_free(&text);
    return NULL;
}

static struct pending *pending_new(const struct api_mcp_call_ask *ask)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        return NULL;
    *pending =
        (struct pending){ .id = strdup(ask->id), .modern = ask->modern, .base = base_of(ask) };
    if (pending->id != NULL && pending->base != NULL)
        return pending;
    pending_free(pending);
    return NULL;
}

static struct api_call *call_new(const struct api_mcp_call_ask *ask, json_t *arguments)
{
    struct pending *pending = pending_new(ask);
    struct api_call *call =
        pending == NULL ? NULL : api_call_new(ask->server, ask->conn->http_weak);
    if (call == NULL) {
        if (pending != NULL)
            pending_free(pending);
        return NULL;
    }
    call->answer = answer_tool;
    call->owner = pending;
    call->owner_free = pending_free;
    if (arguments != NULL)
        json_object_update(call->args, arguments);
    json_object_del(call->args, "session");
    return call;
}

void api_mcp_call(const struct api_mcp_call_ask *ask, const struct api_mcp_tools_row *tool,
                  json_t *arguments)
{
    const json_t *given = json_object_get(arguments, "session");
    const char *session = given == NULL ? ask->conn->listener->session : json_string_value(given);
    const char *unknown = strange(tool, arguments);
    struct api_call *call = call_new(ask, arguments);
    if (call == NULL) {
        http_respond_text(ask->http, 503, "out of memory", "Retry-After: 1\r\n");
        return;
    }
    snprintf(call->session, sizeof(call->session), "%s", session == NULL ? "" : session);
    if (session == NULL || !session_name_ok(session))
        api_call_fail(call, 400, "session must be a name: 1 to 64 of A-Z a-z 0-9 . _ -");
    else if (unknown != NULL)
        api_call_fail(call, 400, "%s has no argument %.40s", tool->name, unknown);
    else if (tool->changes && ask->server->options->read_only)
        api_call_fail(call, 403, "this server may only be looked at: it runs with --read-only");
    else
        tool->run(call);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * A request of an agent: header lines, an empty line, a body. Whatever it is, it gets one answer
 * before the next, with a status that MCP has; a body is one object of JSON-RPC with the request's
 * id, and either a result or an error.
 *
 * There is no pool and no loop, so a model is shown only to set_view, which does its work at once:
 * the other tools end at "nothing is shown", after their arguments.
 */
#include "../lib/view.h"

#include "api/api_mcp.h"
#include "conn/conn.h"
#include "server/server.h"

struct stage {
    struct fake_hub fake; /* its hub is not used: the server has one */
    struct options options;
    struct server server;
    struct listener listener;
    struct conn conn;
    struct http http;
    struct text answer;
    unsigned requests;
};

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "mcp failed: %s\n", what);
    abort();
}

/* The body of the request; NULL: it is no JSON. */
static json_t *body_of(const struct http *http)
{
    size_t size;
    const char *body = http_body(http, &size);
    return json_loadb(body, size, 0, NULL);
}

static void check_message(const json_t *asked, const json_t *said, int status)
{
    const json_t *id = json_object_get(asked, "id");
    const json_t *result = json_object_get(said, "result");
    const json_t *error = json_object_get(said, "error");
    const char *version = json_string_value(json_object_get(said, "jsonrpc"));
    must(version != NULL && strcmp(version, "2.0") == 0, "it is no message of JSON-RPC");
    must((result == NULL) != (error == NULL), "neither a result nor an error");
    must(result == NULL || status == 200, "a result with another status");
    must(error == NULL || (json_is_integer(json_object_get(error, "code")) &&
                           json_is_string(json_object_get(error, "message"))),
         "an error without code and message");
    must(result == NULL || json_equal(json_object_get(said, "id"), id), "the id of another");
}

static void check_answer(struct stage *stage, const json_t *asked)
{
    const char *text = text_string(&stage->answer);
    const char *end = strstr(text, "\r\n\r\n");
    int status = 0;
    must(sscanf(text, "HTTP/1.1 %d ", &status) == 1 && end != NULL, "no answer");
    must(status == 200 || status == 202 || status == 400 || status == 404 || status == 415,
         "a status that MCP does not have");
    json_t *said = json_loads(end + 4, 0, NULL);
    must(status == 202 ? end[4] == '\0' : json_is_object(said), "a body that is no object");
    if (status != 202 && status != 415)
        check_message(asked, said, status);
    json_decref(said);
}

static void on_request(void *owner, struct http *http)
{
    struct stage *stage = owner;
    if (http->upgrade)
        return;
    json_t *asked = body_of(http);
    const char *tool = json_string_value(json_object_get(json_object_get(asked, "params"), "name"));
    struct session *session = hub_find(&stage->server.hub, SESSION_DEFAULT);
    session->picture.model =
        tool != NULL && strcmp(tool, "set_view") == 0 ? blob_copy("D:{}", 4) : NULL;
    stage->requests++;
    api_mcp_request(&stage->server, &stage->conn, http);
    check_answer(stage, asked);
    text_free(&stage->answer);
    blob_unref(session->picture.model);
    session->picture.model = NULL;
    json_decref(asked);
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct stage *stage = owner;
    text_add_bytes(&stage->answer, head, head_size);
    if (blob != NULL)
        text_add_bytes(&stage->answer, (const char *)blob->data + offset, size);
}

static void on_failed(void *owner, int status, const char *reason)
{
    must(status >= 400 && reason != NULL, "a failure without a reason");
}

static void on_finish(void *owner)
{
    must(((struct stage *)owner)->requests <= 1, "two answers");
}

static void start(struct stage *stage, bool read_only)
{
    static const struct http_events events = {
        .request = on_request, .write = on_write, .failed = on_failed, .finish = on_finish
    };
    must(fake_hub_init(&stage->fake) == 0, "no memory");
    const struct view *view = &stage->fake.hub.view;
    must(hub_init(&stage->server.hub, &stage->fake.log, &view->services, &view->options) == 0,
         "no memory");
    stage->options.read_only = read_only;
    stage->server.options = &stage->options;
    stage->listener.session = SESSION_DEFAULT;
    stage->requests = 0;
    http_init(&stage->http, 4096, &events, stage);
    stage->conn.listener = &stage->listener;
    stage->conn.http_weak = weak_pointer_new(&stage->http);
    must(stage->conn.http_weak != NULL, "no memory");
}

static void end(struct stage *stage)
{
    weak_pointer_clear(stage->conn.http_weak);
    weak_pointer_unref(stage->conn.http_weak);
    http_free(&stage->http);
    text_free(&stage->answer);
    hub_free(&stage->server.hub);
    fake_hub_free(&stage->fake);
}

/* The request as it would come: the lines of the input's head end with CRLF. */
static void make_request(struct text *out, const uint8_t *data, size_t size)
{
    const uint8_t *gap = memmem(data, size, "\n\n", 2);
    size_t head = gap == NULL ? 0 : (size_t)(gap - data) + 1;
    size_t body = gap == NULL ? 0 : head + 1;
    text_format(out, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n",
                size - body);
    for (size_t i = 0; i < head; i++)
        text_add_bytes(out, data[i] == '\n' ? "\r\n" : (const char *)data + i,
                       data[i] == '\n' ? 2 : 1);
    text_add(out, "\r\n");
    text_add_bytes(out, data + body, size - body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stage stage;
    struct text request = { 0 };
    make_request(&request, data, size);
    must(text_error(&request) == 0, "no memory");
    start(&stage, size % 7 == 0);
    http_feed(&stage.http, (const uint8_t *)request.data, request.size);
    end(&stage);
    text_free(&request);
    return 0;
}

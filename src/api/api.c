/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/api_ask.h"
#include "api/api_call.h"
#include "api/api_compare.h"
#include "api/api_describe.h"
#include "api/api_events.h"
#include "api/api_mcp.h"
#include "api/api_query.h"
#include "api/api_run.h"
#include "api/api_sessions.h"
#include "api/api_shot.h"
#include "api/api_view.h"
#include "server/server.h"

/* What can be asked of a session, or of the server (an empty name: of the list of sessions). */
struct route {
    const char *method;
    const char *path;       /* behind sessions/NAME/; "" is the session, "sessions" the list; what
                               begins with "sessions/" is not below /api/v1 */
    const char *parameters; /* names, with spaces between; "*": `run` checks them */
    bool changes;           /* refused by a server with --read-only; but for DELETE it has a body */
    void (*run)(struct api_call *call); /* NULL: events, which have no end */
};

static const struct route routes[] = {
    { "GET", "sessions", "", false, api_describe_sessions },
    { "GET", "", "limit", false, api_describe_session },
    { "PATCH", "", "", true, api_sessions_change },
    { "DELETE", "", "", true, api_ask_clear },
    { "GET", "model", "limit", false, api_describe_model },
    { "GET", "history", "", false, api_describe_history },
    { "GET", "image.png", "*", false, api_ask_image },
    { "GET", "camera", "", false, api_view_get_camera },
    { "PUT", "camera", "", true, api_view_put_camera },
    { "GET", "state", "", false, api_view_get_state },
    { "PUT", "state", "", true, api_view_put_state },
    { "GET", "selection", "", false, api_view_get_selection },
    { "GET", "mass", "id step", false, api_ask_mass },
    { "GET", "measure", "id id2 center step", false, api_ask_measure },
    { "GET", "compare", "with step limit", false, api_compare_ask },
    { "PUT", "compare", "", true, api_compare_show },
    { "GET", "compare.png", "with step *", false, api_compare_image },
    { "GET", "compare.msg", "with step", false, api_compare_model },
    { "POST", "screenshot", "", false, api_shot_ask },
    { "GET", "events", "", false, NULL },
    { "POST", "sessions/listen", "", true, api_sessions_listen },
    { "POST", "sessions/rename", "", true, api_sessions_rename },
    { "POST", "sessions/run", "", true, api_run },
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static void answer_http(struct api_call *call, const struct api_call_answer *answer)
{
    struct http *http = weak_pointer_get(call->http);
    if (http == NULL)
        return;
    if (answer->detail != NULL) {
        http_respond_text(http, answer->status, answer->detail, answer->headers);
        return;
    }
    size_t size = answer->bytes == NULL ? 0 : answer->bytes->size;
    struct http_response response = {
        .status = answer->status,
        .type = size == 0              ? NULL
                : answer->type == NULL ? "application/json"
                                       : answer->type,
        .headers = answer->headers == NULL ? "Cache-Control: no-store\r\n" : answer->headers,
        .blob = answer->bytes,
        .size = size,
    };
    call->server->front.bytes_out += size;
    http_respond(http, &response);
}

static void answer_nothing(struct api_call *call, const struct api_call_answer *answer)
{
    (void)call;
    (void)answer;
}

static bool is_get(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* The route of a path for that method; *known: there is one for another method. */
static const struct route *find_route(const char *method, const char *path, bool *known)
{
    const char *wanted = is_get(method) ? "GET" : method;
    *known = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        *known = true;
        if (strcmp(routes[i].method, wanted) == 0)
            return &routes[i];
    }
    return NULL;
}

/* RFC 9110 section 10.2.1: what the path can do. */
static void refuse_method(struct http *http, const char *path)
{
    char allow[80] = "";
    char text[120];
    char header[120];
    for (size_t i = 0; i < ROUTES; i++) {
        size_t n = strlen(allow);
        if (strcmp(routes[i].path, path) == 0)
            snprintf(allow + n, sizeof(allow) - n, "%s%s%s", n > 0 ? ", " : "", routes[i].method,
                     is_get(routes[i].method) ? ", HEAD" : "");
    }
    /* A file's body is taken by the server's own routes, before this. */
    if (strcmp(path, "model") == 0)
        snprintf(allow + strlen(allow), sizeof(allow) - strlen(allow), ", PUT");
    snprintf(text, sizeof(text), "this path takes %s", allow);
    snprintf(header, sizeof(header), "Allow: %s\r\n", allow);
    http_respond_text(http, 405, text, header);
}

/* Reads the body of a request that changes something. False: the call has ended. */
static bool take_body(struct api_call *call, const struct http *http)
{
    static const char json[] = "application/json";
    size_t size;
    json_error_t error;
    const char *type = http_header(http, "Content-Type");
    const char *body = http_body(http, &size);
    bool right = type != NULL && strncasecmp(type, json, sizeof(json) - 1) == 0 &&
                 strchr("; \t", type[sizeof(json) - 1]) != NULL;
    if (!right) {
        api_call_fail(call, 415, "the body must be JSON: Content-Type: application/json");
        return false;
    }
    call->body = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(call->body))
        return true;
    if (call->body != NULL)
        api_call_fail(call, 400, "the body must be a JSON object");
    else
        api_call_fail(call, 400, "the body is not JSON: line %d: %.200s", error.line, error.text);
    return false;
}

/* Answers with events: the call ends, the connection goes on. */
static void follow(struct api_call *call, struct conn *conn, struct http *http)
{
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    api_events_follow(call->server, conn, http, session);
    call->answer = answer_nothing;
    const struct api_call_answer answer = { .status = 200 };
    api_call_end(call, &answer);
}

static void run(struct api_call *call, const struct route *route, struct conn *conn,
                struct http *http)
{
    const char *query = strchr(http_target(http), '?');
    struct text why = { 0 };
    int error = api_query_read(call->args, query == NULL ? "" : query + 1, route->parameters, &why);
    if (route->changes && call->server->options->read_only)
        api_call_fail(call, 403, "this server may only be looked at: it runs with --read-only");
    else if (error < 0)
        api_call_fail(call, 400, "%s", text_string(&why));
    else if (route->run == NULL)
        follow(call, conn, http);
    else if (!route->changes || strcmp(route->method, "DELETE") == 0 || take_body(call, http))
        route->run(call);
    text_free(&why);
}

static void answer_route(struct server *server, struct conn *conn, struct http *http,
                         const struct route *route, const char *session)
{
    struct api_call *call = api_call_new(server, conn->http_weak);
    if (call == NULL) {
        http_respond_text(http, 503, "out of memory", "Retry-After: 1\r\n");
        return;
    }
    call->answer = answer_http;
    call->listener = conn->listener;
    snprintf(call->session, sizeof(call->session), "%s", session);
    run(call, route, conn, http);
}

static void not_found(struct http *http)
{
    http_respond_text(http, 404, "there is no such path; /api/openapi.json describes all", NULL);
}

/* Splits "NAME/rest". False: it has no name of a session. `rest` of "NAME" is "". */
static bool take_name(const char *path, char name[SESSION_NAME_MAX + 1], const char **rest)
{
    size_t n = strcspn(path, "/");
    if (n > SESSION_NAME_MAX || (path[n] == '/' && path[n + 1] == '\0'))
        return false;
    memcpy(name, path, n);
    name[n] = '\0';
    *rest = path + n + (path[n] == '/');
    return session_name_ok(name) && strncmp(*rest, "sessions", 8) != 0;
}

/* `path`: behind "api/v1/". */
static void answer_api(struct server *server, struct conn *conn, struct http *http,
                       const char *path)
{
    bool known;
    const char *rest = path;
    char name[SESSION_NAME_MAX + 1] = "";
    bool list = strcmp(path, "sessions") == 0;
    if (!list && (strncmp(path, "sessions/", 9) != 0 || !take_name(path + 9, name, &rest))) {
        not_found(http);
        return;
    }
    const struct route *route = find_route(http_method(http), rest, &known);
    if (route != NULL)
        answer_route(server, conn, http, route, name);
    else if (known)
        refuse_method(http, rest);
    else
        not_found(http);
}

/* What the list of sessions asks for, "sessions/WORD": it is no part of /api/v1, where that would
 * be a session's name. False: there is no such path. */
static bool answer_list(struct server *server, struct conn *conn, struct http *http,
                        const char *path)
{
    bool known;
    const struct route *route = find_route(http_method(http), path, &known);
    if (route != NULL)
        answer_route(server, conn, http, route, "");
    else if (known)
        refuse_method(http, path);
    return known;
}

static void answer_description(struct server *server, struct conn *conn, struct http *http)
{
    if (is_get(http_method(http)))
        page_file(&server->page, http, conn->http_weak, "openapi.json");
    else
        http_respond_text(http, 405, "this path takes GET, HEAD", "Allow: GET, HEAD\r\n");
}

bool api_request(struct server *server, struct conn *conn, struct http *http, const char *session,
                 const char *path)
{
    http->problems = true;
    if (session == NULL && strncmp(path, "api/v1/", 7) == 0) {
        answer_api(server, conn, http, path + 7);
        return true;
    }
    if (session == NULL && strcmp(path, "api/openapi.json") == 0) {
        answer_description(server, conn, http);
        return true;
    }
    if (session == NULL && strcmp(path, "api/v1") == 0) {
        not_found(http);
        return true;
    }
    if (session == NULL && strcmp(path, "mcp") == 0) {
        api_mcp_request(server, conn, http);
        return true;
    }
    if (session == NULL && strncmp(path, "sessions/", 9) == 0 &&
        answer_list(server, conn, http, path))
        return true;
    http->problems = false;
    return false;
}

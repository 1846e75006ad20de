/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api_mcp_answer.h"
#include "api/api_mcp_call.h"
#include "base/base64.h"
#include "server/server.h"

/* Revisions of the protocol: the one without a handshake, and those with one, newest first. */
#define MODERN "2026-07-28"

static const char *const legacy[] = { "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05" };

#define LEGACY (sizeof(legacy) / sizeof(legacy[0]))

#define SUPPORTED "[\"" MODERN "\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\",\"2024-11-05\"]"
#define ABOUT                                                                                      \
    "\"Shows CAD models in browsers. Call describe before measure: ids of parts come from there. " \
    "Lengths are millimetres.\""

/* Members of `_meta` in a request without a handshake. */
#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CLIENT "io.modelcontextprotocol/clientCapabilities"

/* Errors of JSON-RPC 2.0 section 5.1, and of MCP. */
enum error {
    ERROR_PARSE = -32700,
    ERROR_REQUEST = -32600,
    ERROR_METHOD = -32601,
    ERROR_PARAMS = -32602,
    ERROR_HEADER = -32020,
    ERROR_VERSION = -32022,
};

/* A request while it is answered. */
struct ask {
    struct server *server;
    struct conn *conn;
    struct http *http;
    json_t *root;
    const char *method;
    json_t *params; /* borrowed; may be NULL */
    char *id;       /* as JSON */
    bool modern;
};

/* ---- answers ---- */

/* `data`: JSON, or NULL. */
static void fail(const struct ask *ask, int status, enum error code, const char *message,
                 const char *data)
{
    struct text text = { 0 };
    /* Requests with a handshake get errors in answers that succeeded. */
    if (!ask->modern && ask->id != NULL && code != ERROR_VERSION && code != ERROR_HEADER)
        status = 200;
    text_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":",
                ask->id == NULL ? "null" : ask->id, (int)code);
    text_add_json(&text, message, strlen(message));
    if (data != NULL)
        text_format(&text, ",\"data\":%s", data);
    text_add(&text, "}}");
    api_mcp_answer_send(ask->http, status, &text);
    text_free(&text);
}

static void discover(const struct ask *ask)
{
    struct text text = { 0 };
    api_mcp_answer_begin(&text, ask->id, ask->modern);
    text_add(&text, "\"supportedVersions\":" SUPPORTED ",\"capabilities\":{\"tools\":{}},"
                    "\"serverInfo\":" API_MCP_ANSWER_SERVER ",\"instructions\":" ABOUT
                    ",\"ttlMs\":3600000,\"cacheScope\":\"public\"}}");
    api_mcp_answer_send(ask->http, 200, &text);
    text_free(&text);
}

/* Answers with the version that was asked for if it is known, else with the newest. */
static void initialize(const struct ask *ask)
{
    struct text text = { 0 };
    const char *wanted = json_string_value(json_object_get(ask->params, "protocolVersion"));
    const char *version = legacy[0];
    for (size_t i = 0; i < LEGACY; i++) {
        if (wanted != NULL && strcmp(wanted, legacy[i]) == 0)
            version = legacy[i];
    }
    api_mcp_answer_begin(&text, ask->id, false);
    text_format(&text, "\"protocolVersion\":\"%s\"", version);
    text_add(&text, ",\"capabilities\":{\"tools\":{}},\"serverInfo\":" API_MCP_ANSWER_SERVER
                    ",\"instructions\":" ABOUT "}}");
    api_mcp_answer_send(ask->http, 200, &text);
    text_free(&text);
}

static void ping(const struct ask *ask)
{
    struct text text = { 0 };
    text_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", ask->id);
    api_mcp_answer_send(ask->http, 200, &text);
    text_free(&text);
}

static void list_tools(const struct ask *ask)
{
    struct text text = { 0 };
    api_mcp_answer_begin(&text, ask->id, ask->modern);
    text_add(&text, "\"tools\":");
    api_mcp_tools_list(&text);
    text_add(&text, ask->modern ? ",\"ttlMs\":3600000,\"cacheScope\":\"public\"}}" : "}}");
    api_mcp_answer_send(ask->http, 200, &text);
    text_free(&text);
}

/* ---- tools ---- */

static void call_tool(const struct ask *ask)
{
    const char *name = json_string_value(json_object_get(ask->params, "name"));
    json_t *arguments = json_object_get(ask->params, "arguments");
    const struct api_mcp_tools_row *tool = name == NULL ? NULL : api_mcp_tools_find(name);
    const struct api_mcp_call_ask call = { .server = ask->server,
                                           .conn = ask->conn,
                                           .http = ask->http,
                                           .id = ask->id,
                                           .modern = ask->modern };
    if (tool == NULL)
        fail(ask, 400, ERROR_PARAMS, "there is no tool of that name", NULL);
    else if (arguments != NULL && !json_is_object(arguments))
        fail(ask, 400, ERROR_PARAMS, "arguments must be an object", NULL);
    else
        api_mcp_call(&call, tool, arguments);
}

/* ---- requests ---- */

/* Whether a header says the same as the body: as it is, or as "=?base64?...?=". */
static bool mirrors(const char *header, const char *value)
{
    static const char begin_mark[] = "=?base64?";
    size_t size = header == NULL ? 0 : strlen(header);
    uint8_t decoded[512];
    if (header == NULL || value == NULL)
        return header == NULL && value == NULL;
    if (strncmp(header, begin_mark, sizeof(begin_mark) - 1) != 0 || size < 11 ||
        strcmp(header + size - 2, "?=") != 0)
        return strcmp(header, value) == 0;
    const char *data = header + sizeof(begin_mark) - 1;
    size_t length = size - 2 - (sizeof(begin_mark) - 1);
    long room = base64_size(data, length);
    if (room < 0 || (size_t)room > sizeof(decoded))
        return false;
    long n = base64_decode(decoded, data, length);
    return n >= 0 && (size_t)n == strlen(value) && memcmp(decoded, value, (size_t)n) == 0;
}

/* Which header of a request without a handshake does not say what its body says; NULL: none. */
static const char *wrong_header(const struct ask *ask, const char *version)
{
    const char *name = json_string_value(json_object_get(ask->params, "name"));
    bool named = strcmp(ask->method, "tools/call") == 0;
    if (!mirrors(http_header(ask->http, "MCP-Protocol-Version"), version))
        return "MCP-Protocol-Version";
    if (!mirrors(http_header(ask->http, "Mcp-Method"), ask->method))
        return "Mcp-Method";
    if (named && !mirrors(http_header(ask->http, "Mcp-Name"), name))
        return "Mcp-Name";
    return NULL;
}

static bool is_legacy(const char *version)
{
    for (size_t i = 0; i < LEGACY; i++) {
        if (strcmp(version, legacy[i]) == 0)
            return true;
    }
    return false;
}

static void refuse_version(const struct ask *ask, const char *version)
{
    struct text data = { 0 };
    text_add(&data, "{\"supported\":" SUPPORTED ",\"requested\":");
    text_add_json(&data, version, strlen(version));
    text_add(&data, "}");
    fail(ask, 400, ERROR_VERSION, "this version of the protocol is not supported",
         text_string(&data));
    text_free(&data);
}

/* Finds out which revision a request is of. False: it was refused. */
static bool take_version(struct ask *ask)
{
    char message[96];
    const json_t *meta = json_object_get(ask->params, "_meta");
    const char *header = http_header(ask->http, "MCP-Protocol-Version");
    const char *version = json_string_value(json_object_get(meta, META_VERSION));
    bool discovers = strcmp(ask->method, "server/discover") == 0;
    ask->modern = version != NULL || discovers || (header != NULL && strcmp(header, MODERN) == 0);
    if (!ask->modern) {
        if (header == NULL || is_legacy(header))
            return true;
        refuse_version(ask, header);
        return false;
    }
    if (version == NULL) {
        fail(ask, 400, ERROR_PARAMS, "_meta lacks " META_VERSION, NULL);
        return false;
    }
    const char *wrong = wrong_header(ask, version);
    if (wrong != NULL) {
        snprintf(message, sizeof(message), "the header %s and the body differ", wrong);
        fail(ask, 400, ERROR_HEADER, message, NULL);
        return false;
    }
    if (strcmp(version, MODERN) != 0) {
        refuse_version(ask, version);
        return false;
    }
    if (json_is_object(json_object_get(meta, META_CLIENT)))
        return true;
    fail(ask, 400, ERROR_PARAMS, "_meta lacks " META_CLIENT, NULL);
    return false;
}

static void dispatch(struct ask *ask)
{
    if (!take_version(ask))
        return;
    if (strcmp(ask->method, "tools/call") == 0)
        call_tool(ask);
    else if (strcmp(ask->method, "tools/list") == 0)
        list_tools(ask);
    else if (strcmp(ask->method, "server/discover") == 0 && ask->modern)
        discover(ask);
    else if (strcmp(ask->method, "initialize") == 0 && !ask->modern)
        initialize(ask);
    else if (strcmp(ask->method, "ping") == 0 && !ask->modern)
        ping(ask);
    else
        fail(ask, 404, ERROR_METHOD, "there is no such method", NULL);
}

/* Takes a whole message. Notifications, and answers to questions that are never asked here, are
 * accepted. */
static void take(struct ask *ask)
{
    static const struct http_response accepted = { .status = 202 };
    const json_t *id = json_object_get(ask->root, "id");
    const char *version = json_string_value(json_object_get(ask->root, "jsonrpc"));
    ask->method = json_string_value(json_object_get(ask->root, "method"));
    ask->params = json_object_get(ask->root, "params");
    if (version == NULL || strcmp(version, "2.0") != 0 ||
        (ask->method == NULL && json_object_get(ask->root, "result") == NULL &&
         json_object_get(ask->root, "error") == NULL) ||
        (id != NULL && !json_is_string(id) && !json_is_integer(id))) {
        fail(ask, 400, ERROR_REQUEST, "this is no request of JSON-RPC 2.0", NULL);
        return;
    }
    if (id == NULL || ask->method == NULL) {
        http_respond(ask->http, &accepted);
        return;
    }
    ask->id = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
    if (ask->id == NULL)
        http_respond_text(ask->http, 503, "out of memory", "Retry-After: 1\r\n");
    else if (ask->params != NULL && !json_is_object(ask->params))
        fail(ask, 400, ERROR_PARAMS, "params must be an object", NULL);
    else
        dispatch(ask);
    free(ask->id);
}

void api_mcp_request(struct server *server, struct conn *conn, struct http *http)
{
    size_t size;
    json_error_t error;
    const char *body = http_body(http, &size);
    const char *type = http_header(http, "Content-Type");
    struct ask ask = { .server = server, .conn = conn, .http = http };
    http->problems = true;
    if (strcmp(http_method(http), "POST") != 0) {
        http_respond_text(http, 405, "this path takes POST", "Allow: POST\r\n");
        return;
    }
    if (type == NULL || strncasecmp(type, "application/json", 16) != 0) {
        http_respond_text(http, 415, "the body must be JSON: Content-Type: application/json", NULL);
        return;
    }
    ask.root = json_loadb(body, size, 0, &error);
    if (ask.root == NULL)
        fail(&ask, 400, ERROR_PARSE, "the body is not JSON", NULL);
    else if (!json_is_object(ask.root))
        fail(&ask, 400, ERROR_REQUEST, "the body must be one JSON object", NULL);
    else
        take(&ask);
    json_decref(ask.root);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/conn_ws.h"
#include "daemon/metrics.h"
#include "daemon/model_file.h"
#include "daemon/server.h"
#include "daemon/status.h"

#define PATH_SIZE 2048

/* A request on its way to its answer. */
struct route_call {
    struct conn *conn;
    struct http *http;
    struct server *server;
    const char *session; /* name of the session the path speaks of */
    const char *rest;    /* what follows in the path */
    const char *up;      /* from the page's folder to the root */
};

struct route {
    const char *path; /* behind the session; one that ends with '/' stands for all below it */
    bool any_session; /* also below /s/NAME/ */
    void (*answer)(struct route_call *call);
};

static void respond_json(struct route_call *call, json_t *json)
{
    struct text text = { 0 };
    char *dump = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(json);
    text.failed = dump == NULL;
    text_add(&text, dump == NULL ? "" : dump);
    free(dump);
    http_respond_made(call->http, "application/json", &text);
    text_free(&text);
}

static void redirect(struct route_call *call, const char *to)
{
    char headers[256];
    /* A relative reference (RFC 9110 section 10.2.2): right below any prefix and any scheme. */
    snprintf(headers, sizeof(headers), "Location: %s\r\n", to);
    http_respond_text(call->http, 302, "the viewer is one step further", headers);
}

static void answer_root(struct route_call *call)
{
    redirect(call, "viewer");
}

/* Where a page stands. */
struct place {
    const char *session; /* it shows */
    const char *home;    /* the session at the root, which the port decides */
    const char *up;      /* from the page's folder to the root */
};

/* The values of the page: settings and addresses, as JSON that may stand in HTML. `settings` is
 * such JSON already; names of sessions and addresses hold no `<`. */
static void add_values(struct text *out, struct server *server, const struct place *place,
                       const char *settings)
{
    const char *up = place->up;
    const struct options *options = server->options;
    const struct session *session = hub_find(&server->hub, place->session);
    enum hub_measure measure = hub_measure(&server->hub, session);
    json_t *urls = server_urls(server);
    char *addresses = urls == NULL ? NULL : json_dumps(urls, JSON_COMPACT);
    json_decref(urls);
    text_format(out, "{\"version\":\"%s\",\"session\":\"%s\",", CADCAST_VERSION, place->session);
    text_format(out, "\"max_reconnect_attempts\":%lld,",
                (long long)options->max_reconnect_attempts);
    text_format(out, "\"urls\":{\"static\":\"%sstatic/v-%s/\",\"socket\":\"./\",", up,
                server->page.version);
    text_format(out, "\"sessions\":\"%ssessions\",\"root\":\"%s\",\"home\":\"%s\"},", up,
                up[0] == '\0' ? "./" : up, place->home);
    text_format(out, "\"measure\":\"%s\",", hub_measure_name(measure));
    text_format(out, "\"read_only\":%s,\"demo\":%s,", options->read_only ? "true" : "false",
                options->demo ? "true" : "false");
    text_format(out, "\"addresses\":%s,", addresses == NULL ? "[]" : addresses);
    text_format(out, "\"settings\":%s}", settings);
    free(addresses);
}

static void send_template(struct server *server, struct http *http, const struct text *template,
                          const struct place *place, const char *settings)
{
    struct text json = { 0 };
    add_values(&json, server, place, settings);
    if (text_error(&json) < 0)
        http_respond_text(http, 503, "out of memory", NULL);
    else
        page_template(&server->page, http, template, text_string(&json), place->up);
    text_free(&json);
}

/* `words`: the members of a place, a space between them. */
static void send_viewer(struct server *server, struct http *http, const char *words,
                        const char *settings)
{
    char session[SESSION_NAME_MAX + 1] = "";
    char home[SESSION_NAME_MAX + 1] = "";
    int n = 0;
    sscanf(words, "%64s %64s %n", session, home, &n);
    struct place place = { .session = session, .home = home, .up = words + n };
    send_template(server, http, &server->page.viewer, &place, settings);
}

static void answer_viewer(struct route_call *call)
{
    char words[2 * SESSION_NAME_MAX + 16];
    snprintf(words, sizeof(words), "%s %s %s", call->session, call->conn->listener->session,
             call->up);
    if (server_settings(call->server, call->conn->http_weak, words, send_viewer) < 0)
        http_respond_text(call->http, 503, "out of memory", NULL);
}

static void answer_sessions(struct route_call *call)
{
    struct place place = { .session = call->session,
                           .home = call->conn->listener->session,
                           .up = call->up };
    send_template(call->server, call->http, &call->server->page.sessions, &place, "{}");
}

static void answer_static(struct route_call *call)
{
    page_file(&call->server->page, call->http, call->conn->http_weak, call->rest);
}

static void answer_health(struct route_call *call)
{
    struct server *server = call->server;
    bool model = false;
    list_each(pos, next, &server->hub.sessions) model =
        model || list_entry(pos, struct session, link)->model != NULL;
    double uptime = (double)(uv_hrtime() - server->started) / 1e9;
    respond_json(call, json_pack("{s:s, s:s, s:f, s:i, s:b, s:i, s:I, s:i}", "status", "ok",
                                 "version", CADCAST_VERSION, "uptime", uptime, "browsers",
                                 (int)hub_browsers(&server->hub), "model", model, "sessions",
                                 (int)server->hub.session_count, "bytes",
                                 (json_int_t)hub_bytes(&server->hub), "pid", (int)getpid()));
}

static void answer_thumbnail(struct route_call *call)
{
    struct session *session = hub_find(&call->server->hub, call->session);
    if (session == NULL || session->thumbnail == NULL) {
        http_respond_text(call->http, 404, "no picture", NULL);
        return;
    }
    struct http_response response = { .status = 200,
                                      .type = "image/png",
                                      .headers = "Cache-Control: no-cache\r\n",
                                      .blob = session->thumbnail,
                                      .size = session->thumbnail->size };
    http_respond(call->http, &response);
}

static void answer_model(struct route_call *call)
{
    model_file_respond(call->server, call->conn, call->http, call->session, call->rest);
}

static void answer_metrics(struct route_call *call)
{
    metrics_respond(call->server, call->http);
}

static void answer_status(struct route_call *call)
{
    respond_json(call, status_json(call->server));
}

static const struct route routes[] = {
    { "", true, answer_root },
    { "healthz", false, answer_health },
    { "metrics", false, answer_metrics },
    { "models/", true, answer_model },
    { "picture.png", true, answer_thumbnail },
    { "sessions", false, answer_sessions },
    { "static/", false, answer_static },
    { "status", false, answer_status },
    { "viewer", true, answer_viewer },
};

static const struct route *find_route(const char *path, bool in_session, const char **rest)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *route = &routes[i];
        size_t n = strlen(route->path);
        bool below = n > 0 && route->path[n - 1] == '/';
        *rest = path + n;
        if (in_session && !route->any_session)
            continue;
        if (below ? strncmp(path, route->path, n) == 0 : strcmp(path, route->path) == 0)
            return route;
    }
    return NULL;
}

/* The first segment of `path` as a session's name. False: it is none. */
static bool take_name(const char *path, char name[SESSION_NAME_MAX + 1])
{
    size_t n = strcspn(path, "/");
    if (n > SESSION_NAME_MAX)
        return false;
    memcpy(name, path, n);
    name[n] = '\0';
    return session_name_ok(name);
}

/* Splits "s/NAME/rest": the name goes into `name`, and what follows is returned. NULL: this is no
 * such path. */
static const char *split_session(const char *path, char name[SESSION_NAME_MAX + 1])
{
    if (strncmp(path, "s/", 2) != 0 || !take_name(path + 2, name))
        return NULL;
    const char *end = strchr(path + 2, '/');
    return end == NULL ? NULL : end + 1;
}

/* "s/NAME", as a person types it: leads to its page. */
static bool redirect_session(struct route_call *call, const char *path)
{
    char name[SESSION_NAME_MAX + 1];
    char to[SESSION_NAME_MAX + 8];
    if (strncmp(path, "s/", 2) != 0 || strchr(path + 2, '/') != NULL || !take_name(path + 2, name))
        return false;
    snprintf(to, sizeof(to), "%s/viewer", name);
    redirect(call, to);
    return true;
}

/* The session that a socket's path names: the last "/s/NAME/" in it, its last slash being optional,
 * so that a proxy may put any prefix before it; `other` where it names none. False: it names one
 * that cannot be. Drawing somewhere else instead would be a riddle to whoever mistyped it. */
static bool socket_session(const char *path, const char *other, char name[SESSION_NAME_MAX + 1])
{
    const char *last = NULL;
    for (const char *at = strstr(path, "/s/"); at != NULL; at = strstr(at + 1, "/s/"))
        last = at + 3;
    if (last != NULL && *last != '\0')
        return take_name(last, name);
    snprintf(name, SESSION_NAME_MAX + 1, "%s", other);
    return true;
}

static void upgrade(struct conn *conn, struct http *http, const char *path)
{
    struct server *server = conn->server;
    const char *why;
    char name[SESSION_NAME_MAX + 1];
    int status = ws_check_handshake(http, &why);
    if (status != 0) {
        log_warning(&server->log, "conn", "%s: bad WebSocket handshake: %s", conn->name, why);
        http_respond_text(http, status, why,
                          status == 426 ? "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
                                        : NULL);
        return;
    }
    if (!socket_session(path, conn->listener->session, name)) {
        log_warning(&server->log, "conn", "%s: no name for a session: %.200s", conn->name, path);
        http_respond_text(http, 404, "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -", NULL);
        return;
    }
    int error = 0;
    struct session *session = hub_session(&server->hub, name, &error);
    if (session == NULL) {
        log_warning(&server->log, "conn", "%s: no session %s: too many, or no memory", conn->name,
                    name);
        http_respond_text(http, 503, "too many sessions", NULL);
        return;
    }
    conn_ws_upgrade(conn, session, conn->read_only);
}

static void answer_page(struct conn *conn, struct http *http, const char *path)
{
    char name[SESSION_NAME_MAX + 1];
    struct route_call call = { .conn = conn, .http = http, .server = conn->server, .up = "" };
    const char *method = http_method(http);
    const char *rest = split_session(path, name);
    bool in_session = rest != NULL;
    call.session = in_session ? name : conn->listener->session;
    if (in_session)
        call.up = "../../";
    const struct route *route = find_route(in_session ? rest : path, in_session, &call.rest);
    if (route == NULL && redirect_session(&call, path))
        return;
    if (route == NULL)
        http_respond_text(http, 404, "not found", NULL);
    else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        http_respond_text(http, 405, "only GET and HEAD", "Allow: GET, HEAD\r\n");
    else
        route->answer(&call);
}

/* The path as we know it, below what a trusted proxy says it put before it. Most proxies take that
 * away again by themselves, and then there is nothing to do. */
static const char *without_prefix(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 && path[n] == '/' ? path + n : path;
}

void routes_request(struct conn *conn, struct http *http)
{
    char path[PATH_SIZE];
    char prefix[GUARD_PREFIX];
    const char *target = http_target(http);
    /* The query may hold the token, which the log shall not have. */
    int shown = (int)strcspn(target, "?");
    log_debug(&conn->server->log, "conn", "%s: %s %.*s", conn->name, http_method(http), shown,
              target);
    if (!server_allows(conn->server, conn, http, prefix))
        return;
    if (!http_path(target, path, sizeof(path))) {
        log_warning(&conn->server->log, "conn", "%s: bad request target: %.*s", conn->name,
                    shown < 200 ? shown : 200, target);
        http_respond_text(http, 400, "bad request target", NULL);
        return;
    }
    const char *own = without_prefix(path, prefix);
    if (http->upgrade && http_has_token(http_header(http, "Upgrade"), "websocket"))
        upgrade(conn, http, own);
    else
        answer_page(conn, http, own + 1);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn/access.h"
#include "conn/conn_ws.h"
#include "files/files.h"
#include "geometry/mesher.h"
#include "render/query.h"
#include "server/metrics.h"
#include "server/model_file.h"
#include "server/server.h"
#include "server/server_export.h"
#include "server/server_image.h"
#include "server/server_urls.h"
#include "server/status.h"
#include "server/view_services.h"
#include "view/exact.h"

#define PATH_SIZE 2048

/* A request while it is being answered. */
struct route_call {
    struct conn *conn;
    struct http *http;
    struct server *server;
    const char *session; /* name of the session in the path */
    const char *tail;    /* the path after the session */
    const char *rest;    /* what the route leaves of it */
    const char *up;      /* from the page's folder to the root */
};

struct route {
    const char *path; /* after the session; a final '/' matches all paths below it */
    bool any_session; /* also below /s/NAME/ */
    void (*answer)(struct route_call *call); /* GET and HEAD; NULL: none */
    void (*put)(struct route_call *call);    /* PUT, before its body is read; NULL: none */
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
    /* A relative reference (RFC 9110 section 10.2.2): correct with any prefix and any scheme. */
    snprintf(headers, sizeof(headers), "Location: %s\r\n", to);
    http_respond_text(call->http, 302, "the page is at viewer", headers);
}

static void answer_root(struct route_call *call)
{
    redirect(call, "viewer");
}

/* Adds the values of the page, settings and addresses, as JSON that is safe in HTML. `settings` is
 * escaped already; names of sessions and addresses contain no `<`. Returns 0 or -ENOMEM. */
static int add_values(struct text *out, struct server *server,
                      const struct view_services_place *place, const char *settings)
{
    const char *up = place->up;
    const struct options *options = server->options;
    const struct session *session = hub_find(&server->hub, place->session);
    enum hub_measure measure = hub_measure(&server->hub, session);
    json_t *values = json_pack(
        "{s:s, s:s, s:I, s:b, s:{s:s+++, s:s, s:s+, s:s, s:s}, s:s, s:b, s:b, s:I}", "version",
        CADCAST_VERSION, "session", place->session, "max_reconnect_attempts",
        (json_int_t)options->max_reconnect_attempts, "keep_trying",
        !options_given(options, "max_reconnect_attempts"), "urls", "static", up, "static/v-",
        server->page.version, "/", "socket", "./", "sessions", up, "sessions", "root",
        up[0] == '\0' ? "./" : up, "home", place->home, "measure", hub_measure_name(measure),
        "read_only", options->read_only || place->view_only, "demo", options->demo, "kernel_port",
        (json_int_t)(session == NULL ? 0 : session->port));
    char *dump = values == NULL ? NULL : json_dumps(values, JSON_COMPACT);
    json_decref(values);
    if (dump == NULL)
        return -ENOMEM;
    /* The settings are text already; they come before the last brace. */
    text_add_bytes(out, dump, strlen(dump) - 1);
    text_format(out, ",\"settings\":%s}", settings);
    free(dump);
    return text_error(out);
}

static void send_template(struct server *server, struct http *http, const struct text *template,
                          const struct view_services_place *place, const char *settings)
{
    struct text json = { 0 };
    if (add_values(&json, server, place, settings) < 0)
        http_respond_text(http, 503, "out of memory", NULL);
    else
        page_template(&server->page, http, template, text_string(&json), place->up);
    text_free(&json);
}

static void send_viewer(struct server *server, struct http *http,
                        const struct view_services_place *place, const char *settings)
{
    send_template(server, http, &server->page.viewer, place, settings);
}

static struct view_services_place place_of(const struct route_call *call)
{
    struct view_services_place place = { .up = call->up, .view_only = call->conn->view_only };
    snprintf(place.session, sizeof(place.session), "%s", call->session);
    snprintf(place.home, sizeof(place.home), "%s", call->conn->listener->session);
    return place;
}

static void answer_viewer(struct route_call *call)
{
    struct view_services_place place = place_of(call);
    if (view_services_settings(call->server, call->conn->http_weak, &place, send_viewer) < 0)
        http_respond_text(call->http, 503, "out of memory", NULL);
}

static void answer_sessions(struct route_call *call)
{
    struct view_services_place place = place_of(call);
    send_template(call->server, call->http, &call->server->page.sessions, &place, "{}");
}

/* Some of them in one window: the page itself reads their names from the query. */
static void answer_side(struct route_call *call)
{
    call->up = "../";
    struct view_services_place place = place_of(call);
    send_template(call->server, call->http, &call->server->page.side, &place, "{}");
}

static void answer_static(struct route_call *call)
{
    page_file(&call->server->page, call->http, call->conn->http_weak, call->rest);
}

static void answer_health(struct route_call *call)
{
    struct server *server = call->server;
    bool model = false;
    list_each(pos, next, &server->hub.sessions)
        model = model || list_entry(pos, struct session, link)->picture.model != NULL;
    double uptime = (double)(uv_hrtime() - server->started) / 1e9;
    respond_json(call, json_pack("{s:s, s:s, s:f, s:i, s:b, s:i, s:I, s:i}", "status", "ok",
                                 "version", CADCAST_VERSION, "uptime", uptime, "browsers",
                                 (int)hub_browsers(&server->hub), "model", model, "sessions",
                                 (int)server->hub.session_count, "bytes",
                                 (json_int_t)hub_bytes(&server->hub), "pid", (int)getpid()));
}

static int read_step(void *arg, const char *name, const char *value, struct text *why)
{
    return strcmp(name, "step") == 0 ? query_step(value, arg, why) : 0;
}

/* The step of the history that the query names; 0: none. False: it is no number; answered. */
static bool take_step(struct route_call *call, int64_t *step)
{
    struct text why = { 0 };
    const char *query = strchr(http_target(call->http), '?');
    *step = 0;
    int error = query_each(query == NULL ? "" : query + 1, read_step, step, &why);
    if (error < 0)
        http_respond_text(call->http, 400, text_string(&why), NULL);
    text_free(&why);
    return error == 0;
}

static const struct history_step *step_of(const struct session *session, int64_t step)
{
    return session == NULL || step == 0 ? NULL : session_step(session, step);
}

static void send_small(struct route_call *call, struct blob *png)
{
    struct http_response response = { .status = 200,
                                      .type = "image/png",
                                      .headers = "Cache-Control: no-cache\r\n",
                                      .blob = png,
                                      .size = png->size };
    http_respond(call->http, &response);
}

static void answer_thumbnail(struct route_call *call)
{
    int64_t step;
    struct session *session = hub_find(&call->server->hub, call->session);
    if (!take_step(call, &step))
        return;
    const struct history_step *earlier = step_of(session, step);
    if (earlier != NULL && earlier->picture.thumbnail != NULL)
        send_small(call, earlier->picture.thumbnail);
    else if (step != 0)
        server_image_step(call->server, call->conn, call->http, call->session, step);
    else if (session == NULL || session->picture.thumbnail == NULL)
        http_respond_text(call->http, 404, "no picture", NULL);
    else
        send_small(call, session->picture.thumbnail);
}

static void respond_changes(struct route_call *call, const struct history_step *step)
{
    struct text text = { 0 };
    session_step_messages(step, &text);
    http_respond_made(call->http, "application/json", &text);
    text_free(&text);
}

/* The pictures that the session showed before, and with `step` what changed that one, as
 * messages. */
static void answer_history(struct route_call *call)
{
    int64_t step;
    const struct session *session = hub_find(&call->server->hub, call->session);
    if (!take_step(call, &step))
        return;
    const struct history_step *earlier = step_of(session, step);
    if (session == NULL || (step != 0 && earlier == NULL))
        http_respond_text(call->http, 404, session == NULL ? "no session" : SERVER_JOB_NO_STEP,
                          NULL);
    else if (earlier != NULL)
        respond_changes(call, earlier);
    else
        respond_json(call, session_history(session, false));
}

static void answer_model(struct route_call *call)
{
    model_file_respond(call->server, call->conn, call->http, call->session, call->rest);
}

static void answer_image(struct route_call *call)
{
    server_image_respond(call->server, call->conn, call->http, call->session,
                         http_target(call->http));
}

/* The file that the page shows it from, for programs that read it (docs/model-format.md). */
static void answer_model_file(struct route_call *call)
{
    int64_t step;
    const struct session *session = hub_find(&call->server->hub, call->session);
    call->http->problems = true;
    if (!take_step(call, &step))
        return;
    const struct history_step *earlier = step_of(session, step);
    if (earlier != NULL) {
        model_file_respond_step(call->server, call->conn, earlier);
    } else if (step != 0) {
        http_respond_text(call->http, 404, SERVER_JOB_NO_STEP, NULL);
    } else if (session == NULL || session->picture.model == NULL) {
        http_respond_text(call->http, 404, "nothing is shown here", NULL);
    } else if (session->file_state == SESSION_FILE_FAILED) {
        http_respond_text(call->http, 422, "the model cannot be read", NULL);
    } else if (session->file_state != SESSION_FILE_READY) {
        http_respond_text(call->http, 503, "the model is being read", "Retry-After: 1\r\n");
    } else {
        model_file_send(call->server, call->http, session->file.bytes);
    }
}

/* What the session shows, as a file. */
static void answer_export(struct route_call *call)
{
    const char *query = strchr(http_target(call->http), '?');
    call->http->problems = true;
    server_export_respond(call->server, call->conn, call->http, call->session,
                          strrchr(call->tail, '.') + 1, query == NULL ? "" : query + 1);
}

static void answer_metrics(struct route_call *call)
{
    metrics_respond(call->server, call->http);
}

static void answer_addresses(struct route_call *call)
{
    server_urls_respond(call->server, call->conn, call->http, call->session);
}

static void answer_code(struct route_call *call)
{
    server_urls_code(call->server, call->conn, call->http, call->session);
}

static void answer_status(struct route_call *call)
{
    if (call->conn->view_only) {
        http_respond_text(call->http, 403, "the token of this request may only view", NULL);
        return;
    }
    respond_json(call, status_json(call->server));
}

/* What a kernel may ask before it sends geometry; 404 if nothing here can mesh it. */
static void answer_exact(struct route_call *call)
{
    const struct server *server = call->server;
    const struct options *options = server->options;
    uint64_t most =
        options->max_message < options->max_memory ? options->max_message : options->max_memory;
    if (server->mesher == NULL) {
        http_respond_text(call->http, 404, "geometry cannot be meshed here", NULL);
        return;
    }
    /* The kernel prepares its show meanwhile, and a helper takes 100 ms to start. */
    mesher_warm(server->mesher, 1);
    respond_json(call, json_pack("{s:i, s:I, s:I, s:i}", "version", 1, "max_shape",
                                 (json_int_t)(most - EXACT_SHAPE_HEAD), "max_total",
                                 (json_int_t)options->max_memory, "max_shapes", PLAN_SHAPES));
}

/* The path after "model/" is the file's name: curl appends it to a URL that ends with a slash. */
static void put_model(struct route_call *call)
{
    files_put(&call->server->files, call->conn, call->http, call->session, call->rest);
}

static const struct route routes[] = {
    { "", true, answer_root, NULL },
    { "addresses", true, answer_addresses, NULL },
    { "api/exact", true, answer_exact, NULL },
    { "export.html", true, answer_export, NULL },
    { "healthz", false, answer_health, NULL },
    { "history", true, answer_history, NULL },
    { "image.png", true, answer_image, NULL },
    { "metrics", false, answer_metrics, NULL },
    { "model", true, NULL, put_model },
    { "model/", true, NULL, put_model },
    { "model.3mf", true, answer_export, NULL },
    { "model.brep", true, answer_export, NULL },
    { "model.glb", true, answer_export, NULL },
    { "model.msg", true, answer_model_file, NULL },
    { "model.step", true, answer_export, NULL },
    { "model.stl", true, answer_export, NULL },
    { "models/", true, answer_model, NULL },
    { "picture.png", true, answer_thumbnail, NULL },
    { "qr.svg", true, answer_code, NULL },
    { "sessions", false, answer_sessions, NULL },
    { "sessions/side", false, answer_side, NULL },
    { "static/", false, answer_static, NULL },
    { "status", false, answer_status, NULL },
    { "viewer", true, answer_viewer, NULL },
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

/* The first segment of `path` as a session's name. False: it is not a valid one. */
static bool take_name(const char *path, char name[SESSION_NAME_MAX + 1])
{
    size_t n = strcspn(path, "/");
    if (n > SESSION_NAME_MAX)
        return false;
    memcpy(name, path, n);
    name[n] = '\0';
    return session_name_ok(name);
}

/* Splits "s/NAME/rest": stores the name in `name` and returns the rest. NULL: not such a path. */
static const char *split_session(const char *path, char name[SESSION_NAME_MAX + 1])
{
    if (strncmp(path, "s/", 2) != 0 || !take_name(path + 2, name))
        return NULL;
    const char *end = strchr(path + 2, '/');
    return end == NULL ? NULL : end + 1;
}

/* Redirects "s/NAME", as users type it, to the page of the session. */
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

/* The session named by a WebSocket's path: the last "/s/NAME/" in it, with an optional final slash,
 * so that a proxy may add any prefix; `other` if it names none. False: the name is invalid. An
 * error is better than another session, which a user who mistyped the name would not expect. */
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

/* The session that a page had before it lost its connection, by the numbers in its greeting: it may
 * have another name by now, and the old one is not to be made anew. NULL: the request names none,
 * or that one is gone. */
static struct session *session_before(struct server *server, const char *target)
{
    char run[24];
    char id[24];
    if (http_query_field(target, "run", run, sizeof(run)) <= 0 ||
        http_query_field(target, "id", id, sizeof(id)) <= 0 ||
        strtoull(run, NULL, 10) != server->hub.view.options.run)
        return NULL;
    return hub_of(&server->hub, (uint32_t)strtoul(id, NULL, 10));
}

static void refuse_session(const struct server *server, const struct conn *conn, struct http *http,
                           const char *name, int error)
{
    char why[80];
    if (error == -EAGAIN)
        snprintf(why, sizeof(why), "too many sessions: --max-sessions is %lld",
                 (long long)server->options->max_sessions);
    else
        snprintf(why, sizeof(why), "out of memory");
    log_warning(&server->log, "conn", "%s: no session %s: %s", conn->name, name, why);
    http_respond_text(http, 503, why, NULL);
}

static void upgrade(struct server *server, struct conn *conn, struct http *http, const char *path)
{
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
        log_warning(&server->log, "conn", "%s: not a session's name: %.200s", conn->name, path);
        http_respond_text(http, 404, "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -", NULL);
        return;
    }
    struct session *session = session_before(server, http_target(http));
    if (session == NULL && conn->view_only && hub_find(&server->hub, name) == NULL) {
        http_respond_text(http, 404, "there is no such session", NULL);
        return;
    }
    int error = 0;
    if (session == NULL)
        session = hub_session(&server->hub, name, &error);
    if (session == NULL) {
        refuse_session(server, conn, http, name, error);
        return;
    }
    conn_ws_upgrade(conn, session, conn->read_only);
}

/* The route of a path, with `call` for it; `name` gets the session's. NULL: there is none. */
static const struct route *resolve(struct route_call *call, const char *path,
                                   char name[SESSION_NAME_MAX + 1])
{
    const char *rest = split_session(path, name);
    bool in_session = rest != NULL;
    call->session = in_session ? name : call->conn->listener->session;
    call->up = in_session ? "../../" : "";
    call->tail = in_session ? rest : path;
    return find_route(call->tail, in_session, &call->rest);
}

/* The same for paths that are below /api/v1 too: a model that is PUT, and files of what is shown.
 */
static const struct route *resolve_api(struct route_call *call, const char *path, bool puts,
                                       char name[SESSION_NAME_MAX + 1])
{
    static const char api[] = "api/v1/sessions/";
    const struct route *route = resolve(call, path, name);
    if (route != NULL || strncmp(path, api, sizeof(api) - 1) != 0 ||
        !take_name(path + sizeof(api) - 1, name))
        return route;
    const char *rest = path + sizeof(api) - 1 + strlen(name);
    route = *rest == '/' ? find_route(rest + 1, true, &call->rest) : NULL;
    bool taken = puts && strcmp(rest, "/model") == 0;
    if (route == NULL || (!taken && route->answer != answer_export))
        return NULL;
    call->session = name;
    call->tail = rest + 1;
    return route;
}

/* The methods that a route has. */
static void refuse_method(struct http *http, const struct route *route)
{
    if (route->answer == NULL)
        http_respond_text(http, 405, "only PUT", "Allow: PUT\r\n");
    else
        http_respond_text(http, 405, "only GET and HEAD", "Allow: GET, HEAD\r\n");
}

static void answer_page(struct server *server, struct conn *conn, struct http *http,
                        const char *path)
{
    char name[SESSION_NAME_MAX + 1];
    struct route_call call = { .conn = conn, .http = http, .server = server };
    const char *method = http_method(http);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    bool puts = strcmp(method, "PUT") == 0;
    const struct route *route = resolve_api(&call, path, puts, name);
    if (route == NULL &&
        (redirect_session(&call, path) ||
         server->parts->api(server, conn, http, call.up[0] != '\0' ? name : NULL, call.tail)))
        return;
    if (route == NULL)
        access_refuse(http, 404);
    else if (reads && route->answer != NULL)
        route->answer(&call);
    else if (puts && route->put != NULL)
        route->put(&call);
    else
        refuse_method(http, route);
}

/* Removes the prefix that a trusted proxy reports from the path. Most proxies remove it themselves;
 * the path is then returned unchanged. */
static const char *without_prefix(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 && path[n] == '/' ? path + n : path;
}

/* Whether `size` bytes of a target are a path of the room `api`, whose errors are JSON. */
static bool is_for_programs(const char *target, size_t size)
{
    const char *api = strstr(target, "/api/v1/");
    bool mcp = size >= 4 && memcmp(target + size - 4, "/mcp", 4) == 0;
    return mcp || (api != NULL && api < target + size);
}

/* Whether the request is allowed and its target good, which is then in `path`; if not, it is
 * answered. */
static bool admit(struct server *server, struct conn *conn, struct http *http, char path[PATH_SIZE],
                  const char **own)
{
    char prefix[GUARD_PREFIX];
    const char *target = http_target(http);
    /* Without the query: it may contain the token, which must not be in the log. */
    int shown = (int)strcspn(target, "?");
    log_debug(&server->log, "conn", "%s: %s %.*s", conn->name, http_method(http), shown, target);
    http->problems = is_for_programs(target, (size_t)shown);
    if (!access_allows(&server->front, conn, http, prefix))
        return false;
    if (!http_path(target, path, PATH_SIZE)) {
        log_warning(&server->log, "conn", "%s: bad request target: %.*s", conn->name,
                    shown < 200 ? shown : 200, target);
        http_respond_text(http, 400, "bad request target", NULL);
        return false;
    }
    *own = without_prefix(path, prefix);
    return true;
}

void routes_body(struct server *server, struct conn *conn, struct http *http)
{
    char path[PATH_SIZE];
    char name[SESSION_NAME_MAX + 1];
    const char *own;
    struct route_call call = { .conn = conn, .http = http, .server = server };
    if (!admit(server, conn, http, path, &own))
        return;
    bool puts = strcmp(http_method(http), "PUT") == 0;
    const struct route *route = puts ? resolve_api(&call, own + 1, true, name) : NULL;
    if (route != NULL && route->put != NULL)
        route->put(&call);
}

void routes_request(struct server *server, struct conn *conn, struct http *http)
{
    char path[PATH_SIZE];
    const char *own;
    if (!admit(server, conn, http, path, &own))
        return;
    if (http->upgrade && http_has_token(http_header(http, "Upgrade"), "websocket"))
        upgrade(server, conn, http, own);
    else
        answer_page(server, conn, http, own + 1);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "cluster/cluster.h"
#include "geometry/pool.h"
#include "server/server.h"

static json_int_t own_memory(void)
{
    size_t size = 0;
    return uv_resident_set_memory(&size) < 0 ? 0 : (json_int_t)size;
}

static bool has_pid(const json_t *helpers, int pid)
{
    size_t i;
    json_t *helper;
    json_array_foreach(helpers, i, helper) {
        if (json_integer_value(json_object_get(helper, "pid")) == pid)
            return true;
    }
    return false;
}

/* The running helper processes; several sessions may share one. */
static json_t *helpers(const struct server *server)
{
    json_t *list = json_array();
    list_each(pos, next, &server->hub.sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        int pid = server->pool == NULL ? 0 : pool_pid(server->pool, session->id);
        if (pid > 0 && !has_pid(list, pid))
            json_array_append_new(
                list, json_pack("{s:i, s:I}", "pid", pid, "memory", (json_int_t)sys_resident(pid)));
    }
    return list;
}

static json_t *kept(const struct server *server)
{
    char why[64];
    const struct state *state = &server->lifecycle.state;
    if (!state->open)
        return json_null();
    int trouble = state->trouble < 0 ? state->trouble : state->history_trouble;
    return json_pack("{s:s, s:s?, s:I}", "folder", state->folder.path, "trouble",
                     trouble < 0 ? error_text(trouble, why, sizeof(why)) : NULL, "written",
                     (json_int_t)state->written);
}

static json_t *sessions(const struct server *server)
{
    json_t *list = json_array();
    list_each(pos, next, &server->hub.sessions)
        json_array_append_new(list, session_describe(list_entry(pos, struct session, link)));
    return list;
}

static json_t *ports(const struct server *server)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < server->listener_count; i++)
        json_array_append_new(list, json_pack("{s:i, s:s}", "port", server->listeners[i]->port,
                                              "session", server->listeners[i]->session));
    return list;
}

/* The address of the page, without the token: who is admitted here need not have it. */
static json_t *address(const struct server *server)
{
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    json_t *address = url == NULL ? json_null() : json_stringn(url, strcspn(url, "?"));
    json_decref(urls);
    return address;
}

/* null: nothing is recorded. */
static json_t *recorded(const struct server *server)
{
    char text[64];
    const struct recorder *recorder = &server->lifecycle.recorder;
    if (!recorder->open)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:I, s:s?}", "file", recorder->path, "pictures",
                     (json_int_t)recorder->pictures, "bytes", (json_int_t)recorder->bytes, "lost",
                     (json_int_t)recorder->lost, "trouble",
                     recorder->trouble == 0 ? NULL
                     : recorder->trouble == RECORDING_FULL
                         ? "--record-max is reached"
                         : error_text(recorder->trouble, text, sizeof(text)));
}

json_t *status_json(struct server *server)
{
    const struct hub *hub = &server->hub;
    json_t *memory = json_pack("{s:I, s:I, s:I, s:I}", "process", own_memory(), "pictures",
                               (json_int_t)hub_bytes(hub), "in_flight", (json_int_t)hub->in_flight,
                               "limit", (json_int_t)hub->view.options.max_memory);
    return json_pack("{s:s, s:s, s:i, s:f, s:o, s:o, s:i, s:i, s:I, s:I, s:o, s:b, s:o, s:o, s:o, "
                     "s:o, s:o, s:s?}",
                     "status", server->front.closing ? "ending" : "ok", "version", CADCAST_VERSION,
                     "pid", (int)getpid(), "uptime", (double)(uv_hrtime() - server->started) / 1e9,
                     "url", address(server), "ports", ports(server), "browsers",
                     (int)hub_browsers(hub), "connections", (int)server->front.conn_count, "shows",
                     (json_int_t)hub->shows, "requests", (json_int_t)server->front.requests,
                     "memory", memory, "measuring", server->pool != NULL, "helpers",
                     helpers(server), "sessions", sessions(server), "state", kept(server),
                     "recording", recorded(server), "cluster", cluster_describe(server->cluster),
                     "log", server->lifecycle.log_file.path);
}

/* ---- readable form ---- */

static const char *text_at(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value == NULL ? "" : value;
}

static double megabytes(const json_t *json, const char *key)
{
    return (double)json_integer_value(json_object_get(json, key)) / (1024 * 1024);
}

static void print_uptime(double seconds)
{
    long s = (long)seconds;
    if (s >= 86400)
        printf("%ld d ", s / 86400);
    printf("%ld:%02ld:%02ld", s / 3600 % 24, s / 60 % 60, s % 60);
}

/* Prints "1 browser", "2 browsers". */
static void print_count(const json_t *object, const char *key, const char *one)
{
    long long count = json_integer_value(json_object_get(object, key));
    printf("%lld %s%s, ", count, one, count == 1 ? "" : "s");
}

static void print_session(const json_t *session)
{
    char when[32] = "";
    time_t shown = (time_t)json_integer_value(json_object_get(session, "when"));
    struct tm local;
    if (shown > 0 && localtime_r(&shown, &local) != NULL)
        strftime(when, sizeof(when), ", shown %Y-%m-%d %H:%M", &local);
    printf("  %-16s ", text_at(session, "name"));
    print_count(session, "browsers", "browser");
    const char *kernel = text_at(session, "kernel");
    printf("%s%s, ", kernel[0] == '\0' ? "no kernel yet" : "kernel at ", kernel);
    printf("%.1f MB%s", megabytes(session, "bytes"), when);
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(session, "models"), i, name)
        printf("%s%s", i == 0 ? ": " : ", ", json_string_value(name));
    printf("\n");
}

static void print_helpers(const json_t *status)
{
    size_t i;
    json_t *helper;
    printf("measuring  %s", json_is_true(json_object_get(status, "measuring"))
                                ? "exact, by cadcast-geometry"
                                : "on the mesh, or by an external program");
    json_array_foreach(json_object_get(status, "helpers"), i, helper)
        printf("; process %lld, %.1f MB",
               (long long)json_integer_value(json_object_get(helper, "pid")),
               megabytes(helper, "memory"));
    printf("\n");
}

static void print_state(const json_t *state)
{
    const char *trouble = json_string_value(json_object_get(state, "trouble"));
    if (!json_is_object(state))
        printf("state      not kept over a restart\n");
    else
        printf("state      %s%s%s\n", text_at(state, "folder"), trouble == NULL ? "" : ": ",
               trouble == NULL ? "" : trouble);
}

static void print_recording(const json_t *recording)
{
    const char *trouble = json_string_value(json_object_get(recording, "trouble"));
    if (json_is_object(recording))
        printf("recording  %s, %lld pictures, %.1f MB%s%s\n", text_at(recording, "file"),
               (long long)json_integer_value(json_object_get(recording, "pictures")),
               megabytes(recording, "bytes"), trouble == NULL ? "" : ": ",
               trouble == NULL ? "" : trouble);
}

static void print_cluster(const json_t *cluster)
{
    const char *trouble = text_at(cluster, "trouble");
    if (!json_is_object(cluster))
        return;
    printf("cluster    node %s, through %s: ", text_at(cluster, "node"),
           text_at(cluster, "engine"));
    if (!json_is_true(json_object_get(cluster, "connected")))
        printf("not reached%s%s\n", trouble[0] == '\0' ? "" : ", ", trouble);
    else
        printf("connected, %lld ms%s\n",
               (long long)json_integer_value(json_object_get(cluster, "lag")),
               json_is_true(json_object_get(cluster, "full")) ? ", but it has no memory left" : "");
}

static void print_nodes(const json_t *cluster)
{
    size_t i;
    json_t *node;
    json_array_foreach(json_object_get(cluster, "nodes"), i, node)
        printf("  %-16s %s, %s%s\n", text_at(node, "name"), text_at(node, "address"),
               text_at(node, "version"),
               json_integer_value(json_object_get(node, "places")) > 0 ? ", measures" : "");
}

/* One line for each address, the usual one first, with the token. */
static void print_addresses(const json_t *said)
{
    size_t i;
    json_t *url;
    json_t *urls = json_object_get(said, "urls");
    if (!json_is_array(urls))
        printf("address    %s\n", text_at(said, "url"));
    json_array_foreach(urls, i, url)
        printf("address    %s\n", json_string_value(url));
    json_array_foreach(json_object_get(said, "view_urls"), i, url)
        printf("view only  %s\n", json_string_value(url));
}

static void print_ports(const json_t *ports)
{
    size_t i;
    json_t *port;
    printf("ports      ");
    json_array_foreach(ports, i, port)
        printf("%s%lld (%s)", i == 0 ? "" : ", ",
               (long long)json_integer_value(json_object_get(port, "port")),
               text_at(port, "session"));
    printf("\n");
}

void status_print(const json_t *status, const json_t *said)
{
    const json_t *memory = json_object_get(status, "memory");
    size_t i;
    json_t *session;
    printf("cadcast %s, process %lld, up ", text_at(status, "version"),
           (long long)json_integer_value(json_object_get(status, "pid")));
    print_uptime(json_real_value(json_object_get(status, "uptime")));
    printf("\n");
    print_addresses(said != NULL ? said : status);
    print_ports(json_object_get(status, "ports"));
    printf("browsers   %lld, connections %lld\n",
           (long long)json_integer_value(json_object_get(status, "browsers")),
           (long long)json_integer_value(json_object_get(status, "connections")));
    printf("memory     %.1f MB, pictures %.1f of at most %.0f MB\n", megabytes(memory, "process"),
           megabytes(memory, "pictures"), megabytes(memory, "limit"));
    print_helpers(status);
    print_state(json_object_get(status, "state"));
    print_recording(json_object_get(status, "recording"));
    print_cluster(json_object_get(status, "cluster"));
    print_nodes(json_object_get(status, "cluster"));
    printf("log        %s\n", json_is_string(json_object_get(status, "log"))
                                  ? text_at(status, "log")
                                  : "standard error");
    printf("sessions\n");
    json_array_foreach(json_object_get(status, "sessions"), i, session)
        print_session(session);
}

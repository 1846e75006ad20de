/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_sessions.h"

#include <errno.h>
#include <string.h>

#include "server/server.h"

#define PORT_MAX 65535

/* The member `name` of the body as a port; -1: it is none. */
static long port_of(const struct api_call *call, const char *name)
{
    const json_t *value = json_object_get(call->body, name);
    json_int_t port = json_integer_value(value);
    if (value != NULL && (!json_is_integer(value) || port < 0 || port > PORT_MAX))
        return -1;
    return (long)port;
}

/* Whether the body has only members of that list, which has spaces between them; ends the call if
 * not. */
static bool has_only(struct api_call *call, const char *members)
{
    const char *name;
    json_t *value;
    json_object_foreach(call->body, name, value) {
        const char *at = strstr(members, name);
        size_t n = strlen(name);
        if (n > 0 && at != NULL && (at == members || at[-1] == ' ') && strchr(" ", at[n]) != NULL)
            continue;
        api_call_fail(call, 400, "there is no member %.40s; it takes %s", name, members);
        return false;
    }
    return true;
}

/* ---- ports ---- */

/* The HTTP status of an error of server_ports. */
static int status_of(int error)
{
    switch (error) {
    case -EINVAL:
        return 400;
    case -ENOENT:
        return 404;
    case -EEXIST:
    case -EADDRINUSE:
    case -EPERM:
    case -EBUSY:
        return 409;
    case -EAGAIN:
    case -ECANCELED:
    case -ENOMEM:
    case -ENOSPC:
        return 503;
    default:
        return 422;
    }
}

static void opened(void *arg, const struct server_ports_answer *answer)
{
    struct api_call *call = arg;
    int status = status_of(answer->error);
    if (answer->error == 0)
        api_call_json(call, json_pack("{s:i, s:s, s:b}", "port", (int)answer->port, "session",
                                      answer->session, "announced", answer->announced));
    else if (status == 503)
        api_call_busy(call, answer->why);
    else
        api_call_fail(call, status, "%s", answer->why);
}

static const char *why_not_closed(int error)
{
    switch (error) {
    case -ENOENT:
        return "this server has no such port";
    case -EPERM:
        return "the main port stays open as long as the server runs";
    case -EBUSY:
        return "this request came over the port: ask over another one";
    default:
        return "out of memory";
    }
}

static void close_port(struct api_call *call)
{
    long port = port_of(call, "close");
    if (json_object_size(call->body) > 1 || port < 1) {
        api_call_fail(call, 400, "close takes a port, 1 to 65535, and stands alone");
        return;
    }
    int error = server_ports_close(call->server, (uint16_t)port, call->listener);
    if (error == 0)
        api_call_json(call, json_pack("{s:i}", "closed", (int)port));
    else
        api_call_fail(call, status_of(error), "port %ld: %s", port, why_not_closed(error));
}

void api_sessions_listen(struct api_call *call)
{
    const json_t *announce = json_object_get(call->body, "announce");
    const char *session = json_string_value(json_object_get(call->body, "session"));
    long port = port_of(call, "port");
    if (!has_only(call, "port session announce close"))
        return;
    if (json_object_get(call->body, "close") != NULL)
        close_port(call);
    else if (session == NULL)
        api_call_fail(call, 400, "session must be the name of a session");
    else if (port < 0)
        api_call_fail(call, 400, "port must be a number, 0 to 65535");
    else if (announce != NULL && !json_is_boolean(announce))
        api_call_fail(call, 400, "announce must be true or false");
    else
        server_ports_open(call->server,
                          &(struct server_ports_wish){ .port = (uint16_t)port,
                                                       .session = session,
                                                       .announce = json_is_true(announce) },
                          opened, call);
}

/* ---- names ---- */

static const char *why_not_renamed(int error)
{
    switch (error) {
    case -EINVAL:
        return "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -";
    case -EPERM:
        return "the default session keeps its name";
    default:
        return "there is a session of that name";
    }
}

/* Gives a session another name. False: it kept its own, and the call has ended. */
static bool rename_session(struct api_call *call, struct session *session, const char *name)
{
    struct server *server = call->server;
    const char *old = session->name;
    if (state_loading(&server->lifecycle.state, old) || files_busy(&server->files, old)) {
        api_call_busy(call, "its picture is being read: try again");
        return false;
    }
    int error = hub_rename(&server->hub, session, name);
    if (error < 0)
        api_call_fail(call, error == -EINVAL ? 400 : 409, "%s", why_not_renamed(error));
    return error == 0;
}

void api_sessions_rename(struct api_call *call)
{
    const char *old = json_string_value(json_object_get(call->body, "session"));
    const char *name = json_string_value(json_object_get(call->body, "name"));
    struct session *session = old == NULL ? NULL : hub_find(&call->server->hub, old);
    if (!has_only(call, "session name"))
        return;
    if (old == NULL || name == NULL)
        api_call_fail(call, 400, "session and name must be the old and the new name");
    else if (session == NULL)
        api_call_fail(call, 404, "there is no session %.100s", old);
    else if (rename_session(call, session, name))
        api_call_json(call, json_pack("{s:s}", "session", session->name));
}

void api_sessions_change(struct api_call *call)
{
    const json_t *name = json_object_get(call->body, "name");
    const json_t *pin = json_object_get(call->body, "pin");
    if (!has_only(call, "name pin"))
        return;
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    if (name == NULL && pin == NULL) {
        api_call_fail(call, 400, "nothing to change: give name, or pin");
    } else if (name != NULL && !json_is_string(name)) {
        api_call_fail(call, 400, "name must be a text: the session's new name");
    } else if (pin != NULL && !json_is_boolean(pin)) {
        api_call_fail(call, 400, "pin must be true or false");
    } else if (name == NULL || rename_session(call, session, json_string_value(name))) {
        if (pin != NULL)
            session_pin(session, json_is_true(pin));
        api_call_json(call,
                      json_pack("{s:s, s:b}", "session", session->name, "pinned", session->pinned));
    }
}

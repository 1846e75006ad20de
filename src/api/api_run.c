/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_run.h"

#include <string.h>

#include "api/api_events.h"
#include "base/text.h"
#include "server/server.h"
#include "view/hub_notice.h"
#include "view/refuse.h"

/* The longest text about a failure, in bytes. */
#define WHY_MAX 16384

struct run {
    struct session *session;
    const char *command;
    const char *why;
    const json_t *exit; /* an integer, or null */
    double seconds;
};

/* A member that is a text of at most so many bytes; NULL: it is not. */
static const char *text_of(const json_t *body, const char *name, size_t most)
{
    const json_t *value = json_object_get(body, name);
    return json_string_length(value) <= most ? json_string_value(value) : NULL;
}

static void tell(struct api_call *call, const struct run *run, const char *kind, json_t *more)
{
    json_t *data = json_pack("{s:s, s:s}", "session", run->session->name, "command", run->command);
    if (data != NULL && json_object_update(data, more) == 0)
        api_events_run(call->server, run->session, kind, data);
    json_decref(data);
    json_decref(more);
}

static void start(struct api_call *call, const struct run *run)
{
    if (hub_notice_run(run->session, run->command) < 0) {
        api_call_busy(call, "out of memory");
        return;
    }
    tell(call, run, "run_started", json_object());
    api_call_json(call, json_pack("{s:s}", "session", run->session->name));
}

/* For the pages: what failed, why, and what it is that they show. */
static void refuse(const struct run *run, json_int_t status)
{
    struct text text = { 0 };
    text_format(&text, "%s failed, exit status %d", run->command, (int)status);
    if (run->why[0] != '\0')
        text_format(&text, "\n%s", run->why);
    if (run->session->picture.model != NULL && !run->session->splash)
        text_add(&text, "\nThe picture is of a run before.");
    if (text_error(&text) == 0)
        refuse_run(run->session, text_string(&text));
    text_free(&text);
}

static void end(struct api_call *call, const struct run *run)
{
    bool replaced = !json_is_integer(run->exit);
    json_int_t status = json_integer_value(run->exit);
    if (!replaced && status == 0 && run->session->run_failed)
        refuse_forget(run->session);
    bool shown = hub_notice_run_end(run->session, run->command, replaced || status != 0);
    if (status != 0)
        refuse(run, status);
    json_t *more =
        json_pack("{s:O, s:f, s:b}", "exit", run->exit, "seconds", run->seconds, "shown", shown);
    if (status != 0)
        json_object_set_new(more, "why", json_string(run->why));
    tell(call, run, status != 0 ? "run_failed" : "run_ended", more);
    api_call_json(call, json_pack("{s:s, s:b}", "session", run->session->name, "shown", shown));
}

void api_run(struct api_call *call)
{
    const char *name = json_string_value(json_object_get(call->body, "session"));
    const char *state = json_string_value(json_object_get(call->body, "state"));
    const json_t *seconds = json_object_get(call->body, "seconds");
    struct run run = { .command = text_of(call->body, "command", HUB_NOTICE_COMMAND),
                       .why = text_of(call->body, "why", WHY_MAX),
                       .exit = json_object_get(call->body, "exit"),
                       .seconds = json_number_value(seconds) };
    bool ends = state != NULL && strcmp(state, "ended") == 0;
    bool starts = state != NULL && strcmp(state, "started") == 0;
    run.session = name == NULL ? NULL : hub_find(&call->server->hub, name);
    if (name == NULL || run.command == NULL || (!starts && !ends))
        api_call_fail(call, 400, "it takes session, command, and state: started or ended");
    else if (ends && (run.why == NULL || !json_is_number(seconds) ||
                      !(json_is_integer(run.exit) || json_is_null(run.exit))))
        api_call_fail(call, 400, "what has ended has exit, seconds, and why");
    else if (run.session == NULL)
        api_call_fail(call, 404, "there is no session %.100s", name);
    else if (starts)
        start(call, &run);
    else
        end(call, &run);
}

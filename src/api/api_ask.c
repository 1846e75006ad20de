/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_events.h"
#include "geometry/pool.h"
#include "render/query.h"
#include "server/server.h"
#include "server/server_image.h"
#include "server/view_services.h"
#include "view/handlers.h"
#include "view/message.h"

/* ---- measuring ---- */

/* The status for a question that was not answered. */
static int status_of(int error)
{
    switch (error) {
    case -ENOENT:
        return 404;
    case -ENODATA:
    case -ECANCELED:
        return 409;
    case -ETIMEDOUT:
        return 504;
    case -EACCES:
    case -EIO:
        return 422;
    default:
        return 503;
    }
}

static void answered(struct api_call *call, int status, const char *json, size_t size)
{
    if (status == 0) {
        struct blob *bytes = blob_copy(json, size);
        if (bytes == NULL)
            api_call_busy(call, "out of memory");
        else
            api_call_bytes(call, NULL, bytes);
        blob_unref(bytes);
        return;
    }
    json_t *answer = json_loadb(json, size, 0, NULL);
    const char *why = json_string_value(json_object_get(answer, "error"));
    int code = status_of(status);
    if (code == 503)
        api_call_busy(call, why == NULL ? "no answer" : why);
    else
        api_call_fail(call, code, "%.400s", why == NULL ? "no answer" : why);
    json_decref(answer);
}

static void measured(void *arg, int status, const char *json, size_t size)
{
    struct api_call *call = arg;
    const struct session *session = hub_find(&call->server->hub, call->session);
    if (status == 0 && session != NULL)
        api_events_measured(call->server, session, json, size);
    answered(call, status, json, size);
}

/* 204 without exact geometry of it: the page asks of each model, and browsers log a 404 as an
 * error. */
static void weighed(void *arg, int status, const char *json, size_t size)
{
    static const struct api_call_answer nothing = { .status = 204 };
    struct api_call *call = arg;
    if (status == -ENODATA || status == -ENOENT)
        api_call_end(call, &nothing);
    else
        answered(call, status, json, size);
}

/* Adds a value as the text of a query: lists with commas between. */
static void value_text(struct text *out, const json_t *value)
{
    size_t index;
    json_t *item;
    if (json_is_string(value))
        text_add(out, json_string_value(value));
    else if (json_is_integer(value))
        text_format(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        text_format(out, "%.9g", json_real_value(value));
    else if (json_is_boolean(value))
        text_add(out, json_is_true(value) ? "1" : "0");
    json_array_foreach(value, index, item) {
        text_add(out, index == 0 ? "" : ",");
        value_text(out, item);
    }
}

/* Exact measuring is of what is shown: ends the call with that, or with what is wrong with the
 * step. */
static void refuse_step(struct api_call *call, const struct session *session)
{
    int64_t step;
    struct text text = { 0 }, why = { 0 };
    const json_t *given = json_object_get(call->args, "step");
    value_text(&text, given);
    if (query_step(text_string(&text), &step, &why) < 0)
        api_call_fail(call, 400, "%s", text_string(&why));
    else if (session_step(session, step) == NULL)
        api_call_fail(call, 404, "%s; GET history lists them", SERVER_JOB_NO_STEP);
    else
        api_call_fail(call, 409,
                      "only what is shown now is measured exactly: the page measures earlier "
                      "pictures on the mesh, and as STEP they can be taken away");
    text_free(&text);
    text_free(&why);
}

/* The session that a question is about; NULL if nothing can be asked: the call has ended. */
static const struct session *askable(struct api_call *call, const char *id)
{
    struct session *session = api_call_session(call);
    if (session == NULL)
        return NULL;
    if (id == NULL || id[0] == '\0')
        api_call_fail(call, 400,
                      "id is missing: the id of a shape, such as /Group/part/faces/faces_0");
    else if (json_object_get(call->args, "step") != NULL)
        refuse_step(call, session);
    else if (call->server->pool == NULL)
        api_call_fail(call, 501, "exact measuring is not available in this server");
    else {
        view_services_expect_parts(call->server, session);
        return session;
    }
    return NULL;
}

/* What pool_measure and pool_weigh returned. */
static void asked(struct api_call *call, int error)
{
    if (error == -EINVAL)
        api_call_fail(call, 400, "these are no ids of shapes");
    else if (error < 0)
        api_call_busy(call, "out of memory");
}

void api_ask_measure(struct api_call *call)
{
    const char *id = api_call_text(call, "id");
    const struct session *session = askable(call, id);
    if (session != NULL)
        asked(call, pool_measure(call->server->pool, session->id, id, api_call_text(call, "id2"),
                                 api_call_flag(call, "center"), measured, call));
}

void api_ask_mass(struct api_call *call)
{
    const char *id = api_call_text(call, "id");
    const struct session *session = askable(call, id);
    if (session != NULL)
        asked(call, pool_weigh(call->server->pool, session->id, id, weighed, call));
}

/* ---- pictures ---- */

/* A list of ids is as many parameters. */
static int set_parameter(struct render_options *options, const char *name, const json_t *value,
                         struct text *why)
{
    struct text text = { 0 };
    size_t index;
    json_t *item;
    int error = 0;
    bool ids = strcmp(name, "parts") == 0 || strcmp(name, "hide") == 0;
    if (ids && json_is_array(value)) {
        json_array_foreach(value, index, item) {
            if (error == 0)
                error = set_parameter(options, name, item, why);
        }
        return error;
    }
    value_text(&text, value);
    error = query_set(options, name, text_string(&text), why);
    text_free(&text);
    return error;
}

int api_ask_drawing(const struct api_call *call, struct render_options *options, struct text *why)
{
    const char *name;
    json_t *value;
    json_object_foreach(call->args, name, value) {
        int error = set_parameter(options, name, value, why);
        if (error < 0)
            return error;
    }
    return query_check(options, why);
}

static void drawn(void *arg, int status, const char *fault, struct blob *png)
{
    struct api_call *call = arg;
    if (status == 0)
        api_call_bytes(call, "image/png", png);
    else if (status == -ENODATA || status == -ENOENT)
        api_call_fail(call, 404, "no picture: %s", fault);
    else if (status == -ENOTSUP)
        api_call_fail(call, 501, "no picture: %s", fault);
    else if (status == -EIO)
        api_call_fail(call, 502, "no picture: %s", fault);
    else if (status == -EINVAL || status == -E2BIG)
        api_call_fail(call, 422, "no picture: %s", fault);
    else
        api_call_busy(call, fault);
}

static void draw(struct api_call *call, const struct session *session,
                 const struct render_options *options)
{
    int error = server_image_ask(call->server, session->name, options, call->http, drawn, call);
    if (error == -ENOENT)
        api_call_fail(call, 404, "%s; GET history lists them", SERVER_JOB_NO_STEP);
    else if (error < 0)
        api_call_busy(call, "too many pictures are waiting");
}

void api_ask_image(struct api_call *call)
{
    struct text why = { 0 };
    struct render_options options;
    const struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    render_options_init(&options);
    if (api_ask_drawing(call, &options, &why) < 0)
        api_call_fail(call, 400, "%s", text_string(&why));
    else if (session->picture.model == NULL && options.step == 0)
        api_call_fail(call, 404, "nothing is shown in session %s", session->name);
    else
        draw(call, session, &options);
    render_options_free(&options);
    text_free(&why);
}

/* ---- clearing ---- */

void api_ask_clear(struct api_call *call)
{
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    struct blob *blob = message_of("D:", json_pack("{s:s}", "type", "clear"));
    if (blob == NULL) {
        api_call_busy(call, "out of memory");
        return;
    }
    handlers_clear(session, blob);
    blob_unref(blob);
    const struct api_call_answer answer = { .status = 204 };
    api_call_end(call, &answer);
}

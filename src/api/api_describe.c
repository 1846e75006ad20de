/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_tree.h"
#include "api/api_view.h"
#include "loop/work.h"
#include "model/model.h"
#include "server/server.h"
#include "view/hub_list.h"

/* One description on the pool. */
struct job {
    struct work work;
    struct api_call *call;
    struct picture picture; /* a copy */
    struct model_file file; /* made by the job if the session has none yet */
    json_t *row;            /* what is told besides the model; NULL: nothing */
    size_t limit;
    bool same; /* the status is about this model */
    struct blob *text;
    const char *fault;
};

static void job_free(struct job *job)
{
    picture_free(&job->picture);
    model_file_free(&job->file);
    json_decref(job->row);
    blob_unref(job->text);
    free(job);
}

/* ---- on the pool ---- */

static int make_file(struct job *job)
{
    struct server *server = job->call->server;
    struct model_options options = { .max_bytes = server->options->max_memory,
                                     .cancel = &server->cancel,
                                     .blocks = server->front.blocks };
    struct blob *message = job->picture.model;
    if (job->file.bytes != NULL)
        return 0;
    job->fault = "the model cannot be read";
    return model_is_file(message) ? model_open(message, &options, &job->file)
                                  : model_convert(message, &options, &job->file);
}

static void describe(struct job *job)
{
    const json_t *states = job->same ? json_object_get(job->picture.status, "states") : NULL;
    json_t *model = api_tree_describe(job->file.bytes, states, job->limit, &job->fault);
    if (model == NULL)
        return;
    json_object_set_new(model, "number", json_integer((json_int_t)job->picture.number));
    json_object_set_new(model, "name", json_string(job->file.name));
    json_object_set_new(model, "shown", json_integer(job->picture.shown));
    json_object_set_new(model, "bytes", json_integer((json_int_t)job->file.bytes->size));
    json_t *whole = job->row == NULL ? model : job->row;
    if (job->row != NULL)
        json_object_set_new(job->row, "model", model);
    char *dump = json_dumps(whole, JSON_COMPACT | JSON_REAL_PRECISION(9));
    job->text = dump == NULL ? NULL : blob_copy(dump, strlen(dump));
    free(dump);
    if (job->row == NULL)
        json_decref(model);
}

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    if (make_file(job) == 0)
        describe(job);
}

/* ---- on the loop ---- */

static void done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct api_call *call = job->call;
    if (job->text != NULL)
        api_call_bytes(call, NULL, job->text);
    else if (status < 0)
        api_call_busy(call, "the server ends");
    else
        api_call_fail(call, 422, "%s", job->fault);
    job_free(job);
}

size_t api_describe_limit(struct api_call *call)
{
    const json_t *given = json_object_get(call->args, "limit");
    const char *text = json_string_value(given);
    char *end = "";
    json_int_t limit = text != NULL ? strtoll(text, &end, 10) : json_integer_value(given);
    if (given == NULL)
        return SIZE_MAX;
    if (limit > 0 && limit <= INT32_MAX && end != text && *end == '\0')
        return (size_t)limit;
    api_call_fail(call, 400, "limit must be a number of parts, from 1 on");
    return 0;
}

/* Describes the model, as the member `model` of `row` if that is not NULL; takes `row` over. */
static void start(struct api_call *call, const struct session *session, json_t *row, size_t limit)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL || picture_copy(&job->picture, &session->picture) < 0) {
        free(job);
        json_decref(row);
        api_call_busy(call, "out of memory");
        return;
    }
    job->call = call;
    job->row = row;
    job->limit = limit;
    job->same = session->reported == session->picture.number;
    job->fault = "out of memory";
    if (session->file_state == SESSION_FILE_READY) {
        job->file = session->file;
        blob_ref(job->file.bytes);
    }
    if (work_start(&job->work, &call->server->front.jobs, "a described model", run, done) == 0)
        return;
    job_free(job);
    api_call_busy(call, "out of memory");
}

void api_describe_sessions(struct api_call *call)
{
    json_t *list = hub_list(&call->server->hub);
    json_object_del(list, "type");
    api_call_json(call, list);
}

/* The session's row, with its view. The pool gets copies: it and the loop share no JSON. */
static json_t *row_of(const struct session *session)
{
    json_t *row = session_describe(session);
    json_object_del(row, "model");
    json_object_set_new(row, "view", api_view_camera(session));
    return row;
}

void api_describe_session(struct api_call *call)
{
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    size_t limit = api_describe_limit(call);
    if (limit == 0)
        return;
    json_t *row = row_of(session);
    if (session->picture.model != NULL) {
        start(call, session, row, limit);
        return;
    }
    json_object_set_new(row, "model", json_null());
    api_call_json(call, row);
}

void api_describe_history(struct api_call *call)
{
    const struct session *session = api_call_session(call);
    if (session != NULL)
        api_call_json(call, session_history(session, false));
}

void api_describe_model(struct api_call *call)
{
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    size_t limit = api_describe_limit(call);
    if (limit > 0 && session->picture.model == NULL)
        api_call_fail(call, 404, "nothing is shown in session %s", session->name);
    else if (limit > 0)
        start(call, session, NULL, limit);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "render/query.h"
#include "server/server.h"
#include "server/server_export.h"

/* One file, until it is there. */
struct job {
    struct api_call *call;
    enum export_format format;
    struct text path;
};

static void job_free(struct job *job)
{
    text_free(&job->path);
    free(job);
}

static void answer(const struct job *job, struct blob *bytes, unsigned left_out)
{
    const struct api_call_answer answer = { .status = 200,
                                            .type = export_type(job->format),
                                            .bytes = bytes,
                                            .path = text_string(&job->path),
                                            .left_out = left_out };
    api_call_end(job->call, &answer);
}

static void done(void *arg, int status, const char *fault, struct blob *bytes, unsigned left_out)
{
    struct job *job = arg;
    if (status == 0)
        answer(job, bytes, left_out);
    else if (status == -ENOENT || status == -ENODATA)
        api_call_fail(job->call, 404, "no file: %s", fault);
    else if (status == -EINVAL || status == -ENOTSUP || status == -E2BIG)
        api_call_fail(job->call, 422, "no file: %s", fault);
    else
        api_call_busy(job->call, fault);
    job_free(job);
}

/* Adds a list of ids as parameters. False: it is no such list. */
static bool add_ids(const struct api_call *call, const char *name, struct text *query)
{
    size_t index;
    json_t *id;
    const json_t *ids = json_object_get(call->args, name);
    json_array_foreach(ids, index, id) {
        if (!json_is_string(id))
            return false;
        text_format(query, "%s%s=", query->size == 0 ? "" : "&", name);
        query_add(query, json_string_value(id));
    }
    return ids == NULL || json_is_array(ids);
}

/* The parameters, as the query of the file's address. False: the call has ended. */
static bool make_query(struct api_call *call, struct text *query)
{
    if (!add_ids(call, "parts", query) || !add_ids(call, "hide", query)) {
        api_call_fail(call, 400, "parts and hide must be lists of ids of parts");
        return false;
    }
    if (api_call_flag(call, "visible"))
        text_format(query, "%svisible=1", query->size == 0 ? "" : "&");
    if (json_object_get(call->args, "step") != NULL)
        text_format(query, "%sstep=%lld", query->size == 0 ? "" : "&",
                    (long long)json_integer_value(json_object_get(call->args, "step")));
    if (text_error(query) == 0)
        return true;
    api_call_busy(call, "out of memory");
    return false;
}

static void start(struct api_call *call, enum export_format format, const struct text *query)
{
    struct text why = { 0 };
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        api_call_busy(call, "out of memory");
        return;
    }
    job->call = call;
    job->format = format;
    text_format(&job->path, "/s/%s/model.%s%s%s", call->session, export_extension(format),
                query->size == 0 ? "" : "?", text_string(query));
    int error = server_export_ask(call->server, call->session, format, text_string(query),
                                  call->http, done, job, &why);
    if (error == -EINVAL || error == -ENOENT)
        api_call_fail(call, 400, "%s", text_string(&why));
    else if (error < 0)
        api_call_busy(call, error == -EBUSY ? "too many files are waiting" : "out of memory");
    if (error < 0)
        job_free(job);
    text_free(&why);
}

void api_export_ask(struct api_call *call)
{
    struct text query = { 0 };
    const struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    const char *name = api_call_text(call, "format");
    enum export_format format = export_format_of(name == NULL ? "" : name);
    if (format == EXPORT_FORMATS)
        api_call_fail(call, 400, "format must be a kind of file that can be written, such as glb");
    else if (session->picture.model == NULL)
        api_call_fail(call, 404, "nothing is shown in session %s", session->name);
    else if (make_query(call, &query))
        start(call, format, &query);
    text_free(&query);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_shot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_ask.h"
#include "base/png.h"
#include "loop/work.h"
#include "server/server.h"
#include "view/message.h"
#include "view/session_shots.h"
#include "web/token.h"

/* Requests that may wait for a browser, of all sessions. */
#define SHOTS_MAX 64

#define NAME_BEGIN "/cadcast-api/"

struct shot {
    struct list link; /* in server->shots */
    struct api_call *call;
    char filename[sizeof(NAME_BEGIN) + TOKEN_MADE];
};

/* The picture of a browser while the pool decodes it. */
struct job {
    struct work work;
    struct api_call *call;
    json_t *data_url; /* only read on the pool */
    struct blob *png;
    const char *fault;
};

/* The call of that file name, which is over for this list; NULL: there is none. */
static struct api_call *take(struct server *server, const char *filename)
{
    list_each(pos, next, &server->shots) {
        struct shot *shot = list_entry(pos, struct shot, link);
        if (strcmp(shot->filename, filename) != 0)
            continue;
        struct api_call *call = shot->call;
        list_remove(&shot->link);
        free(shot);
        return call;
    }
    return NULL;
}

/* ---- asking ---- */

static struct shot *shot_new(struct api_call *call)
{
    unsigned count = 0;
    char token[TOKEN_MADE + 1];
    struct server *server = call->server;
    list_each(pos, next, &server->shots)
        count++;
    struct shot *shot = count >= SHOTS_MAX ? NULL : calloc(1, sizeof(*shot));
    if (shot == NULL || token_make(token) < 0) {
        free(shot);
        return NULL;
    }
    shot->call = call;
    snprintf(shot->filename, sizeof(shot->filename), "%s%s", NAME_BEGIN, token);
    list_append(&server->shots, &shot->link);
    return shot;
}

void api_shot_ask(struct api_call *call)
{
    char text[160];
    struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    if (session->picture.model == NULL) {
        api_call_fail(call, 404, "nothing is shown in session %s", session->name);
        return;
    }
    const struct shot *shot = shot_new(call);
    int n = shot == NULL
                ? 0
                : snprintf(text, sizeof(text), "C:{\"type\":\"screenshot\",\"filename\":\"%s\"}",
                           shot->filename);
    struct blob *blob = shot == NULL ? NULL : blob_copy(text, (size_t)n);
    if (blob == NULL) {
        if (shot != NULL)
            take(call->server, shot->filename);
        api_call_busy(call, "too many screenshots are waiting");
        return;
    }
    message_received(blob);
    snprintf(text, sizeof(text), "%s", shot->filename);
    session_shots_want(session, blob, text);
    blob_unref(blob);
}

/* ---- the answer ---- */

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    size_t size = json_string_length(job->data_url);
    job->png = blob_new(PNG_ROOM(size));
    job->fault = "out of memory";
    if (job->png != NULL)
        job->fault =
            png_from_url(json_string_value(job->data_url), size, job->png->data, &job->png->size);
}

static void done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    if (status < 0)
        api_call_busy(job->call, "the server ends");
    else if (job->fault != NULL)
        api_call_fail(job->call, 502, "the browser's picture %s", job->fault);
    else
        api_call_bytes(job->call, "image/png", job->png);
    json_decref(job->data_url);
    blob_unref(job->png);
    free(job);
}

bool api_shot_sent(struct server *server, const char *filename, json_t *data_url)
{
    struct api_call *call = take(server, filename);
    if (call == NULL)
        return false;
    struct job *job = calloc(1, sizeof(*job));
    if (job != NULL) {
        job->call = call;
        job->data_url = json_incref(data_url);
        if (work_start(&job->work, &server->front.jobs, "a screenshot", run, done) == 0)
            return true;
        json_decref(job->data_url);
        free(job);
    }
    api_call_busy(call, "out of memory");
    return true;
}

bool api_shot_draw(struct server *server, const char *filename)
{
    struct api_call *call = take(server, filename);
    if (call == NULL)
        return false;
    /* As the page's screenshots are. */
    json_object_set_new(call->args, "transparent", json_true());
    api_ask_image(call);
    return true;
}

void api_shot_lost(struct server *server, const char *filename, const char *why)
{
    struct api_call *call = take(server, filename);
    if (call != NULL)
        api_call_fail(call, 504, "no picture: %s", why);
}

void api_shot_free(struct server *server)
{
    while (!list_empty(&server->shots)) {
        struct shot *shot = list_entry(server->shots.next, struct shot, link);
        api_shot_lost(server, shot->filename, "the server ends");
    }
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_ask.h"
#include "api/api_describe.h"
#include "base/png.h"
#include "compare/compare.h"
#include "loop/work.h"
#include "render/query.h"
#include "server/server.h"
#include "server/server_job.h"
#include "view/exact.h"

/* Comparisons that may wait, and how long one may take, and its picture. */
#define WAITING_MAX 16
#define COMPARE_MS 30000
#define PICTURE_MS 20000
#define PICTURE_BYTES ((size_t)256 << 20)

/* Parts that are listed unless the asker says how many. */
#define LISTED 1000

/* What the answer has. */
enum form { FORM_JSON, FORM_IMAGE, FORM_BOTH, FORM_MODEL, FORM_SHOWN };

/* One of the two models, from the turn of the comparison on. */
struct half {
    uint32_t id;                        /* of the session, which may be freed before its turn */
    char session[SESSION_NAME_MAX + 1]; /* its name in the question */
    uint64_t step;                      /* its number; 0: what the session shows */
    uint64_t number;                    /* of the picture that was taken */
    bool kept;                          /* its file is found at its address */
    struct picture picture;
    struct model_file file;    /* made by the job if the session has none yet */
    struct stored_file stored; /* of a step, what its file is made of */
    struct stored_file parts;  /* and its exact geometry */
    bool reported;             /* the browsers' report is about this picture */
};

/* One comparison, from the question to the answer. */
struct job {
    struct work work;
    struct list link; /* in server->comparisons */
    struct api_call *call;
    enum form form;
    struct half halves[2]; /* from, to */
    size_t limit;
    struct render_options drawing;
    size_t room; /* bytes of memory that it may take */
    struct compare_result result;
    struct blob *text;
    struct blob *png;
    const char *fault; /* of what is no comparison */
    char why[RENDER_WHY];
    int status;
};

static void job_free(struct job *job)
{
    for (int i = 0; i < 2; i++) {
        picture_free(&job->halves[i].picture);
        stored_drop(&job->halves[i].stored);
        stored_drop(&job->halves[i].parts);
        model_file_free(&job->halves[i].file);
    }
    compare_result_free(&job->result);
    blob_unref(job->text);
    blob_unref(job->png);
    render_options_free(&job->drawing);
    free(job);
}

/* ---- on the pool ---- */

static int make_file(const struct job *job, struct half *half)
{
    const struct server *server = job->call->server;
    const struct model_options options = { .max_bytes = job->room,
                                           .cancel = &server->cancel,
                                           .blocks = server->front.blocks };
    /* Without the exact geometry of a step its arrays decide. */
    if (half->parts.base != NULL)
        half->picture.parts = stored_make(&half->parts, server->front.blocks);
    /* A step; what is shown now may be asked for by its number too. */
    if (half->stored.base != NULL) {
        half->file.bytes = stored_make(&half->stored, server->front.blocks);
        return half->file.bytes == NULL ? -ENOMEM : 0;
    }
    return half->file.bytes != NULL ? 0 : model_make(half->picture.model, &options, &half->file);
}

static struct compare_input input_of(const struct half *half)
{
    return (struct compare_input){ .file = half->file.bytes,
                                   .exact = half->picture.parts,
                                   .states = half->reported
                                                 ? json_object_get(half->picture.status, "states")
                                                 : NULL };
}

static int draw(struct job *job)
{
    struct render_picture drawn;
    const struct blob *bytes = job->result.model.bytes;
    job->drawing.cancel = &job->call->server->cancel;
    job->drawing.max_ms = PICTURE_MS;
    job->drawing.max_bytes = PICTURE_BYTES;
    int error = render_draw(bytes->data, bytes->size, &job->drawing, &drawn);
    if (error < 0) {
        snprintf(job->why, sizeof(job->why), "%s", drawn.fault);
        job->fault = job->why;
        return error;
    }
    error = png_encode(drawn.pixels, drawn.width, drawn.height, drawn.opaque, &job->png);
    job->fault = "out of memory";
    render_picture_free(&drawn);
    return error;
}

static int write_text(struct job *job)
{
    char *dump = json_dumps(job->result.report, JSON_COMPACT | JSON_REAL_PRECISION(12));
    job->text = dump == NULL ? NULL : blob_copy(dump, strlen(dump));
    job->fault = "out of memory";
    free(dump);
    return job->text == NULL ? -ENOMEM : 0;
}

/* Which picture it is: with these numbers the same two are asked for again. */
static void describe(const struct half *half, json_t *side)
{
    struct text url = { 0 };
    json_object_set_new(side, "session", json_string(half->session));
    json_object_set_new(side, "number", json_integer((json_int_t)half->number));
    if (half->kept) {
        text_format(&url, "models/%s", half->file.hash);
        json_object_set_new(side, "url", json_string(text_string(&url)));
        json_object_set_new(side, "bytes", json_integer((json_int_t)half->file.bytes->size));
    }
    text_free(&url);
}

static int compare(struct job *job)
{
    const struct server *server = job->call->server;
    struct compare_options options = { .picture = job->form != FORM_JSON,
                                       .limit = job->limit,
                                       .max_bytes = job->room,
                                       .max_ms = COMPARE_MS,
                                       .cancel = &server->cancel };
    memcpy(options.key, server->model_key, sizeof(options.key));
    for (int i = 0; i < 2; i++) {
        int error = make_file(job, &job->halves[i]);
        job->fault = i == 0 ? "the first model cannot be read" : "the second model cannot be read";
        if (error < 0)
            return error;
    }
    const struct compare_input from = input_of(&job->halves[0]), to = input_of(&job->halves[1]);
    int error = compare_models(&from, &to, &options, &job->result);
    job->fault = job->result.fault;
    describe(&job->halves[0], json_object_get(job->result.report, "from"));
    describe(&job->halves[1], json_object_get(job->result.report, "to"));
    return error;
}

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    job->status = compare(job);
    if (job->status == 0)
        job->status = write_text(job);
    if (job->status == 0 && (job->form == FORM_IMAGE || job->form == FORM_BOTH))
        job->status = draw(job);
}

/* ---- on the loop ---- */

/* Shows the comparison in the session of the call. False: the call has ended. */
static bool show(struct job *job)
{
    int error = 0;
    struct api_call *call = job->call;
    struct hub *hub = &call->server->hub;
    struct session *session = hub_session(hub, call->session, &error);
    if (session == NULL && error == -EAGAIN)
        api_call_busy(call, "there are too many sessions (--max-sessions)");
    else if (session == NULL)
        api_call_busy(call, "out of memory");
    else if (!hub_make_room(hub, job->result.model.bytes->size, session))
        api_call_busy(call, "--max-memory has no room for the comparison");
    else {
        exact_replaced(session);
        session_drop_parts(session);
        hub_model_file(hub, session, &job->result.model);
        job->result.model = (struct model_file){ 0 };
        return true;
    }
    return false;
}

static void fail(const struct job *job)
{
    struct api_call *call = job->call;
    if (job->status == -ENODATA)
        api_call_fail(call, 404, "%s", job->fault);
    else if (job->status == -EINVAL || job->status == -ENOTSUP || job->status == -E2BIG)
        api_call_fail(call, 422, "%s", job->fault);
    else
        api_call_busy(call, job->fault);
}

static void answer(struct job *job)
{
    const struct api_call_answer both = { .status = 200, .bytes = job->text, .picture = job->png };
    if (job->status < 0)
        fail(job);
    else if (job->form == FORM_IMAGE)
        api_call_bytes(job->call, "image/png", job->png);
    else if (job->form == FORM_MODEL)
        api_call_bytes(job->call, "application/octet-stream", job->result.model.bytes);
    else if (job->form != FORM_SHOWN || show(job))
        api_call_end(job->call, &both);
}

static void start_next(struct server *server);

static void done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    struct server *server = job->call->server;
    if (status < 0) {
        job->status = status;
        job->fault = "the server ends";
    }
    log_info(&server->log, "compare", "sessions %s and %s: %s in %.1f ms", job->halves[0].session,
             job->halves[1].session, job->status < 0 ? job->fault : "compared",
             (double)(uv_hrtime() - work->queued - work->waited) / 1e6);
    answer(job);
    job_free(job);
    server->comparing = false;
    start_next(server);
}

static int take_step(struct job *job, struct half *half, const struct session *session)
{
    const struct history_step *step = session_step(session, (int64_t)half->step);
    job->fault = "the history has dropped the step meanwhile";
    if (step == NULL)
        return -ENODATA;
    half->file = step->file;
    half->number = half->step;
    half->kept = true;
    return history_take(step, &half->stored, &half->parts);
}

/* Takes what the session shows now, or a step of its history. 0, -ENODATA: nothing; or -ENOMEM. */
static int take_half(struct job *job, struct half *half)
{
    const struct session *session = hub_of(&job->call->server->hub, half->id);
    if (session != NULL && half->step != 0 && half->step != session->picture.number)
        return take_step(job, half, session);
    job->fault = "one of the sessions shows nothing any more";
    if (session == NULL || session->picture.model == NULL)
        return -ENODATA;
    job->fault = "out of memory";
    if (session_copy_picture(session, &half->picture) < 0)
        return -ENOMEM;
    half->number = session->picture.number;
    half->reported = session->reported == session->picture.number;
    if (session->file_state == SESSION_FILE_READY) {
        half->kept = true;
        half->file = session->file;
        blob_ref(half->file.bytes);
    }
    return 0;
}

/* Starts a job; false: it has ended instead. */
static bool start(struct job *job)
{
    struct server *server = job->call->server;
    job->room = server_job_room(server);
    job->status = 0;
    job->fault = "its request is gone";
    if (weak_pointer_get(job->call->http) == NULL)
        job->status = -ECANCELED;
    for (int i = 0; job->status == 0 && i < 2; i++)
        job->status = take_half(job, &job->halves[i]);
    if (job->status == 0 &&
        work_start(&job->work, &server->front.jobs, "a comparison", run, done) == 0)
        return true;
    job->status = job->status == 0 ? -ENOMEM : job->status;
    fail(job);
    job_free(job);
    return false;
}

static void start_next(struct server *server)
{
    while (!server->comparing && !list_empty(&server->comparisons)) {
        struct job *job = list_entry(server->comparisons.next, struct job, link);
        list_remove(&job->link);
        server->comparison_count--;
        server->comparing = start(job);
    }
}

/* ---- questions ---- */

/* The number of a step of the history, or of what is shown; 0: there is none. */
static uint64_t number_of(const struct session *session, int64_t step)
{
    const struct history_step *found = session_step(session, step);
    bool now =
        session->picture.model != NULL && step > 0 && (uint64_t)step == session->picture.number;
    return found != NULL ? found->picture.number : now ? (uint64_t)step : 0;
}

/* Takes a picture of the session by its number. False: the call has ended. */
static bool take_number(struct api_call *call, const struct session *session, const char *number,
                        struct half *half)
{
    int64_t step = 0;
    struct text why = { 0 };
    bool good = query_step(number, &step, &why) == 0;
    half->step = !good || session == NULL ? 0 : number_of(session, step);
    half->id = half->step == 0 ? 0 : session->id;
    if (!good)
        api_call_fail(call, 400, "%s", text_string(&why));
    else if (half->step == 0)
        api_call_fail(call, 404, "session %s has no step %s; GET history lists them", half->session,
                      number);
    text_free(&why);
    return half->step != 0;
}

/* Takes the name of a session that shows something, or SESSION@STEP. False: the call has ended. */
static bool take_name(struct api_call *call, const char *what, const char *given, struct half *half)
{
    const char *at = given == NULL ? NULL : strchr(given, '@');
    size_t size = given == NULL ? 0 : at == NULL ? strlen(given) : (size_t)(at - given);
    const char *name = half->session;
    snprintf(half->session, sizeof(half->session), "%.*s", (int)size, given == NULL ? "" : given);
    if (size > SESSION_NAME_MAX || !session_name_ok(name)) {
        api_call_fail(call, 400, "%s must be the name of a session, or SESSION@STEP", what);
        return false;
    }
    if (at != NULL)
        return take_number(call, hub_find(&call->server->hub, name), at + 1, half);
    const struct session *session = hub_find(&call->server->hub, name);
    if (session != NULL && session->picture.model != NULL) {
        half->id = session->id;
        return true;
    }
    api_call_fail(call, 404, "%s %s; GET /api/v1/sessions lists all",
                  session == NULL ? "there is no session" : "nothing is shown in session", name);
    return false;
}

static void enqueue(struct job *job)
{
    struct server *server = job->call->server;
    list_append(&server->comparisons, &job->link);
    server->comparison_count++;
    start_next(server);
}

/* A job for the call; NULL: the call has ended. */
static struct job *job_new(struct api_call *call, enum form form)
{
    bool full = call->server->comparison_count >= WAITING_MAX;
    struct job *job = full ? NULL : calloc(1, sizeof(*job));
    if (job == NULL) {
        api_call_busy(call, full ? "too many comparisons are waiting" : "out of memory");
        return NULL;
    }
    list_init(&job->link);
    job->call = call;
    job->form = form;
    job->limit = LISTED;
    render_options_init(&job->drawing);
    return job;
}

/* The other parameters are those of the picture. */
static bool take_drawing(struct job *job)
{
    struct text why = { 0 };
    struct api_call *call = job->call;
    if (json_object_get(call->args, "limit") != NULL) {
        job->limit = api_describe_limit(call);
        if (job->limit == 0)
            return false;
    }
    json_object_del(call->args, "with");
    json_object_del(call->args, "limit");
    json_object_del(call->args, "picture");
    int error = api_ask_drawing(call, &job->drawing, &why);
    if (error == 0 && job->drawing.browser) {
        text_add(&why, "renderer must be own: no browser draws comparisons");
        error = -EINVAL;
    }
    if (error < 0)
        api_call_fail(call, 400, "%s", text_string(&why));
    text_free(&why);
    return error == 0;
}

/* The step of the call's session, as SESSION@STEP. */
static bool take_own(struct api_call *call, struct half *half)
{
    struct text name = { 0 };
    const json_t *step = json_object_get(call->args, "step");
    text_add(&name, call->session);
    if (json_is_string(step))
        text_format(&name, "@%s", json_string_value(step));
    else if (step != NULL)
        text_format(&name, "@%lld", (long long)json_integer_value(step));
    /* The other parameters are those of a picture. */
    json_object_del(call->args, "step");
    bool good = take_name(call, "the session", text_string(&name), half);
    text_free(&name);
    return good;
}

static bool take_with(struct api_call *call, struct job *job)
{
    return take_name(call, "with", api_call_text(call, "with"), &job->halves[1]) &&
           take_own(call, &job->halves[0]);
}

static void ask(struct api_call *call, enum form form)
{
    if (api_call_session(call) == NULL)
        return;
    struct job *job = job_new(call, form);
    if (job == NULL)
        return;
    if (take_with(call, job) && take_drawing(job))
        enqueue(job);
    else
        job_free(job);
}

void api_compare_ask(struct api_call *call)
{
    ask(call, FORM_JSON);
}

void api_compare_image(struct api_call *call)
{
    ask(call, FORM_IMAGE);
}

void api_compare_model(struct api_call *call)
{
    ask(call, FORM_MODEL);
}

void api_compare_both(struct api_call *call)
{
    ask(call, api_call_flag(call, "picture") ? FORM_BOTH : FORM_JSON);
}

void api_compare_show(struct api_call *call)
{
    const char *name;
    json_t *value;
    json_object_foreach(call->body, name, value) {
        if (strcmp(name, "from") != 0 && strcmp(name, "to") != 0) {
            api_call_fail(call, 400, "there is no member %.40s; there are: from, to", name);
            return;
        }
    }
    struct job *job = job_new(call, FORM_SHOWN);
    if (job == NULL)
        return;
    const char *from = json_string_value(json_object_get(call->body, "from"));
    const char *to = json_string_value(json_object_get(call->body, "to"));
    if (take_name(call, "from", from, &job->halves[0]) &&
        take_name(call, "to", to, &job->halves[1]))
        enqueue(job);
    else
        job_free(job);
}

void api_compare_free(struct server *server)
{
    list_each(pos, next, &server->comparisons) {
        struct job *job = list_entry(pos, struct job, link);
        job->status = -ECANCELED;
        job->fault = "the server ends";
        fail(job);
        job_free(job);
    }
    list_init(&server->comparisons);
    server->comparison_count = 0;
}

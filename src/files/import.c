/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/import.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "view/refuse.h"

/* Bytes that may wait for the importer or the disk before no more of the body is read. */
#define WAITING_MAX ((size_t)1024 * 1024)

/* Milliseconds between two texts about the progress, and until the first one on pages. */
#define TELL_MS 200
#define QUICK_MS 500

/* The longest line of an importer that is passed on. */
#define LINE_MAX_BYTES 500

static const struct importer_events importer_events;

static const char *label(const struct import *import)
{
    return import->request.name[0] == '\0' ? "the file" : import->request.name;
}

static uint64_t now(const struct import *import)
{
    return uv_now(import->front->loop);
}

/* ---- the end ---- */

static void on_soon(uv_timer_t *timer);

static void run_soon(struct import *import)
{
    if (!uv_is_closing((uv_handle_t *)&import->soon))
        uv_timer_start(&import->soon, on_soon, 0, 0);
}

static void on_part_closed(struct import *import)
{
    if (--import->handles == 0)
        import->events->closed(import->owner, import);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

static void on_importer_closed(void *arg)
{
    struct import *import = arg;
    import->importer = NULL;
    on_part_closed(import);
}

static void on_folder_closed(void *arg)
{
    struct import *import = arg;
    import->folder = NULL;
    on_part_closed(import);
}

/* Ends everything; in a turn of its own, since the view may be in the middle of the show. */
static void close_parts(struct import *import)
{
    import->over = true;
    if (import->working)
        feed_tell_pages(import->front->hub, import->session, "", 0);
    import->working = false;
    feed_leave(&import->feed);
    uv_close((uv_handle_t *)&import->soon, on_timer_closed);
    uv_close((uv_handle_t *)&import->deadline, on_timer_closed);
    if (import->importer != NULL)
        importer_close(import->importer);
    if (import->folder != NULL)
        folder_close(import->folder);
    import->events->over(import->owner, import);
}

void import_free(struct import *import)
{
    text_free(&import->early);
    json_decref(import->facts);
    free(import);
}

/* The request is over: what is left of the import ends soon. */
static void end(struct import *import, enum import_outcome outcome)
{
    import->http = NULL;
    import->outcome = outcome;
    uv_timer_stop(&import->deadline);
    run_soon(import);
}

/* Answers with a problem, and ends it. */
static void fail(struct import *import, int status, const char *why)
{
    struct http *http = import->http;
    if (http == NULL)
        return;
    log_warning(import->front->log, "import", "session %s: a file from %s: %d: %s", import->session,
                import->from, status, why);
    /* Pages that show the session are told, also one that is opened for the file. */
    if (import->feed.joined && status != 503 && status != 409)
        refuse_file(import->feed.peer.session, why);
    end(import, IMPORT_FAILED);
    http_respond_text(http, status, why, status == 503 ? "Retry-After: 5\r\n" : NULL);
}

static void fail_about(struct import *import, int status, const char *why)
{
    char text[LINE_MAX_BYTES];
    snprintf(text, sizeof(text), "%s: %s", label(import), why);
    fail(import, status, text);
}

static void fail_error(struct import *import, const char *what, int error)
{
    char text[160], why[64];
    snprintf(text, sizeof(text), "%s: %s", what, error_text(error, why, sizeof(why)));
    fail_about(import, error == -ENOMEM ? 503 : 500, text);
}

/* ---- the answer ---- */

/* The importer's notices, then those of the show. */
static json_t *all_notices(const struct import *import)
{
    json_t *all = json_array();
    json_t *of_file = json_object_get(import->facts, "notices");
    json_t *of_show = json_object_get(import->feed.answer, "notices");
    if (json_is_array(of_file))
        json_array_extend(all, of_file);
    if (json_is_array(of_show))
        json_array_extend(all, of_show);
    return all;
}

static void succeed(struct import *import)
{
    struct text body = { 0 };
    struct http *http = import->http;
    double seconds = (double)(now(import) - import->begun) / 1000;
    json_t *parts = json_object_get(import->facts, "parts");
    json_t *format = json_object_get(import->facts, "format");
    json_t *answer = json_pack("{s:s, s:O, s:O, s:o, s:f}", "session", import->session, "format",
                               json_is_string(format) ? format : json_null(), "parts",
                               json_is_integer(parts) ? parts : json_null(), "notices",
                               all_notices(import), "seconds", seconds);
    char *dump = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(answer);
    log_info(import->front->log, "import",
             "session %s: %s, %" PRIu64 " bytes from %s, is shown after %.3f s", import->session,
             label(import), import->received, import->from, seconds);
    text_add(&body, dump == NULL ? "{}" : dump);
    free(dump);
    end(import, IMPORT_SHOWN);
    http_respond_made(http, "application/json", &body);
    text_free(&body);
}

/* Why the session did not take the show. */
static void fail_show(struct import *import)
{
    const struct feed *feed = &import->feed;
    bool memory = strstr(feed->why, "--max-") != NULL || strcmp(feed->why, "out of memory") == 0;
    fail_about(import, feed->replaced ? 409 : memory ? 413 : 422, feed->why);
}

/* ---- steps ---- */

static void on_deadline(uv_timer_t *timer)
{
    struct import *import = timer->data;
    char why[96];
    snprintf(why, sizeof(why), "it was not read within %.0f s (--import-timeout)",
             (double)import->front->options->import_timeout / 1000);
    fail_about(import, 504, why);
}

/* The client has sent what it can, and waits for us. */
static void wait_for_importer(struct import *import)
{
    uint64_t timeout = import->front->options->import_timeout;
    if (timeout > 0 && !uv_is_active((uv_handle_t *)&import->deadline))
        uv_timer_start(&import->deadline, on_deadline, timeout, 0);
}

static void start_importer(struct import *import, const struct text *names);

static void check_folder(struct import *import)
{
    bool internal;
    const char *fault = folder_fault(import->folder, &internal);
    char why[160];
    if (fault != NULL) {
        snprintf(why, sizeof(why),
                 internal ? "the files cannot be kept: %s" : "the archive cannot be used: %s",
                 fault);
        fail_about(import, internal ? 500 : 400, why);
    } else if (folder_complete(import->folder) && import->importer == NULL) {
        start_importer(import, folder_names(import->folder));
    }
}

static bool is_behind(const struct import *import)
{
    if (import->folder != NULL)
        return folder_waiting(import->folder) > WAITING_MAX;
    return import->importer != NULL && importer_queued(import->importer) > WAITING_MAX;
}

/* Reads the body on, or not. */
static void pace_body(struct import *import)
{
    if (import->http == NULL || !import->started || import->complete)
        return;
    if (is_behind(import)) {
        http_pause_body(import->http);
        wait_for_importer(import);
    } else {
        uv_timer_stop(&import->deadline);
        http_resume_body(import->http);
    }
}

/* Everything that has to happen outside the events that cause it. */
static void step(struct import *import)
{
    struct feed *feed = &import->feed;
    if (import->http == NULL) {
        close_parts(import);
        return;
    }
    if (import->folder != NULL && import->importer == NULL)
        check_folder(import);
    if (feed_goes_on(feed))
        feed_go_on(feed);
    if (feed_goes_on(feed))
        run_soon(import);
    if (feed->failed)
        fail_show(import);
    else if (import->facts != NULL && feed->shown)
        succeed(import);
    if (import->http == NULL)
        return;
    pace_body(import);
    if (import->importer != NULL && !feed->held && !feed_goes_on(feed))
        importer_resume(import->importer);
}

static void on_soon(uv_timer_t *timer)
{
    step(timer->data);
}

/* ---- the importer's frames ---- */

static void tell_progress(struct import *import, const char *payload)
{
    char text[REQUEST_NAME + 64];
    uint64_t at = now(import);
    if (at - import->told < TELL_MS)
        return;
    import->told = at;
    json_t *said = json_loads(payload, 0, NULL);
    const char *phase = json_string_value(json_object_get(said, "phase"));
    double fraction = json_number_value(json_object_get(said, "fraction"));
    int percent = (int)(100 * fraction);
    /* A word: it goes into a header. */
    if (phase != NULL && phase[strspn(phase, "abcdefghijklmnopqrstuvwxyz")] != '\0')
        phase = NULL;
    if (phase != NULL && at - import->begun >= QUICK_MS) {
        snprintf(text, sizeof(text), "%s: %.20s", label(import), phase);
        feed_tell_pages(import->front->hub, import->session, text, fraction);
        import->working = true;
    }
    if (phase != NULL && import->request.progress) {
        snprintf(text, sizeof(text), "Cadcast-Progress: %.20s %d\r\n", phase, percent);
        http_interim(import->http, "102 Processing", text);
    }
    json_decref(said);
}

static void take_message(struct import *import)
{
    struct blob *message = importer_take(import->importer);
    if (message == NULL) {
        fail(import, 503, "out of memory");
        return;
    }
    import->given = true;
    feed_give(&import->feed, message);
    if (import->feed.held || feed_goes_on(&import->feed))
        importer_pause(import->importer);
    if (feed_goes_on(&import->feed))
        run_soon(import);
}

/* 415: a file of another kind than those that are read; else 400. */
static int status_of(const char *line)
{
    bool unknown = strstr(line, " is of no kind that can be shown") != NULL ||
                   strstr(line, " cannot be shown: it is ") != NULL;
    return unknown ? 415 : 400;
}

static void take_error(struct import *import, const char *payload)
{
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof(line), "%s", payload);
    fail(import, status_of(line), line);
}

static void on_frame(void *arg, const struct frame *frame, const char *payload)
{
    struct import *import = arg;
    if (import->http == NULL || import->facts != NULL)
        return;
    switch (frame->kind) {
    case FRAME_PROGRESS:
        tell_progress(import, payload);
        break;
    case FRAME_MESSAGE:
        take_message(import);
        break;
    case FRAME_DONE:
        import->facts = json_loadb(payload, frame->length, 0, NULL);
        if (import->facts == NULL)
            fail_about(import, 500, "the importer's last words are no JSON");
        else if (!import->given)
            fail_about(import, 500, "the importer ended without a picture");
        run_soon(import);
        break;
    case FRAME_ERROR:
        take_error(import, payload);
        break;
    default:
        break;
    }
}

static void on_drained(void *arg)
{
    pace_body(arg);
}

static void on_ended(void *arg, int64_t status, int signal_number)
{
    struct import *import = arg;
    char why[128];
    if (import->http == NULL || import->facts != NULL)
        return;
    if (signal_number != 0)
        snprintf(why, sizeof(why), "the importer ended by signal %d (%s)%s", signal_number,
                 strsignal(signal_number),
                 signal_number == SIGXCPU ? ": --import-timeout was over" : "");
    else if (status == -EPROTO)
        snprintf(why, sizeof(why), "the importer wrote what cannot be understood");
    else
        snprintf(why, sizeof(why), "the importer ended with status %" PRId64, status);
    fail_about(import, signal_number == SIGXCPU ? 504 : 500, why);
}

static const struct importer_events importer_events = {
    .frame = on_frame,
    .drained = on_drained,
    .ended = on_ended,
    .closed = on_importer_closed,
};

/* ---- the start ---- */

/* The arguments of an importer; each from its own buffer here. */
#define ARGUMENTS_MAX 24

struct arguments {
    char *list[ARGUMENTS_MAX + FOLDER_FILES_MAX + 1];
    unsigned count;
    char numbers[6][32];
    unsigned numbers_used;
};

static void add(struct arguments *to, const char *name, const char *value)
{
    to->list[to->count++] = (char *)name;
    if (value != NULL)
        to->list[to->count++] = (char *)value;
}

static void add_whole(struct arguments *to, const char *name, uint64_t value)
{
    char *number = to->numbers[to->numbers_used++];
    snprintf(number, sizeof(to->numbers[0]), "%" PRIu64, value);
    add(to, name, number);
}

static void add_real(struct arguments *to, const char *name, double value)
{
    char *number = to->numbers[to->numbers_used++];
    snprintf(number, sizeof(to->numbers[0]), "%.9g", value);
    add(to, name, number);
}

/* The longest message that the session takes. */
static uint64_t longest(const struct import *import)
{
    const struct options *options = import->front->options;
    return options->max_message < options->max_memory ? options->max_message : options->max_memory;
}

static void add_options(struct arguments *to, const struct import *import)
{
    const struct options *options = import->front->options;
    const struct request *request = &import->request;
    if (request->name[0] != '\0')
        add(to, "--name", request->name);
    if (request->format != NULL)
        add(to, "--format", request->format);
    if (!request->heal)
        add(to, "--no-heal", NULL);
    if (request->reset)
        add(to, "--config", "{\"reset_camera\":\"RESET\"}");
    if (request->deviation > 0)
        add_real(to, "--deviation", request->deviation);
    if (request->angle > 0)
        add_real(to, "--angular-tolerance", request->angle);
    if (options->import_memory > 0)
        add_whole(to, "--memory", options->import_memory);
    if (options->import_timeout > 0)
        add_whole(to, "--time", (options->import_timeout + 999) / 1000);
    add_whole(to, "--max-input", options->max_import);
    add_whole(to, "--max-output", longest(import));
}

/* The models among the files: those at the top whose ending says so. */
static void add_files(struct arguments *to, const struct text *names)
{
    for (size_t at = 0; at < names->size; at += strlen(names->data + at) + 1) {
        const char *name = names->data + at;
        if (name[0] != '-' && strchr(name, '/') == NULL && request_is_model(name))
            add(to, name, NULL);
    }
}

static void start_importer(struct import *import, const struct text *names)
{
    struct arguments *arguments = calloc(1, sizeof(*arguments));
    if (arguments == NULL) {
        fail(import, 503, "out of memory");
        return;
    }
    add(arguments, import->program, NULL);
    add_options(arguments, import);
    unsigned before = arguments->count + 2;
    if (names != NULL) {
        add(arguments, "--root", folder_path(import->folder));
        add_files(arguments, names);
    }
    if (names != NULL && arguments->count == before) {
        free(arguments);
        fail_about(import, 415,
                   "none of the files is a model: STEP, IGES, BREP, STL, OBJ, glTF, GLB, 3MF and "
                   "PLY can be shown, at the top of the archive");
        return;
    }
    int error = importer_start(&import->importer, import->front->loop, arguments->list,
                               longest(import) + 64, &importer_events, import);
    free(arguments);
    if (error < 0) {
        fail_error(import, "the importer cannot be started", error);
        return;
    }
    import->handles++;
    if (names != NULL)
        importer_end_input(import->importer);
}

static void on_folder_drained(void *arg)
{
    run_soon(arg);
}

static bool start_folder(struct import *import)
{
    static const struct folder_events events = { .drained = on_folder_drained,
                                                 .closed = on_folder_closed };
    import->folder = folder_new(&import->front->jobs, &events, import);
    if (import->folder == NULL) {
        fail(import, 503, "out of memory");
        return false;
    }
    import->handles++;
    return true;
}

static void forward(struct import *import, const void *data, size_t size)
{
    if (import->folder != NULL)
        folder_feed(import->folder, data, size);
    else if (import->importer != NULL && importer_write(import->importer, data, size) < 0)
        fail(import, 503, "out of memory");
}

static void forward_end(struct import *import)
{
    wait_for_importer(import);
    if (import->folder != NULL)
        folder_end(import->folder);
    else if (import->importer != NULL)
        importer_end_input(import->importer);
}

static bool join(struct import *import)
{
    struct hub *hub = import->front->hub;
    int error = 0;
    struct session *session = hub_session(hub, import->session, &error);
    if (session == NULL && error == -EAGAIN)
        fail(import, 503, "there are too many sessions (--max-sessions)");
    else if (session == NULL ||
             feed_join(&import->feed, hub, session, import->from, import->local) < 0)
        fail(import, 503, "out of memory");
    return import->http != NULL;
}

void import_start(struct import *import, const char *program)
{
    import->program = program;
    import->started = true;
    import->begun = now(import);
    if (import->http == NULL || !join(import))
        return;
    if (import->request.archive)
        start_folder(import);
    else
        start_importer(import, NULL);
    if (import->http == NULL)
        return;
    forward(import, text_string(&import->early), import->early.size);
    text_free(&import->early);
    memset(&import->early, 0, sizeof(import->early));
    if (import->complete)
        forward_end(import);
    /* The body is read on in another turn: this may be within http_events.body. */
    run_soon(import);
}

/* ---- the body ---- */

static void on_body(void *arg, const uint8_t *data, size_t size)
{
    struct import *import = arg;
    char why[96];
    uint64_t most = import->front->options->max_import;
    import->received += size;
    if (import->received > most) {
        snprintf(why, sizeof(why), "it is longer than %" PRIu64 " bytes (--max-import)", most);
        fail_about(import, 413, why);
        return;
    }
    if (import->started)
        forward(import, data, size);
    else
        text_add_bytes(&import->early, data, size);
    if (import->http != NULL && text_error(&import->early) < 0)
        fail(import, 503, "out of memory");
    pace_body(import);
}

static void on_body_end(void *arg)
{
    struct import *import = arg;
    import->complete = true;
    http_watch(import->http);
    if (import->received == 0)
        fail_about(import, 400, "it is empty");
    else if (import->started)
        forward_end(import);
}

static void on_client_gone(void *arg)
{
    struct import *import = arg;
    log_info(import->front->log, "import", "session %s: %s has left before %s was shown",
             import->session, import->from, label(import));
    end(import, IMPORT_FAILED);
}

static const struct http_sink sink = { .data = on_body,
                                       .end = on_body_end,
                                       .gone = on_client_gone };

static void on_feed_changed(void *arg)
{
    run_soon(arg);
}

struct import *import_new(struct front *front, const struct conn *conn, struct http *http,
                          const struct request *request, const char *session,
                          const struct import_events *events, void *owner)
{
    struct import *import = calloc(1, sizeof(*import));
    if (import == NULL)
        return NULL;
    import->front = front;
    import->events = events;
    import->owner = owner;
    import->http = http;
    import->request = *request;
    import->local = conn->local;
    import->feed.changed = on_feed_changed;
    import->feed.arg = import;
    snprintf(import->session, sizeof(import->session), "%s", session);
    snprintf(import->from, sizeof(import->from), "%s", conn->name);
    uv_timer_init(front->loop, &import->soon);
    uv_timer_init(front->loop, &import->deadline);
    import->soon.data = import;
    import->deadline.data = import;
    import->handles = 2;
    http_take_body(http, &sink, import);
    http_pause_body(http);
    return import;
}

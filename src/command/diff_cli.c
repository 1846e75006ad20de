/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/diff_cli.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uv.h>

#include "base/png.h"
#include "command/find_server.h"
#include "command/shown.h"
#include "compare/compare.h"
#include "compare/compare_text.h"
#include "offline/exchange.h"
#include "offline/offline.h"
#include "process/service_ask.h"
#include "render/render.h"
#include "settings/commands.h"
#include "view/session.h"

/* Exit statuses, those of diff(1). */
enum status { STATUS_SAME = 0, STATUS_DIFFERENT = 1, STATUS_TROUBLE = 2 };

/* The command's options, in the order of its row. */
enum flag { FLAG_IMAGE, FLAG_JSON, FLAG_PORT };

struct command {
    const char *given[COMMANDS_FLAGS];
    const char *names[2];
    bool sessions[2]; /* the name is one of a session */
    char **argv;
    char **envp;
    struct text url; /* of the server; empty: not looked for yet */
};

/* One of the two. */
struct side {
    struct offline_model model;
    struct offline_model other; /* with another form of its exact geometry, or none */
};

static int usage(const char *why)
{
    fprintf(stderr, "%s%s%susage: cadcast diff %s\n", why[0] == '\0' ? "" : "cadcast: ", why,
            why[0] == '\0' ? "" : "\n", commands_row("diff")->arguments);
    return STATUS_TROUBLE;
}

/* ---- the command line ---- */

/* A name is that of a session if there is no such file. */
static int take_name(struct command *command, int i, const char *name)
{
    struct stat about;
    command->names[i] = name;
    char session[SESSION_NAME_MAX + 1];
    const char *step;
    command->sessions[i] = stat(name, &about) < 0 && shown_split(name, session, &step);
    if (stat(name, &about) == 0 && S_ISDIR(about.st_mode)) {
        shown_fail(name, "this is a folder");
        return STATUS_TROUBLE;
    }
    return STATUS_SAME;
}

static int parse(struct command *command, int argc)
{
    struct text message = { 0 };
    int status = STATUS_SAME;
    if (commands_take(commands_row("diff"), &argc, command->argv, 2, command->given, &message) < 0)
        status = usage(text_string(&message));
    else if (argc != 4)
        status = usage("");
    text_free(&message);
    for (int i = 0; status == STATUS_SAME && i < 2; i++)
        status = take_name(command, i, command->argv[2 + i]);
    return status;
}

static int tell(const struct command *command, const json_t *report)
{
    char *dump = json_dumps(report, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (command->given[FLAG_JSON] != NULL)
        puts(dump == NULL ? "{}" : dump);
    else
        compare_text_print(report, stdout);
    free(dump);
    if (fflush(stdout) != 0) {
        shown_fail("standard output", "it cannot be written");
        return STATUS_TROUBLE;
    }
    return json_is_true(json_object_get(report, "same")) ? STATUS_SAME : STATUS_DIFFERENT;
}

/* ---- both on a server ---- */

static int find(struct command *command)
{
    if (command->url.size > 0)
        return 0;
    return find_server(command->argv, command->envp, command->given[FLAG_PORT], &command->url);
}

/* GET `path`; 0, with its body in `body`, or STATUS_TROUBLE after a line. */
static int get(struct command *command, const char *name, const char *path, struct text *body)
{
    int code = find(command) != 0
                   ? 0
                   : service_ask_get(text_string(&command->url), path, SHOWN_PATIENCE_MS, body);
    if (code == 200)
        return STATUS_SAME;
    if (code > 0)
        shown_refused(name, text_string(body));
    else
        fprintf(stderr, "cadcast: there is no file %s, and no server answers\n", name);
    return STATUS_TROUBLE;
}

/* The address at which the first session is compared with the other one. */
static void add_path(const struct command *command, const char *what, struct text *path)
{
    char session[SESSION_NAME_MAX + 1];
    const char *step;
    shown_split(command->names[0], session, &step);
    text_format(path, "/api/v1/sessions/%s/%s?with=%s", session, what, command->names[1]);
    if (step != NULL)
        text_format(path, "&step=%s", step);
}

static int save_picture(struct command *command)
{
    struct text body = { 0 }, path = { 0 };
    add_path(command, "compare.png", &path);
    int status = get(command, command->names[0], text_string(&path), &body);
    if (status == STATUS_SAME && shown_put(command->given[FLAG_IMAGE], body.data, body.size) != 0)
        status = STATUS_TROUBLE;
    text_free(&path);
    text_free(&body);
    return status;
}

static int compare_sessions(struct command *command)
{
    struct text body = { 0 }, path = { 0 };
    add_path(command, "compare", &path);
    int status = get(command, command->names[0], text_string(&path), &body);
    json_t *report = status == STATUS_SAME ? json_loads(text_string(&body), 0, NULL) : NULL;
    if (status == STATUS_SAME && command->given[FLAG_IMAGE] != NULL)
        status = save_picture(command);
    if (status == STATUS_SAME)
        status = report == NULL ? STATUS_TROUBLE : tell(command, report);
    json_decref(report);
    text_free(&path);
    text_free(&body);
    return status;
}

/* ---- here ---- */

/* The path of what a session shows, as a file. */
static void add_model_path(const char *name, const char *extension, struct text *path)
{
    char session[SESSION_NAME_MAX + 1];
    const char *step;
    shown_split(name, session, &step);
    text_format(path, "/s/%s/model.%s%s%s", session, extension,
                step == NULL ? "" : "?step=", step == NULL ? "" : step);
}

/* The model file of a session. */
static int fetch(struct command *command, const char *name, struct offline_model *model)
{
    struct text body = { 0 }, path = { 0 };
    add_model_path(name, "msg", &path);
    int status = get(command, name, text_string(&path), &body);
    struct blob *bytes = status == STATUS_SAME ? blob_copy(body.data, body.size) : NULL;
    const struct model_options options = { .max_bytes = SHOWN_MEMORY };
    if (status == STATUS_SAME && (bytes == NULL || model_make(bytes, &options, &model->file) < 0)) {
        shown_fail(name, "its model cannot be read");
        status = STATUS_TROUBLE;
    }
    blob_unref(bytes);
    text_free(&path);
    text_free(&body);
    return status;
}

static int read_model(struct command *command, int i, struct offline_model *model)
{
    *model = (struct offline_model){ 0 };
    if (command->sessions[i])
        return fetch(command, command->names[i], model);
    struct text why = { 0 };
    int error = offline_read(command->names[i], model, &why);
    if (error < 0)
        shown_fail(command->names[i], why.size == 0 ? "out of memory" : text_string(&why));
    text_free(&why);
    return error < 0 ? STATUS_TROUBLE : STATUS_SAME;
}

static int draw(const char *path, const struct blob *model)
{
    struct render_options options;
    struct render_picture picture;
    struct blob *png = NULL;
    unsigned processors = uv_available_parallelism();
    render_options_init(&options);
    options.threads = processors > RENDER_THREADS_MAX ? RENDER_THREADS_MAX : processors;
    options.max_ms = SHOWN_PATIENCE_MS;
    options.max_bytes = SHOWN_MEMORY;
    if (render_draw(model->data, model->size, &options, &picture) < 0) {
        shown_fail(path, picture.fault);
        return STATUS_TROUBLE;
    }
    int error = png_encode(picture.pixels, picture.width, picture.height, picture.opaque, &png);
    render_picture_free(&picture);
    int status =
        error < 0 ? shown_fail(path, "out of memory") : shown_put(path, png->data, png->size);
    blob_unref(png);
    return status == 0 ? STATUS_SAME : STATUS_TROUBLE;
}

/* ---- a file and a session ---- */

/* The exact geometry of a session, as a file has it. False: there is none. */
static bool fetch_exchanged(struct command *command, int i, struct offline_model *out)
{
    struct text body = { 0 }, path = { 0 }, why = { 0 };
    add_model_path(command->names[i], "step", &path);
    int code =
        service_ask_get(text_string(&command->url), text_string(&path), SHOWN_PATIENCE_MS, &body);
    bool good = code == 200 && exchange_file(body.data, body.size, out, &why) == 0;
    text_free(&body);
    text_free(&path);
    text_free(&why);
    return good;
}

/*
 * A session's exact geometry is never sent, and a mesh of the same shape by another mesher is
 * another one. So the session's is fetched as STEP, which is read as the file was; and since not
 * all programs write STEP alike, the file's is compared as that too. What cannot be written is
 * missing, and the numbers in names may then be of other parts: then it is as if there were none.
 */
static void exchange(struct command *command, struct side sides[2])
{
    struct text why = { 0 };
    int file = command->sessions[0] ? 1 : 0;
    struct side *there = &sides[1 - file], *here = &sides[file];
    bool good = here->model.exact != NULL && fetch_exchanged(command, 1 - file, &there->other) &&
                there->other.file.leaves == there->model.file.leaves;
    /* What is left out of the file, too, is compared in the form that it has. */
    if (good && (exchange_model(&here->model, &here->other, &why) < 0 ||
                 here->other.file.leaves != here->model.file.leaves))
        offline_free(&here->other);
    if (!good)
        offline_free(&there->other);
    text_free(&why);
}

static struct compare_input input_of(const struct side *side)
{
    const struct blob *exact = side->model.exact, *other = side->other.exact;
    return (struct compare_input){ .file = side->model.file.bytes,
                                   .exact = exact != NULL ? exact : other,
                                   .also = exact != NULL ? other : NULL };
}

static int compare_once(const struct command *command, const struct side sides[2],
                        struct compare_result *result)
{
    const struct compare_input from = input_of(&sides[0]), to = input_of(&sides[1]);
    const struct compare_options options = { .picture = command->given[FLAG_IMAGE] != NULL,
                                             .limit = SIZE_MAX,
                                             .max_bytes = SHOWN_MEMORY,
                                             .max_ms = SHOWN_PATIENCE_MS };
    return compare_models(&from, &to, &options, result);
}

static int compare(struct command *command, struct side sides[2])
{
    struct compare_result result;
    const char *image = command->given[FLAG_IMAGE];
    int status = STATUS_TROUBLE;
    int error = compare_once(command, sides, &result);
    if (error == 0 && !result.same && command->sessions[0] != command->sessions[1]) {
        compare_result_free(&result);
        exchange(command, sides);
        error = compare_once(command, sides, &result);
    }
    if (error < 0)
        fprintf(stderr, "cadcast: %s\n", result.fault);
    else
        status = image == NULL ? STATUS_SAME : draw(image, result.model.bytes);
    if (status == STATUS_SAME)
        status = tell(command, result.report);
    compare_result_free(&result);
    return status;
}

static int run(struct command *command)
{
    struct side sides[2] = { { .model = { .exact = NULL } } };
    if (command->sessions[0] && command->sessions[1])
        return compare_sessions(command);
    int status = read_model(command, 0, &sides[0].model);
    if (status == STATUS_SAME)
        status = read_model(command, 1, &sides[1].model);
    if (status == STATUS_SAME)
        status = compare(command, sides);
    for (int i = 0; i < 2; i++) {
        offline_free(&sides[i].model);
        offline_free(&sides[i].other);
    }
    return status;
}

int diff_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { .argv = argv, .envp = envp };
    int status = parse(&command, argc);
    if (status == STATUS_SAME)
        status = run(&command);
    text_free(&command.url);
    return status;
}

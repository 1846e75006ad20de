/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/diff_cli.h"

#include <limits.h>
#include <math.h>
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

/* ---- words ---- */

static double number(const json_t *box, const char *least, const char *most)
{
    return json_number_value(json_object_get(box, most)) -
           json_number_value(json_object_get(box, least));
}

static double middle(const json_t *box, const char *least, const char *most)
{
    return (json_number_value(json_object_get(box, most)) +
            json_number_value(json_object_get(box, least))) /
           2;
}

static void print_size(const json_t *part)
{
    const json_t *box = json_object_get(part, "box");
    if (box != NULL)
        printf("%.4g x %.4g x %.4g", number(box, "xmin", "xmax"), number(box, "ymin", "ymax"),
               number(box, "zmin", "zmax"));
}

/* What of the sizes differs. */
static void print_change(const json_t *from, const json_t *to)
{
    const json_t *before = json_object_get(from, "volume"), *after = json_object_get(to, "volume");
    fputs(", ", stdout);
    print_size(from);
    fputs(" -> ", stdout);
    print_size(to);
    fputs(" mm", stdout);
    if (before != NULL && after != NULL)
        printf(", %.6g -> %.6g mm3", json_number_value(before), json_number_value(after));
}

static void print_move(const json_t *from, const json_t *to)
{
    const json_t *a = json_object_get(from, "box"), *b = json_object_get(to, "box");
    if (a != NULL && b != NULL)
        printf(", its middle by %.4g %.4g %.4g mm",
               middle(b, "xmin", "xmax") - middle(a, "xmin", "xmax"),
               middle(b, "ymin", "ymax") - middle(a, "ymin", "ymax"),
               middle(b, "zmin", "zmax") - middle(a, "zmin", "zmax"));
}

static void print_part(const json_t *part)
{
    size_t i;
    json_t *each;
    const json_t *from = json_object_get(part, "from"), *to = json_object_get(part, "to");
    const char *what = json_string_value(json_object_get(part, "class"));
    const char *old = json_string_value(json_object_get(from, "id"));
    const char *id = json_string_value(json_object_get(part, "id"));
    bool renamed = strcmp(what, "renamed") == 0;
    printf("%-11s %s%s%s", what, renamed ? old : "", renamed ? " -> " : "", id);
    json_array_foreach(json_object_get(part, "differs"), i, each)
        printf("%s%s", i == 0 ? ": " : ", ", json_string_value(each));
    if (strcmp(what, "changed") == 0)
        print_change(from, to);
    if (strcmp(what, "moved") == 0)
        print_move(from, to);
    fputc('\n', stdout);
}

static void print_report(const json_t *report)
{
    size_t i;
    const char *name;
    json_t *each;
    bool some = false;
    json_array_foreach(json_object_get(report, "parts"), i, each)
        print_part(each);
    if (json_object_get(report, "left_out") != NULL)
        printf("... and %lld more\n",
               (long long)json_integer_value(json_object_get(report, "left_out")));
    json_object_foreach(json_object_get(report, "counts"), name, each) {
        if (json_integer_value(each) == 0)
            continue;
        printf("%s%lld %s", some ? ", " : "", (long long)json_integer_value(each), name);
        some = true;
    }
    puts(some ? "" : "neither has a part");
    if (json_object_get(report, "note") != NULL)
        puts(json_string_value(json_object_get(report, "note")));
}

static int tell(const struct command *command, const json_t *report)
{
    char *dump = json_dumps(report, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (command->given[FLAG_JSON] != NULL)
        puts(dump == NULL ? "{}" : dump);
    else
        print_report(report);
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

/* The model file of a session. */
static int fetch(struct command *command, const char *name, struct offline_model *model)
{
    struct text body = { 0 }, path = { 0 };
    char session[SESSION_NAME_MAX + 1];
    const char *step;
    shown_split(name, session, &step);
    text_format(&path, "/s/%s/model.msg%s%s", session,
                step == NULL ? "" : "?step=", step == NULL ? "" : step);
    int status = get(command, name, text_string(&path), &body);
    if (status == STATUS_SAME) {
        model->file.bytes = blob_copy(body.data, body.size);
        status = model->file.bytes == NULL ? STATUS_TROUBLE : STATUS_SAME;
    }
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

static int compare(struct command *command, const struct offline_model models[2])
{
    struct compare_result result;
    const char *image = command->given[FLAG_IMAGE];
    const struct compare_input from = { .file = models[0].file.bytes, .exact = models[0].exact };
    const struct compare_input to = { .file = models[1].file.bytes, .exact = models[1].exact };
    const struct compare_options options = { .picture = image != NULL,
                                             .limit = SIZE_MAX,
                                             .max_bytes = SHOWN_MEMORY,
                                             .max_ms = SHOWN_PATIENCE_MS };
    int status = STATUS_TROUBLE;
    if (compare_models(&from, &to, &options, &result) < 0)
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
    struct offline_model models[2] = { { .exact = NULL } };
    if (command->sessions[0] && command->sessions[1])
        return compare_sessions(command);
    int status = read_model(command, 0, &models[0]);
    if (status == STATUS_SAME)
        status = read_model(command, 1, &models[1]);
    if (status == STATUS_SAME)
        status = compare(command, models);
    offline_free(&models[0]);
    offline_free(&models[1]);
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

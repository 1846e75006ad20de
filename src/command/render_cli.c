/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/render_cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/png.h"
#include "browser/browser.h"
#include "command/shown.h"
#include "model/model.h"
#include "process/exit_status.h"
#include "render/query.h"
#include "settings/commands.h"
#include "view/session.h"

/* The command's own options, in the order of its row. The others are parameters of the picture. */
enum flag { FLAG_OUTPUT, FLAG_SESSION, FLAG_PORT, FLAG_PARAMETERS };

static const char *const parameters[] = { "view",        "width",      "height",  "samples",
                                          "edges",       "axes",       "grid",    "background",
                                          "transparent", "projection", "fit",     "clip",
                                          "lids",        "camera",     "renderer" };

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

/* Behind the parameters, and --parts and --hide. */
#define FLAG_NO_HEAL (FLAG_PARAMETERS + PARAMETERS + 2)
#define FLAG_DEVIATION (FLAG_NO_HEAL + 1)

struct command {
    const char *given[COMMANDS_FLAGS];
    struct offline_files files; /* none: a session */
    const char *file;           /* the first one */
    char session[SESSION_NAME_MAX + 1];
    struct render_options options;
    struct text query; /* the parameters as those of a URL */
};

static int usage(const char *why)
{
    fprintf(stderr, "%s%s%susage: cadcast render %s\n", why[0] == '\0' ? "" : "cadcast: ", why,
            why[0] == '\0' ? "" : "\n", commands_row("render")->arguments);
    return EXIT_STATUS_USAGE;
}

static void add_parameter(struct text *query, const char *name, const char *value)
{
    text_format(query, "%s%s=", query->size == 0 ? "?" : "&", name);
    query_add(query, value);
}

static int take(void *arg, const char *name, const char *value, struct text *why)
{
    struct command *command = arg;
    int error = query_set(&command->options, name, value, why);
    add_parameter(&command->query, name, value);
    return error;
}

static int take_parameters(struct command *command, struct text *message)
{
    for (size_t i = 0; i < PARAMETERS; i++) {
        const char *value = command->given[FLAG_PARAMETERS + i];
        if (value == NULL)
            continue;
        int error = take(command, parameters[i], value, message);
        if (error < 0)
            return error;
    }
    return query_check(&command->options, message);
}

/* The session, as NAME or NAME@STEP: its name, and the step as a parameter. Why not; NULL: fine. */
static const char *take_session(struct command *command, const char *given)
{
    const char *step;
    if (given == NULL)
        return NULL;
    if (!shown_split(given, command->session, &step))
        return SHOWN_NAME;
    if (step != NULL)
        add_parameter(&command->query, "step", step);
    return NULL;
}

/* 0, or the exit status. */
static int parse(struct command *command, int argc, char **argv)
{
    struct text message = { 0 };
    int status = 0;
    render_options_init(&command->options);
    if (commands_repeated("parts", &argc, argv, 2, take, command, &message) < 0 ||
        commands_repeated("hide", &argc, argv, 2, take, command, &message) < 0 ||
        commands_take(commands_row("render"), &argc, argv, 2, command->given, &message) < 0 ||
        take_parameters(command, &message) < 0) {
        status = usage(text_string(&message));
    } else {
        const char *session = command->given[FLAG_SESSION];
        if (session == NULL && argc == 3 && shown_is_step(argv[2])) {
            session = argv[2];
            argc = 2;
        }
        command->file = argc == 2 ? NULL : argv[2];
        command->files = (struct offline_files){ .paths = argv + 2,
                                                 .count = (size_t)argc - 2,
                                                 .unhealed = command->given[FLAG_NO_HEAL] != NULL,
                                                 .deviation = command->given[FLAG_DEVIATION] };
        const char *fault = shown_files_fault(&command->files);
        if (fault == NULL)
            fault = take_session(command, session);
        if ((command->file == NULL) == (session == NULL) || command->given[FLAG_OUTPUT] == NULL)
            status = usage("");
        else if (fault != NULL)
            status = usage(fault);
    }
    text_free(&message);
    return status;
}

static int draw(struct command *command, const struct model_file *file)
{
    struct render_picture picture;
    struct blob *png = NULL;
    unsigned processors = uv_available_parallelism();
    command->options.threads = processors > RENDER_THREADS_MAX ? RENDER_THREADS_MAX : processors;
    command->options.max_ms = SHOWN_PATIENCE_MS;
    command->options.max_bytes = SHOWN_MEMORY;
    int error = render_draw(file->bytes->data, file->bytes->size, &command->options, &picture);
    if (error < 0)
        return shown_fail(command->file, picture.fault);
    if (picture.left_out > 0)
        fprintf(stderr, "cadcast: %s: %u part%s drawn without its image, or not at all\n",
                command->file, picture.left_out, picture.left_out == 1 ? " is" : "s are");
    error = png_encode(picture.pixels, picture.width, picture.height, picture.opaque, &png);
    render_picture_free(&picture);
    int status = error < 0 ? shown_fail(command->file, "out of memory")
                           : shown_put(command->given[FLAG_OUTPUT], png->data, png->size);
    blob_unref(png);
    return status;
}

/* The same by the page itself. */
static int draw_in_browser(struct command *command, const struct model_file *file)
{
    struct text values = { 0 };
    struct blob *png = NULL;
    char why[BROWSER_WHY] = "out of memory";
    char *path = NULL;
    shown_page(&path, &values);
    const struct export_page page = { .path = path,
                                      .values = text_string(&values),
                                      .name = "model" };
    const struct browser_drawing drawing = { .options = &command->options,
                                             .page = &page,
                                             .max_ms = SHOWN_PATIENCE_MS,
                                             .max_bytes = SHOWN_MEMORY };
    int error = text_error(&values);
    if (error == 0)
        error = browser_draw(file->bytes->data, file->bytes->size, &drawing, &png, why);
    int status = error < 0 || png == NULL
                     ? shown_fail(command->file, why)
                     : shown_put(command->given[FLAG_OUTPUT], png->data, png->size);
    blob_unref(png);
    text_free(&values);
    free(path);
    return status;
}

static int draw_files(struct command *command)
{
    struct offline_model model;
    int status = shown_read(&command->files, &model);
    if (status == 0)
        status = command->options.browser ? draw_in_browser(command, &model.file)
                                          : draw(command, &model.file);
    offline_free(&model);
    return status;
}

static int draw_session(const struct command *command, char **argv, char **envp)
{
    const struct shown_session session = {
        .name = command->session, .port = command->given[FLAG_PORT], .argv = argv, .envp = envp
    };
    struct text path = { 0 };
    text_format(&path, "image.png%s", text_string(&command->query));
    int status = shown_fetch(&session, text_string(&path), command->given[FLAG_OUTPUT]);
    text_free(&path);
    return status;
}

int render_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { 0 };
    int status = parse(&command, argc, argv);
    if (status == 0)
        status = command.file != NULL ? draw_files(&command) : draw_session(&command, argv, envp);
    text_free(&command.query);
    render_options_free(&command.options);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/measure_cli.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/text.h"
#include "command/shown.h"
#include "geometry/pool.h"
#include "process/exit_status.h"
#include "process/paths.h"
#include "render/query.h"
#include "settings/commands.h"
#include "view/message.h"

struct command {
    const char *file;
    char session[SESSION_NAME_MAX + 1]; /* instead of a file; "": none */
    const char *step;                   /* of its history; NULL: what it shows */
    const char *port;
    const char *ids[2];
    bool centers;
    double timeout; /* seconds */
    struct pool *pool;
    int status; /* of the answer */
};

static int usage(const char *why)
{
    fprintf(stderr, "%s%susage: cadcast measure %s\n%s\n", why, why[0] == '\0' ? "" : "\n",
            commands_row("measure")->arguments, commands_row("measure")->text);
    return 2;
}

/* The words: FILE or NAME@STEP, unless a session was given; and the ids. False: they are wrong. */
static bool take_words(struct command *command, const char *session, int argc, char **argv)
{
    int at = 2;
    if (session == NULL && argc > 2 && shown_is_step(argv[2]))
        session = argv[at++];
    else if (session == NULL)
        command->file = argv[at++];
    for (int i = at; i < argc && i < at + 2; i++)
        command->ids[i - at] = argv[i];
    return argc > at && argc <= at + 2 &&
           (session == NULL || shown_split(session, command->session, &command->step));
}

/* 0, or the exit status. */
static int parse(struct command *command, int argc, char **argv)
{
    const char *given[COMMANDS_FLAGS];
    struct text message = { 0 };
    int status = 0;
    if (commands_take(commands_row("measure"), &argc, argv, 2, given, &message) < 0) {
        status = usage(text_string(&message));
    } else {
        command->centers = given[0] != NULL;
        if (given[1] != NULL)
            command->timeout = strtod(given[1], NULL);
        command->port = given[3];
        if (!take_words(command, given[2], argc, argv) || !(command->timeout > 0) ||
            command->timeout > 86400)
            status = usage("");
    }
    text_free(&message);
    return status;
}

static void on_answer(void *arg, int status, const char *json, size_t size)
{
    struct command *command = arg;
    command->status = status;
    fwrite(json, 1, size, stdout);
    fputc('\n', stdout);
    pool_close(command->pool, NULL, NULL);
}

static int open_pool(struct command *command, uv_loop_t *loop, const struct log *log)
{
    char program[4096];
    int error = paths_helper(program, sizeof(program));
    if (error < 0) {
        char text[64];
        fprintf(stderr, "cadcast-geometry is not installed: nothing can be measured exactly (%s)\n",
                error_text(error, text, sizeof(text)));
        return error;
    }
    struct pool_options options = { .program = program,
                                    .processes = 1,
                                    .timeout = (uint64_t)(command->timeout * 1000),
                                    .log = log };
    return pool_new(&command->pool, loop, &options);
}

/* After a failure closes the pool, so that the loop ends. */
static int run(struct command *command, struct blob *model, uv_loop_t *loop)
{
    struct log log = { .fd = 2, .level = LOG_WARNING };
    if (model->size >= 2 && memcmp(model->data, "B:", 2) == 0)
        message_received(model);
    int error = open_pool(command, loop, &log);
    if (error < 0)
        return error;
    error = pool_model(command->pool, 1, model);
    if (error == 0)
        error = pool_measure(command->pool, 1, command->ids[0], command->ids[1], command->centers,
                             on_answer, command);
    if (error < 0)
        pool_close(command->pool, NULL, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return error < 0 ? error : command->status;
}

static void add_parameter(struct text *path, const char *name, const char *value)
{
    if (value == NULL)
        return;
    text_format(path, "%s%s=", strchr(path->data, '?') == NULL ? "?" : "&", name);
    query_add(path, value);
}

/* Of what a session of a server shows: the server's own answer. */
static int measure_session(const struct command *command, char **argv, char **envp)
{
    const struct shown_session session = {
        .name = command->session, .port = command->port, .argv = argv, .envp = envp
    };
    struct text path = { 0 }, body = { 0 };
    text_format(&path, "/api/v1/sessions/%s/measure", command->session);
    add_parameter(&path, "id", command->ids[0]);
    add_parameter(&path, "id2", command->ids[1]);
    add_parameter(&path, "center", command->centers ? "1" : NULL);
    add_parameter(&path, "step", command->step);
    int status = text_error(&path) < 0 ? shown_fail(command->session, "out of memory")
                                       : shown_ask(&session, text_string(&path), &body);
    if (status == EXIT_STATUS_FINE)
        puts(text_string(&body));
    text_free(&path);
    text_free(&body);
    return status;
}

int measure_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { .timeout = 60 };
    uv_loop_t loop;
    char text[128];
    int status = parse(&command, argc, argv);
    if (status != 0)
        return status;
    if (command.session[0] != '\0')
        return measure_session(&command, argv, envp);
    struct blob *model;
    int error = shown_bytes(command.file, &model);
    if (error < 0) {
        fprintf(stderr, "%s: %s\n", command.file, error_text(error, text, sizeof(text)));
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    error = uv_loop_init(&loop);
    if (error == 0) {
        error = run(&command, model, &loop);
        uv_loop_close(&loop);
    }
    blob_unref(model);
    return error == 0 ? 0 : 1;
}

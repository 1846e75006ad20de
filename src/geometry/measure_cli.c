/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/measure_cli.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/text.h"
#include "geometry/locate.h"
#include "geometry/pool.h"

struct command {
    const char *file;
    const char *ids[2];
    int id_count;
    bool centers;
    double timeout; /* seconds */
    struct pool *pool;
    int status; /* of the answer */
};

static int usage(void)
{
    fputs("usage: cadcast measure [--center] [--timeout SECONDS] FILE.msg ID [ID2]\n"
          "Measures a shape, or the distance of two, of a recorded B message.\n",
          stderr);
    return 2;
}

static bool parse_operand(struct command *command, const char *word)
{
    if (command->file == NULL) {
        command->file = word;
        return true;
    }
    if (command->id_count == 2)
        return false;
    command->ids[command->id_count++] = word;
    return true;
}

static bool parse(struct command *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--center") == 0) {
            command->centers = true;
        } else if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc) {
            command->timeout = strtod(argv[++i], NULL);
        } else if ((argv[i][0] == '-' && argv[i][1] != '\0') || !parse_operand(command, argv[i])) {
            return false;
        }
    }
    return command->id_count > 0 && command->timeout > 0 && command->timeout <= 86400;
}

/* All of a file in a blob; NULL with errno set. */
static struct blob *read_stream(FILE *file)
{
    struct blob *blob = blob_new(64 * 1024);
    char buffer[64 * 1024];
    size_t count;
    while (blob != NULL && (count = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        if (blob_append(blob, buffer, count) < 0) {
            blob_unref(blob);
            blob = NULL;
            errno = ENOMEM;
        }
    }
    return blob;
}

static struct blob *read_file(const char *path)
{
    if (strcmp(path, "-") == 0)
        return read_stream(stdin);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct blob *blob = read_stream(file);
    fclose(file);
    return blob;
}

static void on_answer(void *arg, int status, const char *json, size_t size)
{
    struct command *command = arg;
    command->status = status;
    fwrite(json, 1, size, stdout);
    fputc('\n', stdout);
    pool_close(command->pool, NULL, NULL);
}

static int ask(struct command *command)
{
    struct text ids = { 0 };
    text_add(&ids, "[");
    for (int i = 0; i < command->id_count; i++) {
        text_add_json(&ids, command->ids[i], strlen(command->ids[i]));
        text_add(&ids, ",");
    }
    text_add(&ids, command->centers ? "true]" : "false]");
    const char *tool = command->id_count == 2 ? "DistanceMeasurement" : "PropertiesMeasurement";
    int error = text_error(&ids);
    if (error == 0)
        error = pool_ask(command->pool, 1, tool, ids.data, ids.size, on_answer, command);
    text_free(&ids);
    return error;
}

static int open_pool(struct command *command, uv_loop_t *loop, const struct log *log)
{
    char program[4096];
    int error = locate_helper(program, sizeof(program));
    if (error < 0) {
        fputs("cadcast-geometry is not installed: nothing can be measured exactly\n", stderr);
        return error;
    }
    struct pool_options options = { .program = program,
                                    .processes = 1,
                                    .timeout = (uint64_t)(command->timeout * 1000),
                                    .log = log };
    return pool_new(&command->pool, loop, &options);
}

/* A failure closes the pool, so that the loop comes to its end. */
static int run(struct command *command, struct blob *model, uv_loop_t *loop)
{
    struct log log = { .fd = 2, .level = LOG_WARNING };
    size_t offset = model->size >= 2 && memcmp(model->data, "B:", 2) == 0 ? 2 : 0;
    int error = open_pool(command, loop, &log);
    if (error < 0)
        return error;
    error = pool_model(command->pool, 1, model, offset);
    if (error == 0)
        error = ask(command);
    if (error < 0)
        pool_close(command->pool, NULL, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return error < 0 ? error : command->status;
}

int measure_command(int argc, char **argv)
{
    struct command command = { .timeout = 60 };
    uv_loop_t loop;
    char text[128];
    if (!parse(&command, argc, argv))
        return usage();
    struct blob *model = read_file(command.file);
    if (model == NULL) {
        fprintf(stderr, "%s: %s\n", command.file, error_text(-errno, text, sizeof(text)));
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int error = uv_loop_init(&loop);
    if (error == 0) {
        error = run(&command, model, &loop);
        uv_loop_close(&loop);
    }
    blob_unref(model);
    return error == 0 ? 0 : 1;
}

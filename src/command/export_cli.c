/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/export_cli.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/render_cli.h"
#include "command/shown.h"
#include "export/export.h"
#include "export/export_html.h"
#include "export/export_query.h"
#include "process/exit_status.h"
#include "process/paths.h"
#include "render/query.h"
#include "settings/commands.h"
#include "view/session.h"

/* The command's own options, in the order of its row. */
enum flag {
    FLAG_OUTPUT,
    FLAG_SESSION,
    FLAG_PORT,
    FLAG_FORMAT,
    FLAG_PARTS,
    FLAG_HIDE,
    FLAG_VISIBLE,
    FLAG_NO_HEAL,
    FLAG_DEVIATION,
    FLAG_NO_HISTORY
};

struct command {
    const char *given[COMMANDS_FLAGS];
    struct offline_files files; /* none: a session */
    const char *file;           /* the first one */
    char session[SESSION_NAME_MAX + 1];
    bool named;            /* a session was */
    const char *extension; /* the kind of file */
    struct export_query what;
    struct text query; /* the same as a URL has it */
};

static int from_model(struct command *command);
static int from_render(struct command *command, int argc, char **argv, char **envp);

/* The kinds of files: the path where a session has them, and what makes one of a file here. */
static const struct kind {
    const char *extension;
    const char *path;
    int (*make)(struct command *command);
} kinds[] = {
    { "3mf", "model.3mf", from_model },    { "brep", "model.brep", from_model },
    { "brp", "model.brep", from_model },   { "glb", "model.glb", from_model },
    { "html", "export.html", from_model }, { "step", "model.step", from_model },
    { "stl", "model.stl", from_model },    { "stp", "model.step", from_model },
};

static const struct kind *find_kind(const char *extension)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcasecmp(kinds[i].extension, extension) == 0)
            return &kinds[i];
    }
    return NULL;
}

static int usage(const char *why)
{
    fprintf(stderr, "%s%s%susage: cadcast export %s\n", why[0] == '\0' ? "" : "cadcast: ", why,
            why[0] == '\0' ? "" : "\n", commands_row("export")->arguments);
    return EXIT_STATUS_USAGE;
}

/* ---- the command line ---- */

static int take(void *arg, const char *name, const char *value, struct text *why)
{
    struct command *command = arg;
    int error = export_query_set(&command->what, name, value, why);
    text_format(&command->query, "%s%s=", command->query.size == 0 ? "?" : "&", name);
    query_add(&command->query, value);
    return error;
}

static int take_words(struct command *command, int *argc, char **argv, struct text *why)
{
    int error = commands_repeated("parts", argc, argv, 2, take, command, why);
    if (error == 0)
        error = commands_repeated("hide", argc, argv, 2, take, command, why);
    if (error == 0)
        error = commands_take(commands_row("export"), argc, argv, 2, command->given, why);
    if (error == 0 && command->given[FLAG_VISIBLE] != NULL)
        error = take(command, "visible", "1", why);
    return error;
}

/* The kind of file that was asked for: as --format has it, or by the file's name. */
static const char *extension_of(const struct command *command)
{
    const char *output = command->given[FLAG_OUTPUT];
    const char *dot = output == NULL ? NULL : strrchr(output, '.');
    if (command->given[FLAG_FORMAT] != NULL)
        return command->given[FLAG_FORMAT];
    return dot == NULL ? "" : dot + 1;
}

/* The session, as NAME or NAME@STEP: its name, and the step as a parameter. Why not; NULL: fine. */
static const char *take_session(struct command *command, const char *given)
{
    const char *step = NULL;
    struct text why = { 0 };
    snprintf(command->session, sizeof(command->session), "%s", SESSION_DEFAULT);
    command->named = given != NULL;
    bool good = given == NULL || shown_split(given, command->session, &step);
    if (step != NULL && take(command, "step", step, &why) < 0)
        good = false;
    if (good && command->what.format == EXPORT_HTML && command->given[FLAG_NO_HISTORY] != NULL)
        take(command, "history", "0", &why);
    text_free(&why);
    return good ? NULL : SHOWN_NAME;
}

/* 0, or the exit status. */
static int parse(struct command *command, int argc, char **argv)
{
    struct text message = { 0 };
    int status = 0;
    if (take_words(command, &argc, argv, &message) < 0)
        status = usage(text_string(&message));
    text_free(&message);
    if (status != 0)
        return status;
    const char *session = command->given[FLAG_SESSION];
    command->extension = extension_of(command);
    command->what.format = export_format_of(command->extension);
    bool exact = command->what.format == EXPORT_STEP || command->what.format == EXPORT_BREP;
    if (session == NULL && argc == 3 && shown_is_step(argv[2])) {
        session = argv[2];
        argc = 2;
    }
    command->file = argc == 2 ? NULL : argv[2];
    command->files = (struct offline_files){ .paths = argv + 2,
                                             .count = (size_t)argc - 2,
                                             .unhealed = command->given[FLAG_NO_HEAL] != NULL,
                                             .deviation = command->given[FLAG_DEVIATION],
                                             .tree_only = exact };
    if (command->what.format == EXPORT_HTML && command->query.size > 0)
        return usage("an HTML file holds the whole model: no --parts, --hide or --visible");
    if ((command->file != NULL && session != NULL) || command->given[FLAG_OUTPUT] == NULL)
        return usage("");
    const char *fault = shown_files_fault(&command->files);
    if (fault == NULL)
        fault = take_session(command, session);
    return fault == NULL ? 0 : usage(fault);
}

/* ---- the work ---- */

static int write_model(const struct command *command, const struct model_file *file,
                       struct export_options *options, struct export_result *result)
{
    const char *slash = strrchr(command->file, '/');
    struct export_page page = { .name = slash == NULL ? command->file : slash + 1 };
    struct text values = { 0 };
    char *path = NULL;
    if (options->format == EXPORT_HTML) {
        shown_page(&path, &values);
        if (file->name[0] != '\0')
            page.name = file->name;
        page.path = path;
        page.values = text_string(&values);
        options->page = &page;
    }
    int error = text_error(&values);
    *result = (struct export_result){ .fault = "out of memory" };
    if (error == 0)
        error = export_write(file->bytes->data, file->bytes->size, options, result);
    options->page = NULL;
    text_free(&values);
    free(path);
    return error;
}

static void warn(const struct command *command, const struct export_result *result)
{
    if (result->left_out > 0)
        fprintf(stderr, "cadcast: %s: %u part%s left out, which %s has no form for\n",
                command->file, result->left_out, result->left_out == 1 ? " is" : "s are",
                command->extension);
    if (command->what.format == EXPORT_HTML && result->bytes->size > EXPORT_HTML_LARGE)
        fprintf(stderr, "cadcast: %s: this is %zu MB: browsers take long to open it\n",
                command->given[FLAG_OUTPUT], result->bytes->size >> 20);
}

/* The name of the file to be written, without folder and ending; that of the first one that was
 * read if it has none. */
static void name_model(const struct command *command, char name[NAME_MAX])
{
    const char *path = command->given[FLAG_OUTPUT];
    if (strcmp(path, "-") == 0)
        path = command->file;
    const char *slash = strrchr(path, '/');
    snprintf(name, NAME_MAX, "%s", slash == NULL ? path : slash + 1);
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        *dot = '\0';
}

static int from_model(struct command *command)
{
    struct offline_model model;
    struct export_result result;
    struct stat about;
    char program[PATH_MAX] = "";
    char name[NAME_MAX];
    int status = shown_read(&command->files, &model);
    if (status != 0)
        return status;
    name_model(command, name);
    paths_importer(program, sizeof(program));
    const struct export_exact_source exact = { .parts = model.exact,
                                               .program = program,
                                               .name = name,
                                               .shown = stat(command->file, &about) == 0
                                                            ? (int64_t)about.st_mtime
                                                            : 0 };
    struct export_options options = { .format = command->what.format,
                                      .parts = command->what.parts,
                                      .hide = command->what.hide,
                                      .visible = command->what.visible,
                                      .exact = &exact,
                                      .max_bytes = SHOWN_MEMORY };
    if (write_model(command, &model.file, &options, &result) < 0 || result.bytes == NULL)
        status = shown_fail(command->file, result.fault);
    else
        status = shown_put(command->given[FLAG_OUTPUT], result.bytes->data, result.bytes->size);
    if (status == 0 && result.bytes != NULL)
        warn(command, &result);
    blob_unref(result.bytes);
    offline_free(&model);
    return status;
}

static int from_session(struct command *command, const char *path, char **argv, char **envp)
{
    const struct shown_session session = {
        .name = command->session, .port = command->given[FLAG_PORT], .argv = argv, .envp = envp
    };
    struct text target = { 0 };
    text_format(&target, "%s%s", path, text_string(&command->query));
    int status = shown_fetch(&session, text_string(&target), command->given[FLAG_OUTPUT]);
    text_free(&target);
    return status;
}

/* Leaves out of the command's words what a picture has anyway: its kind, and what is visible. */
static int without_kind(int argc, char **argv, char **words)
{
    int count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--format") == 0)
            i++;
        else if (strncmp(argv[i], "--format=", 9) != 0 && strcmp(argv[i], "--visible") != 0)
            words[count++] = argv[i];
    }
    return count;
}

/* A picture is what `cadcast render` draws. */
static int from_render(struct command *command, int argc, char **argv, char **envp)
{
    char word[] = "render";
    char session[] = "--session=" SESSION_DEFAULT;
    char **words = calloc((size_t)argc + 2, sizeof(*words));
    if (words == NULL)
        return shown_fail("export", "out of memory");
    int count = without_kind(argc, argv, words);
    words[1] = word;
    if (command->file == NULL && !command->named)
        words[count++] = session;
    int status = render_cli_command(count, words, envp);
    free(words);
    return status;
}

static int run(struct command *command, int argc, char **argv, char **envp)
{
    char why[160];
    if (strcasecmp(command->extension, "png") == 0)
        return from_render(command, argc, argv, envp);
    const struct kind *kind = find_kind(command->extension);
    if (kind == NULL) {
        snprintf(why, sizeof(why), "%.100s: the name must end with the kind of file, as .glb",
                 command->given[FLAG_OUTPUT]);
        return usage(why);
    }
    if (command->file == NULL)
        return from_session(command, kind->path, argv, envp);
    return kind->make(command);
}

int export_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { 0 };
    char **words = calloc((size_t)argc + 1, sizeof(*words));
    if (words == NULL)
        return shown_fail("export", "out of memory");
    memcpy(words, argv, (size_t)argc * sizeof(*words));
    int status = parse(&command, argc, words);
    if (status == 0)
        status = run(&command, argc, argv, envp);
    export_query_free(&command.what);
    text_free(&command.query);
    free(words);
    return status;
}

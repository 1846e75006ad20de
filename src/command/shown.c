/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "command/find_server.h"
#include "export/export_html.h"
#include "files/request.h"
#include "process/exit_status.h"
#include "process/paths.h"
#include "process/service_ask.h"
#include "settings/config.h"
#include "state/recording.h"

int shown_fail(const char *what, const char *why)
{
    fprintf(stderr, "cadcast: %s: %s\n", what, why);
    return EXIT_STATUS_FAILED;
}

/* The same about a file that could not be read; `why` may begin with its name. */
static int refuse(const char *path, const char *why)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (why[0] == '\0')
        return shown_fail(path, "out of memory");
    if (strncmp(why, name, strlen(name)) != 0)
        return shown_fail(path, why);
    fprintf(stderr, "cadcast: %s\n", why);
    return EXIT_STATUS_FAILED;
}

int shown_put(const char *path, const void *data, size_t size)
{
    char why[64];
    bool output = strcmp(path, "-") == 0;
    if (output && isatty(STDOUT_FILENO))
        return shown_fail("-o -", "this is no text for a terminal; redirect it to a file");
    int error = output ? file_write(STDOUT_FILENO, data, size) : file_replace(path, data, size, 0);
    return error == 0 ? EXIT_STATUS_FINE : shown_fail(path, error_text(error, why, sizeof(why)));
}

/* ---- a file ---- */

int shown_bytes(const char *path, struct blob **blob)
{
    bool input = strcmp(path, "-") == 0;
    struct text text = { 0 };
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    *blob = NULL;
    int error = fd < 0 ? -errno : file_read_rest(fd, SIZE_MAX, &text);
    if (error >= 0 && (*blob = blob_copy(text_string(&text), text.size)) == NULL)
        error = -ENOMEM;
    if (fd >= 0 && !input)
        close(fd);
    text_free(&text);
    return error;
}

/* Takes over `blob`. */
static int to_model(struct blob *blob, struct model_file *file)
{
    const struct model_options options = { .key = { 0 } };
    *file = (struct model_file){ 0 };
    if (blob->size >= 8 && memcmp(blob->data, MODEL_MAGIC, 8) == 0) {
        file->bytes = blob;
        return 0;
    }
    if (blob->size >= 2 && memcmp(blob->data, "D:", 2) == 0)
        blob->skip = 2;
    int error = model_convert(blob, &options, file);
    blob_unref(blob);
    return error;
}

static bool is_deviation(const char *value)
{
    char *end;
    double number = value == NULL ? 1 : strtod(value, &end);
    return value == NULL || (end != value && *end == '\0' && number > 0 && number < 1e9);
}

const char *shown_files_fault(const struct offline_files *files)
{
    for (size_t i = 0; files->count > 1 && i < files->count; i++) {
        if (!request_is_model(files->paths[i]))
            return "of several files each must be one that can be shown, as .step";
    }
    return is_deviation(files->deviation) ? NULL : "--deviation must be a number above 0";
}

static int read_recorded(const char *path, struct model_file *file)
{
    char why[64];
    struct blob *blob;
    int error = shown_bytes(path, &blob);
    if (error == 0)
        error = to_model(blob, file);
    if (error == -EINVAL)
        return shown_fail(path, "this is neither a recorded model nor a model file");
    if (error < 0)
        return shown_fail(path, error_text(error, why, sizeof(why)));
    return EXIT_STATUS_FINE;
}

int shown_read(const struct offline_files *files, struct offline_model *model)
{
    struct text why = { 0 };
    const char *path = files->paths[0];
    *model = (struct offline_model){ 0 };
    if (!request_is_model(path) && (strcmp(path, "-") == 0 || !recording_is(path)))
        return read_recorded(path, &model->file);
    int error = offline_read_files(files, model, &why);
    /* Of several the reason says which one. */
    const char *about = files->count > 1 && why.size > 0 ? "" : path;
    int status = error < 0 ? refuse(about, text_string(&why)) : EXIT_STATUS_FINE;
    text_free(&why);
    return status;
}

/* The place of the page, and its settings, as a server on this machine would have them: from the
 * environment and the settings file. 0 or an error. */
static int find_page(char **path, struct text *settings)
{
    const struct log log = { .fd = STDERR_FILENO, .level = LOG_ERROR };
    struct text message = { 0 };
    struct options options;
    char name[] = "cadcast";
    char *words[] = { name, NULL };
    char *folder = NULL;
    int error = options_parse(&options, 1, words, sys_environment(), &message);
    struct config *config = error < 0 ? NULL : config_new(&options, getenv("HOME"), NULL);
    error = config == NULL ? -ENOMEM : config_page(config, settings);
    if (error == 0 && paths_data(options.data_dir, &folder, &log) == 0)
        *path = paths_onefile(folder);
    if (config != NULL)
        config_free(config);
    options_free(&options);
    text_free(&message);
    free(folder);
    return error;
}

void shown_page(char **path, struct text *values)
{
    struct text settings = { 0 };
    values->failed = find_page(path, &settings) < 0;
    export_html_values(values, text_string(&settings), NULL);
    export_html_end(values);
    text_free(&settings);
}

/* ---- a session ---- */

bool shown_split(const char *given, char name[SESSION_NAME_MAX + 1], const char **step)
{
    const char *at = strchr(given, '@');
    size_t size = at == NULL ? strlen(given) : (size_t)(at - given);
    *step = at == NULL ? NULL : at + 1;
    if (size > SESSION_NAME_MAX)
        return false;
    memcpy(name, given, size);
    name[size] = '\0';
    return session_name_ok(name) &&
           (at == NULL || (at[1] != '\0' && strspn(at + 1, "-0123456789") == strlen(at + 1)));
}

bool shown_is_step(const char *given)
{
    char name[SESSION_NAME_MAX + 1];
    const char *step;
    return shown_split(given, name, &step) && step != NULL && access(given, F_OK) < 0;
}

int shown_refused(const char *name, const char *body)
{
    json_t *problem = json_loads(body, 0, NULL);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    int status = shown_fail(name, detail == NULL ? body : detail);
    json_decref(problem);
    return status;
}

/* GETs `path`; its answer without the line's end of an error. */
static int ask(const struct shown_session *session, const char *url, const char *path,
               struct text *body)
{
    int code = service_ask_get(url, path, SHOWN_PATIENCE_MS, body);
    while (code != 200 && body->size > 0 && body->data[body->size - 1] == '\n')
        body->data[--body->size] = '\0';
    if (code == 200)
        return EXIT_STATUS_FINE;
    if (code > 0)
        return shown_refused(session->name, text_string(body));
    fprintf(stderr, "cadcast: no server answers; --port names its port\n");
    return EXIT_STATUS_NOT_RUNNING;
}

int shown_ask(const struct shown_session *session, const char *path, struct text *body)
{
    struct text url = { 0 };
    int status = find_server(session->argv, session->envp, session->port, &url);
    if (status == 0)
        status = ask(session, text_string(&url), path, body);
    text_free(&url);
    return status;
}

int shown_fetch(const struct shown_session *session, const char *path, const char *output)
{
    struct text target = { 0 }, body = { 0 };
    text_format(&target, "/s/%s/%s", session->name, path);
    int status = shown_ask(session, text_string(&target), &body);
    if (status == 0)
        status = shown_put(output, body.data, body.size);
    text_free(&target);
    text_free(&body);
    return status;
}

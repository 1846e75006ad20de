/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* cadcast start, stop and restart. */
#include "daemon/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/cli.h"
#include "daemon/folder.h"
#include "daemon/options_help.h"
#include "daemon/service_files.h"

#define START_WAIT 60000 /* milliseconds until READY */
#define END_WAIT 12000   /* besides --goodbye-timeout: saving, and a slow machine */
#define LOG_LINES 15     /* of the log, where a start fails */

/* ---- small things ---- */

static int fail(const char *what, int error)
{
    char why[64];
    fprintf(stderr, "cadcast: %s: %s\n", what, error_text(error, why, sizeof(why)));
    return STATUS_FAILED;
}

int service_options(struct options *options, int argc, char **argv, char **envp)
{
    struct text message = { 0 };
    /* The name of the program takes the place of the command. */
    char *command = argv[1];
    argv[1] = argv[0];
    int parsed = options_parse(options, argc - 1, argv + 1, envp, &message);
    argv[1] = command;
    int status = parsed == 0 ? 0 : parsed < 0 ? STATUS_USAGE : -1;
    if (parsed < 0)
        fprintf(stderr, "cadcast: %s\n", text_string(&message));
    text_free(&message);
    if (status == -1) {
        struct text help = { 0 };
        if (parsed == OPTIONS_HELP)
            options_help(&help);
        else
            options_version(&help);
        fputs(text_string(&help), stdout);
        text_free(&help);
    }
    return status;
}

/* Options and names of a command's service. 0, or what to end with as service_options has it. */
static int prepare(struct options *options, struct service_files *files, int argc, char **argv,
                   char **envp)
{
    int status = service_options(options, argc, argv, envp);
    int error = status == 0 ? service_files_init(files, options) : 0;
    /* Without a home a service may run all the same. */
    if ((error == 0 || error == -ENOENT) && status == 0)
        error = service_files_folder(files);
    if (error == -EPERM)
        fprintf(stderr, "cadcast: %s must belong to you alone\n", files->folder);
    else if (error < 0)
        fail(files->folder, error);
    return error < 0 ? STATUS_FAILED : status;
}

static int finish(struct options *options, int status)
{
    options_free(options);
    return status < 0 ? STATUS_FINE : status;
}

/* `since`: where the log had its end before. */
static void show_log(const char *path, off_t since)
{
    struct text tail = { 0 };
    service_files_tail(path, since, LOG_LINES, &tail);
    fprintf(stderr, "cadcast: it did not start; the log %s says\n%s", path, text_string(&tail));
    text_free(&tail);
}

/* What the service says of itself; one that is just being started is waited for. */
static json_t *wait_said(const struct service_files *files)
{
    json_t *said = service_files_read(files);
    for (int i = 0; said == NULL && i < 500 && service_files_running(files); i++) {
        service_files_pause(20);
        said = service_files_read(files);
    }
    return said;
}

/* ---- start ---- */

/* The service runs already: says where. */
static int tell_running(const struct service_files *files)
{
    json_t *said = wait_said(files);
    if (said == NULL) {
        fprintf(stderr, "cadcast: another start is under way and does not get ready\n");
        return STATUS_FAILED;
    }
    printf("cadcast runs already: %s (process %lld)\n",
           json_string_value(json_object_get(said, "url")),
           (long long)json_integer_value(json_object_get(said, "pid")));
    json_decref(said);
    return STATUS_FINE;
}

/* Whether log and pictures have a place; says so where they have none. */
static bool has_home(const struct service_files *files)
{
    if (files->log[0] == '\0')
        fprintf(stderr, "cadcast: there is no home for log and pictures: set HOME, or give "
                        "--log-file, and --state-dir or --no-state\n");
    return files->log[0] != '\0';
}

static int check(struct options *options, const struct service_files *files)
{
    bool placed = has_home(files) && background_places(options, files) == 0;
    return placed ? cli_check(options) : STATUS_FAILED;
}

static int start(struct options *options, const struct service_files *files, char **argv,
                 background_server serve)
{
    if (!has_home(files))
        return STATUS_FAILED;
    int lock = service_files_lock(files);
    if (lock == -EBUSY)
        return tell_running(files);
    if (lock < 0)
        return fail(files->pid, lock);
    struct text line = { 0 };
    off_t logged = service_files_log_size(files);
    int error = background_begin(options, files, lock, argv, serve, &line);
    if (error < 0)
        fail("no pipe", error);
    else if (error > 0)
        show_log(files->log, logged);
    else
        fputs(text_string(&line), stdout);
    text_free(&line);
    return error == 0 ? STATUS_FINE : STATUS_FAILED;
}

/* ---- stop ---- */

static bool wait_end(const struct service_files *files, uint64_t ms)
{
    for (uint64_t waited = 0; waited < ms; waited += 10) {
        if (!service_files_running(files))
            return true;
        service_files_pause(10);
    }
    return !service_files_running(files);
}

void service_say_none(const struct service_files *files)
{
    struct text others = { 0 };
    service_files_others(files, &others);
    printf("cadcast does not run\n%s", text_string(&others));
    text_free(&others);
}

/* There is no service; but there may be one in the foreground, or a service manager's. */
static int tell_none(const struct options *options, const struct service_files *files)
{
    long pid = folder_cadcast_at((uint16_t)options->port);
    if (pid <= 0) {
        service_say_none(files);
        return STATUS_FINE;
    }
    fprintf(stderr, "cadcast: process %ld at port %d was not begun by start\n", pid,
            (int)options->port);
    return STATUS_FAILED;
}

static int stop(const struct options *options, const struct service_files *files)
{
    json_t *said = wait_said(files);
    pid_t pid = (pid_t)json_integer_value(json_object_get(said, "pid"));
    json_decref(said);
    if (pid <= 0)
        return tell_none(options, files);
    kill(pid, SIGTERM);
    bool ended = wait_end(files, options->goodbye_timeout + END_WAIT);
    if (!ended) {
        fprintf(stderr, "cadcast: process %ld does not end and is killed\n", (long)pid);
        kill(pid, SIGKILL);
        ended = wait_end(files, END_WAIT);
    }
    /* The last thing it does is to let go of the file; a moment later it is gone. */
    for (int i = 0; ended && i < 100 && kill(pid, 0) == 0; i++)
        service_files_pause(10);
    if (ended)
        printf("cadcast is stopped\n");
    return ended ? STATUS_FINE : STATUS_FAILED;
}

int service_stop(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0)
        status = stop(&options, &files);
    return finish(&options, status);
}

/* ---- restart ---- */

static json_int_t number_of(const json_t *said, const char *name)
{
    return json_integer_value(json_object_get(said, name));
}

/* Whether the process has an answer by now: it is another one, or it says why it stays. */
static bool has_answer(const json_t *said, const json_t *before, int *status)
{
    const json_t *refused = json_object_get(said, "refused");
    *status = STATUS_FINE;
    if (number_of(said, "started") != number_of(before, "started")) {
        printf("READY %s\n", json_string_value(json_object_get(said, "url")));
        return true;
    }
    if (number_of(refused, "at") == number_of(json_object_get(before, "refused"), "at"))
        return false;
    const char *why = json_string_value(json_object_get(refused, "why"));
    fprintf(stderr,
            "cadcast: not restarted, since a new process could not start; process %lld "
            "goes on\n%s",
            (long long)number_of(said, "pid"), why == NULL ? "" : why);
    *status = (int)number_of(refused, "status");
    return true;
}

static int wait_other(const struct options *options, const struct service_files *files,
                      const json_t *before)
{
    uint64_t limit = options->goodbye_timeout + END_WAIT + START_WAIT;
    unsigned gone = 0;
    off_t logged = service_files_log_size(files);
    for (uint64_t waited = 0; waited < limit && gone < 50; waited += 10) {
        json_t *said = service_files_read(files);
        int status;
        bool answered = said != NULL && has_answer(said, before, &status);
        json_decref(said);
        if (answered)
            return status;
        gone = service_files_running(files) ? 0 : gone + 1;
        service_files_pause(10);
    }
    show_log(files->log, logged);
    return STATUS_FAILED;
}

static bool has_other_options(const struct options *options)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        bool names = strcmp(rows[i].name, "port") == 0 || strcmp(rows[i].name, "log-file") == 0;
        if (options->source[i] == OPTIONS_FLAG && !names)
            return true;
    }
    return false;
}

static int restart(struct options *options, const struct service_files *files, char **argv,
                   background_server serve)
{
    json_t *before = service_files_read(files);
    if (before == NULL)
        return start(options, files, argv, serve);
    int status = STATUS_USAGE;
    if (has_other_options(options))
        fprintf(stderr, "cadcast: a restart keeps the options; to change them, stop and start\n");
    else if (kill((pid_t)number_of(before, "pid"), SIGUSR2) < 0)
        status = fail("cannot reach the process", -errno);
    else
        status = wait_other(options, files, before);
    json_decref(before);
    return status;
}

/* Does what a command that may begin the service is for. */
static int run(int argc, char **argv, char **envp, background_server serve,
               int (*command)(struct options *, const struct service_files *, char **,
                              background_server))
{
    struct options options;
    struct service_files files;
    int lock = background_inherited();
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0 && options.check)
        status = check(&options, &files);
    else if (status == 0 && lock > 0)
        /* Begun by this command, and now restarted: this process is the service. */
        status = background_serve(&options, &files, lock, argv, serve);
    else if (status == 0)
        status = command(&options, &files, argv, serve);
    return finish(&options, status);
}

int service_start(int argc, char **argv, char **envp, background_server serve)
{
    return run(argc, argv, envp, serve, start);
}

int service_restart(int argc, char **argv, char **envp, background_server serve)
{
    return run(argc, argv, envp, serve, restart);
}

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

static int start(struct options *options, const struct service_files *files, char **argv,
                 background_server serve)
{
    if (files->log[0] == '\0') {
        fprintf(stderr, "cadcast: there is no home for log and pictures: set HOME, or give "
                        "--log-file, and --state-dir or --no-state\n");
        return STATUS_FAILED;
    }
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

/* Waits for the process to say that it is another one. */
static int wait_other(const struct options *options, const struct service_files *files,
                      json_int_t before)
{
    uint64_t limit = options->goodbye_timeout + END_WAIT + START_WAIT;
    unsigned gone = 0;
    off_t logged = service_files_log_size(files);
    for (uint64_t waited = 0; waited < limit && gone < 50; waited += 10) {
        json_t *said = service_files_read(files);
        if (said != NULL && json_integer_value(json_object_get(said, "started")) != before) {
            printf("READY %s\n", json_string_value(json_object_get(said, "url")));
            json_decref(said);
            return STATUS_FINE;
        }
        json_decref(said);
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
    json_t *said = service_files_read(files);
    if (said == NULL)
        return start(options, files, argv, serve);
    pid_t pid = (pid_t)json_integer_value(json_object_get(said, "pid"));
    json_int_t before = json_integer_value(json_object_get(said, "started"));
    json_decref(said);
    if (has_other_options(options)) {
        fprintf(stderr, "cadcast: a restart keeps the options; to change them, stop and start\n");
        return STATUS_USAGE;
    }
    if (kill(pid, SIGUSR2) < 0)
        return fail("cannot reach the process", -errno);
    return wait_other(options, files, before);
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
    /* Begun by this command, and now restarted: this process is the service. */
    if (status == 0 && lock > 0)
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

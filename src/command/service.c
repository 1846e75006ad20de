/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* cadcast start, stop and restart. */
#include "command/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "command/serve.h"
#include "command/service_log.h"
#include "process/exit_status.h"
#include "process/paths.h"
#include "process/service_ask.h"
#include "process/service_files.h"
#include "settings/options_json.h"

/* Milliseconds until READY. */
#define START_WAIT 60000
/* Milliseconds added to --goodbye-timeout: for saving, and a slow machine. */
#define END_WAIT 12000

/* ---- small things ---- */

static int fail(const char *what, int error)
{
    char why[64];
    fprintf(stderr, "cadcast: %s: %s\n", what, error_text(error, why, sizeof(why)));
    return EXIT_STATUS_FAILED;
}

int service_options(struct options *options, int argc, char **argv, char **envp)
{
    struct text message = { 0 };
    /* argv[1], the command, is replaced with the name of the program. */
    char *command = argv[1];
    argv[1] = argv[0];
    int parsed = options_parse(options, argc - 1, argv + 1, envp, &message);
    argv[1] = command;
    if (parsed < 0)
        fprintf(stderr, "cadcast: %s\n", text_string(&message));
    text_free(&message);
    return parsed < 0 ? EXIT_STATUS_USAGE : 0;
}

/* Options and file names of a command's service. 0, or the exit status as from service_options. */
static int prepare(struct options *options, struct service_files *files, int argc, char **argv,
                   char **envp)
{
    int status = service_options(options, argc, argv, envp);
    int error = status == 0 ? service_files_init(files, options) : 0;
    /* Without a home a service may still be running. */
    if ((error == 0 || error == -ENOENT) && status == 0)
        error = service_files_folder(files);
    if (error == -EPERM)
        fprintf(stderr, "cadcast: %s must belong to you alone\n", files->folder);
    else if (error < 0)
        fail(files->folder, error);
    return error < 0 ? EXIT_STATUS_FAILED : status;
}

static int finish(struct options *options, int status)
{
    options_free(options);
    return status;
}

/* The contents of the service's pid file; waits for a service that is just being started. */
static json_t *wait_info(const struct service_files *files)
{
    json_t *info = service_files_read(files);
    for (int i = 0; info == NULL && i < 500 && service_files_running(files); i++) {
        sys_pause(20);
        info = service_files_read(files);
    }
    return info;
}

/* ---- start ---- */

/* The service runs already: prints its address, and whether its options differ. */
static int tell_running(const struct options *options, const struct service_files *files)
{
    struct text differ = { 0 };
    json_t *info = wait_info(files);
    if (info == NULL) {
        fprintf(stderr, "cadcast: another start is under way and did not become ready\n");
        return EXIT_STATUS_FAILED;
    }
    printf("cadcast is running already: %s (process %lld)\n",
           json_string_value(json_object_get(info, "url")),
           (long long)json_integer_value(json_object_get(info, "pid")));
    fflush(stdout);
    /* A process of an older program does not write its options. */
    const json_t *others = json_object_get(info, "options");
    bool same = others == NULL || options_json_differ(options, others, &differ) == 0;
    if (!same)
        fprintf(stderr, "cadcast: it is running with other options (%s): stop it, then start\n",
                text_string(&differ));
    text_free(&differ);
    json_decref(info);
    return same ? EXIT_STATUS_FINE : EXIT_STATUS_USAGE;
}

/* Whether log and pictures have a folder; prints an error if not. */
static bool has_home(const struct service_files *files)
{
    if (files->log[0] == '\0')
        fprintf(stderr,
                "cadcast: no folder for log and pictures: set HOME, or give --log-file, and "
                "--state-dir or --no-state\n");
    return files->log[0] != '\0';
}

static int check(struct options *options, const struct service_files *files)
{
    if (!has_home(files) || background_places(options, files) < 0)
        return EXIT_STATUS_FAILED;
    json_t *info = service_files_read(files);
    long running = (long)json_integer_value(json_object_get(info, "pid"));
    json_decref(info);
    return serve_check(options, running);
}

static int start(struct options *options, struct service_files *files, char **argv)
{
    if (!has_home(files))
        return EXIT_STATUS_FAILED;
    int lock = service_files_lock(files);
    if (lock == -EBUSY)
        return tell_running(options, files);
    if (lock < 0)
        return fail(files->pid, lock);
    struct text line = { 0 };
    off_t logged = service_files_log_size(files);
    int error = background_begin(options, files, lock, argv, serve, &line);
    if (error < 0)
        fail("no pipe", error);
    else if (error > 0)
        service_log_failure(files->log, logged);
    else
        fputs(text_string(&line), stdout);
    fflush(stdout);
    if (error == 0)
        service_log_warnings(files->log, logged);
    text_free(&line);
    return error == 0 ? EXIT_STATUS_FINE : EXIT_STATUS_FAILED;
}

/* ---- stop ---- */

static bool wait_end(const struct service_files *files, uint64_t ms)
{
    for (uint64_t waited = 0; waited < ms; waited += 10) {
        if (!service_files_running(files))
            return true;
        sys_pause(10);
    }
    return !service_files_running(files);
}

void service_say_none(const struct service_files *files)
{
    struct text others = { 0 };
    service_files_others(files, &others);
    printf("cadcast is not running\n%s", text_string(&others));
    text_free(&others);
}

/* There is no background service; a server in the foreground or of a service manager may run. */
static int tell_none(const struct options *options, const struct service_files *files)
{
    char url[SERVICE_ASK_URL];
    long pid = service_ask_pid((uint16_t)options->port, url);
    if (pid <= 0) {
        service_say_none(files);
        return EXIT_STATUS_FINE;
    }
    struct text others = { 0 };
    service_files_others(files, &others);
    fprintf(stderr, "cadcast: process %ld at port %d was not started with start --port %d\n%s", pid,
            (int)options->port, (int)options->port, text_string(&others));
    text_free(&others);
    return EXIT_STATUS_FAILED;
}

static int stop(const struct options *options, const struct service_files *files)
{
    json_t *info = wait_info(files);
    pid_t pid = (pid_t)json_integer_value(json_object_get(info, "pid"));
    json_decref(info);
    if (pid <= 0)
        return tell_none(options, files);
    kill(pid, SIGTERM);
    bool ended = wait_end(files, options->goodbye_timeout + END_WAIT);
    if (!ended) {
        fprintf(stderr, "cadcast: process %ld does not end: killed\n", (long)pid);
        kill(pid, SIGKILL);
        ended = wait_end(files, END_WAIT);
    }
    /* The process releases the lock shortly before it ends. */
    for (int i = 0; ended && i < 100 && kill(pid, 0) == 0; i++)
        sys_pause(10);
    if (ended)
        printf("cadcast is stopped\n");
    return ended ? EXIT_STATUS_FINE : EXIT_STATUS_FAILED;
}

int service_stop(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0) {
        service_files_find(&files, (int)options.port);
        status = stop(&options, &files);
    }
    return finish(&options, status);
}

/* ---- restart ---- */

static json_int_t number_of(const json_t *info, const char *name)
{
    return json_integer_value(json_object_get(info, name));
}

/* Whether the restart has a result by now: a new process, or a refusal. */
static bool has_answer(const json_t *info, const json_t *before, int *status)
{
    const json_t *refused = json_object_get(info, "refused");
    *status = EXIT_STATUS_FINE;
    if (number_of(info, "started") != number_of(before, "started")) {
        serve_print_urls(json_object_get(info, "urls"), false);
        return true;
    }
    if (number_of(refused, "at") == number_of(json_object_get(before, "refused"), "at"))
        return false;
    const char *why = json_string_value(json_object_get(refused, "why"));
    fprintf(stderr,
            "cadcast: not restarted: a new process could not start; process %lld "
            "continues\n%s",
            (long long)number_of(info, "pid"), why == NULL ? "" : why);
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
        json_t *info = service_files_read(files);
        int status;
        bool answered = info != NULL && has_answer(info, before, &status);
        json_decref(info);
        if (answered && status == EXIT_STATUS_FINE)
            service_log_warnings(files->log, logged);
        if (answered)
            return status;
        gone = service_files_running(files) ? 0 : gone + 1;
        sys_pause(10);
    }
    service_log_failure(files->log, logged);
    return EXIT_STATUS_FAILED;
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

static int restart(struct options *options, struct service_files *files, char **argv)
{
    service_files_find(files, (int)options->port);
    json_t *before = service_files_read(files);
    if (before == NULL)
        return start(options, files, argv);
    int status = EXIT_STATUS_USAGE;
    if (has_other_options(options))
        fprintf(stderr, "cadcast: a restart keeps the options; to change them, stop and start\n");
    else if (kill((pid_t)number_of(before, "pid"), SIGUSR2) < 0)
        status = fail("cannot reach the process", -errno);
    else
        status = wait_other(options, files, before);
    json_decref(before);
    return status;
}

/* Runs a command that may start the service. */
static int run(int argc, char **argv, char **envp,
               int (*command)(struct options *, struct service_files *, char **))
{
    struct options options;
    struct service_files files;
    int lock = background_inherited();
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0 && options.check)
        status = check(&options, &files);
    else if (status == 0 && lock > 0)
        /* Started by this command, and now restarted: this process is the service. */
        status = background_serve(&options, &files, lock, argv, serve);
    else if (status == 0)
        status = command(&options, &files, argv);
    return finish(&options, status);
}

int service_start(int argc, char **argv, char **envp)
{
    return run(argc, argv, envp, start);
}

int service_restart(int argc, char **argv, char **envp)
{
    return run(argc, argv, envp, restart);
}

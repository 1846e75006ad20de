/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* cadcast status and logs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "command/service.h"
#include "process/exit_status.h"
#include "process/service_ask.h"
#include "process/service_files.h"
#include "server/status.h"
#include "view/session.h"

#define LOG_LINES 50
#define FOLLOW_MS 200

int service_flags(const char *command, int *argc, char **argv, const char *given[COMMANDS_FLAGS])
{
    struct text message = { 0 };
    int error = commands_take(commands_row(command), argc, argv, 2, given, &message);
    if (error < 0)
        fprintf(stderr, "cadcast: %s\n", text_string(&message));
    text_free(&message);
    return error < 0 ? EXIT_STATUS_USAGE : 0;
}

static int prepare(struct options *options, struct service_files *files, int argc, char **argv,
                   char **envp)
{
    char why[64];
    int status = service_options(options, argc, argv, envp);
    int error = status == 0 ? service_files_init(files, options) : 0;
    /* Without a home a service may still be running; its pid file has the path of its log. */
    if ((error == 0 || error == -ENOENT) && status == 0)
        service_files_find(files, (int)options->port);
    if (error == 0 || error == -ENOENT)
        return status;
    fprintf(stderr, "cadcast: %s\n", error_text(error, why, sizeof(why)));
    return EXIT_STATUS_FAILED;
}

/* ---- status ---- */

static void print_json(json_t *status, const json_t *info)
{
    if (info != NULL)
        json_object_set(status, "url", json_object_get(info, "url"));
    if (info != NULL)
        json_object_set(status, "urls", json_object_get(info, "urls"));
    char *text = json_dumps(status, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    printf("%s\n", text == NULL ? "{}" : text);
    free(text);
}

/* A server that was not started with `start` has no pid file, but may be running. */
static json_t *ask_usual(const struct options *options)
{
    static const char *const hosts[] = { "127.0.0.1", "[::1]" };
    char url[64];
    json_t *status = NULL;
    for (size_t i = 0; status == NULL && i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        snprintf(url, sizeof(url), "http://%s:%d/viewer", hosts[i], (int)options->port);
        status = service_ask(url);
    }
    return status;
}

json_t *service_addresses(const struct options *options, const char *session)
{
    char path[SESSION_NAME_MAX + 32];
    char url[SERVICE_ASK_URL] = "";
    struct service_files files;
    int error = service_files_init(&files, options);
    json_t *info = NULL;
    if (error == 0 || error == -ENOENT) {
        service_files_find(&files, (int)options->port);
        info = service_files_read(&files);
    }
    const char *own = json_string_value(json_object_get(info, "url"));
    if (own == NULL)
        service_ask_pid((uint16_t)options->port, url);
    snprintf(path, sizeof(path), "/s/%s/addresses", session);
    json_t *addresses = service_ask_json(own == NULL ? url : own, path);
    json_decref(info);
    return addresses;
}

static int show_status(const struct options *options, const struct service_files *files, bool json)
{
    json_t *info = service_files_read(files);
    const char *url = json_string_value(json_object_get(info, "url"));
    json_t *status = url == NULL ? ask_usual(options) : service_ask(url);
    json_t *addresses = status == NULL ? NULL : service_addresses(options, SESSION_DEFAULT);
    int result = status != NULL ? EXIT_STATUS_FINE
                 : info != NULL ? EXIT_STATUS_FAILED
                                : EXIT_STATUS_NOT_RUNNING;
    if (status != NULL && json)
        print_json(status, info);
    else if (status != NULL)
        status_print(status, addresses != NULL ? addresses : info);
    else if (info != NULL)
        printf("cadcast is running at %s, but does not answer\n", url);
    else if (json)
        printf("{\"status\": \"not running\"}\n");
    else
        service_say_none(files);
    json_decref(status);
    json_decref(addresses);
    json_decref(info);
    return result;
}

int service_status(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    const char *given[COMMANDS_FLAGS];
    int status = service_flags("status", &argc, argv, given);
    if (status != 0)
        return status;
    status = prepare(&options, &files, argc, argv, envp);
    if (status == 0)
        status = show_status(&options, &files, given[0] != NULL);
    options_free(&options);
    return status;
}

/* ---- logs ---- */

static void print_rest(int fd)
{
    char piece[16384];
    for (ssize_t n = read(fd, piece, sizeof(piece)); n > 0; n = read(fd, piece, sizeof(piece)))
        fwrite(piece, 1, (size_t)n, stdout);
    fflush(stdout);
}

/* Runs until it is interrupted, or its output is closed. */
static int follow(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        lseek(fd, 0, SEEK_END);
    while (!ferror(stdout)) {
        sys_pause(FOLLOW_MS);
        if (fd >= 0)
            print_rest(fd);
        /* After a rotation there may be no file of that name for a moment. */
        if (fd >= 0 && (file_is_at(fd, path) || access(path, F_OK) < 0))
            continue;
        if (fd >= 0) {
            print_rest(fd);
            close(fd);
        }
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    close(fd);
    return EXIT_STATUS_FINE;
}

/* The number of lines given with -n. False: it is not a number. */
static bool read_count(const char *text, unsigned *lines)
{
    char *end;
    if (text == NULL)
        return true;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > UINT_MAX)
        return false;
    *lines = (unsigned)number;
    return true;
}

/* The path of the log: for a running service, from its pid file. */
static void find_log(struct service_files *files)
{
    json_t *info = service_files_read(files);
    const char *log = json_string_value(json_object_get(info, "log"));
    if (log != NULL)
        snprintf(files->log, sizeof(files->log), "%s", log);
    json_decref(info);
}

static int show_logs(struct service_files *files, unsigned lines, bool on)
{
    struct text tail = { 0 };
    find_log(files);
    if (files->log[0] == '\0') {
        fprintf(stderr, "cadcast: no folder for the log: set HOME, or give --log-file\n");
        return EXIT_STATUS_FAILED;
    }
    if (access(files->log, R_OK) < 0 && !on) {
        fprintf(stderr, "cadcast: no log in %s\n", files->log);
        return EXIT_STATUS_FAILED;
    }
    service_files_tail(files->log, 0, lines, &tail);
    fputs(text_string(&tail), stdout);
    fflush(stdout);
    text_free(&tail);
    return on ? follow(files->log) : EXIT_STATUS_FINE;
}

int service_logs(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    unsigned lines = LOG_LINES;
    const char *given[COMMANDS_FLAGS];
    int status = service_flags("logs", &argc, argv, given);
    if (status != 0)
        return status;
    if (!read_count(given[1], &lines)) {
        fprintf(stderr, "cadcast: -n takes a number of lines, not \"%s\"\n", given[1]);
        return EXIT_STATUS_USAGE;
    }
    status = prepare(&options, &files, argc, argv, envp);
    if (status == 0)
        status = show_logs(&files, lines, given[0] != NULL);
    options_free(&options);
    return status;
}

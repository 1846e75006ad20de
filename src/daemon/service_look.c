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
#include "daemon/service.h"
#include "daemon/service_ask.h"
#include "daemon/service_files.h"
#include "daemon/status.h"

#define LOG_LINES 50
#define FOLLOW_MS 200

/* Takes `word` out of the arguments behind the command. */
static bool take_word(int *argc, char **argv, const char *word)
{
    for (int i = 2; i < *argc; i++) {
        if (strcmp(argv[i], word) != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(argv[0]));
        --*argc;
        return true;
    }
    return false;
}

/* The same with the word after it; NULL: it is not there. */
static const char *take_value(int *argc, char **argv, const char *word)
{
    for (int i = 2; i + 1 < *argc; i++) {
        if (strcmp(argv[i], word) != 0)
            continue;
        const char *value = argv[i + 1];
        memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof(argv[0]));
        *argc -= 2;
        return value;
    }
    return NULL;
}

static int prepare(struct options *options, struct service_files *files, int argc, char **argv,
                   char **envp)
{
    char why[64];
    int status = service_options(options, argc, argv, envp);
    int error = status == 0 ? service_files_init(files, options) : 0;
    /* Without a home a service may run all the same, and say where its log is. */
    if (error == 0 || error == -ENOENT)
        return status;
    fprintf(stderr, "cadcast: %s\n", error_text(error, why, sizeof(why)));
    return STATUS_FAILED;
}

/* ---- status ---- */

static void print_json(json_t *status, const json_t *said)
{
    if (said != NULL)
        json_object_set(status, "url", json_object_get(said, "url"));
    char *text = json_dumps(status, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    printf("%s\n", text == NULL ? "{}" : text);
    free(text);
}

static int show_status(const struct options *options, const struct service_files *files, bool json)
{
    char usual[64];
    json_t *said = service_files_read(files);
    const char *url = json_string_value(json_object_get(said, "url"));
    snprintf(usual, sizeof(usual), "http://127.0.0.1:%d/viewer", (int)options->port);
    /* One that was not begun by `start` has no pid file, but may well be there. */
    json_t *status = service_ask(url == NULL ? usual : url);
    int result = status != NULL ? STATUS_FINE : said != NULL ? STATUS_FAILED : STATUS_NOT_RUNNING;
    if (status != NULL && json)
        print_json(status, said);
    else if (status != NULL)
        status_print(status, said);
    else if (said != NULL)
        printf("cadcast runs at %s, but does not answer here\n", url);
    else if (json)
        printf("{\"status\": \"not running\"}\n");
    else
        service_say_none(files);
    json_decref(status);
    json_decref(said);
    return result;
}

int service_status(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    bool json = take_word(&argc, argv, "--json");
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0)
        status = show_status(&options, &files, json);
    options_free(&options);
    return status < 0 ? STATUS_FINE : status;
}

/* ---- logs ---- */

static void print_rest(int fd)
{
    char piece[16384];
    for (ssize_t n = read(fd, piece, sizeof(piece)); n > 0; n = read(fd, piece, sizeof(piece)))
        fwrite(piece, 1, (size_t)n, stdout);
    fflush(stdout);
}

/* Whether the path stands for another file by now, as after a rotation. */
static bool moved(int fd, const char *path)
{
    struct stat own;
    struct stat there;
    return stat(path, &there) == 0 && fstat(fd, &own) == 0 && own.st_ino != there.st_ino;
}

/* Goes on until somebody interrupts us, or nobody reads any more. */
static int follow(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        lseek(fd, 0, SEEK_END);
    while (!ferror(stdout)) {
        service_files_pause(FOLLOW_MS);
        if (fd >= 0)
            print_rest(fd);
        if (fd >= 0 && !moved(fd, path))
            continue;
        if (fd >= 0) {
            print_rest(fd);
            close(fd);
        }
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    close(fd);
    return STATUS_FINE;
}

/* The lines that -n asks for. False: it is no number. */
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

/* Where the log is: of a service that runs, where it says. */
static void find_log(struct service_files *files)
{
    json_t *said = service_files_read(files);
    const char *log = json_string_value(json_object_get(said, "log"));
    if (log != NULL)
        snprintf(files->log, sizeof(files->log), "%s", log);
    json_decref(said);
}

static int show_logs(struct service_files *files, unsigned lines, bool on)
{
    struct text tail = { 0 };
    find_log(files);
    if (files->log[0] == '\0') {
        fprintf(stderr, "cadcast: there is no home that could have a log\n");
        return STATUS_FAILED;
    }
    if (access(files->log, R_OK) < 0 && !on) {
        fprintf(stderr, "cadcast: no log in %s\n", files->log);
        return STATUS_FAILED;
    }
    service_files_tail(files->log, 0, lines, &tail);
    fputs(text_string(&tail), stdout);
    fflush(stdout);
    text_free(&tail);
    return on ? follow(files->log) : STATUS_FINE;
}

int service_logs(int argc, char **argv, char **envp)
{
    struct options options;
    struct service_files files;
    unsigned lines = LOG_LINES;
    bool on = take_word(&argc, argv, "-f") || take_word(&argc, argv, "--follow");
    const char *count = take_value(&argc, argv, "-n");
    if (!read_count(count, &lines)) {
        fprintf(stderr, "cadcast: -n takes a number of lines, not \"%s\"\n", count);
        return STATUS_USAGE;
    }
    int status = prepare(&options, &files, argc, argv, envp);
    if (status == 0)
        status = show_logs(&files, lines, on);
    options_free(&options);
    return status < 0 ? STATUS_FINE : status;
}

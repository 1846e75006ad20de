/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* cadcast status and logs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/service.h"
#include "daemon/service_files.h"
#include "daemon/status.h"

#define ANSWER_MAX (16 * 1024 * 1024)
#define LOG_LINES 50
#define FOLLOW_MS 200

/* Where a server is, taken from its address "http://HOST:PORT/viewer?token=TOKEN". */
struct place {
    char host[256];
    char port[8];
    char token[300];
};

static bool read_url(const char *url, struct place *place)
{
    const char *host = strstr(url, "://");
    if (host == NULL)
        return false;
    host += 3;
    bool six = host[0] == '[';
    const char *end = six ? strchr(host, ']') : strchr(host, ':');
    const char *port = end == NULL ? NULL : strchr(end, ':');
    const char *token = strstr(url, "?token=");
    if (port == NULL)
        return false;
    host += six;
    snprintf(place->host, sizeof(place->host), "%.*s", (int)(end - host), host);
    snprintf(place->port, sizeof(place->port), "%.*s", (int)strspn(port + 1, "0123456789"),
             port + 1);
    snprintf(place->token, sizeof(place->token), "%s", token == NULL ? "" : token + 7);
    return true;
}

static int dial(const struct place *place)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    struct timeval patience = { .tv_sec = 5 };
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* Asks the server how it is; NULL where it does not answer. A new reference. */
static json_t *ask(const struct place *place)
{
    char piece[16384];
    struct text text = { 0 };
    int fd = dial(place);
    if (fd < 0)
        return NULL;
    bool six = strchr(place->host, ':') != NULL;
    text_format(&text, "GET /status HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\n%s%s%s\r\n",
                six ? "[" : "", place->host, six ? "]" : "", place->port,
                place->token[0] == '\0' ? "" : "X-Cadcast-Token: ", place->token,
                place->token[0] == '\0' ? "" : "\r\n");
    ssize_t n = send(fd, text.data, text.size, MSG_NOSIGNAL);
    text_free(&text);
    for (n = n > 0; n > 0 && text.size < ANSWER_MAX;) {
        n = read(fd, piece, sizeof(piece));
        if (n > 0)
            text_add_bytes(&text, piece, (size_t)n);
    }
    close(fd);
    const char *body = strstr(text_string(&text), "\r\n\r\n");
    bool good = strncmp(text_string(&text), "HTTP/1.1 200 ", 13) == 0 && body != NULL;
    json_t *status = good ? json_loads(body + 4, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    text_free(&text);
    return status;
}

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
    struct place place = { .host = "127.0.0.1" };
    json_t *said = service_files_read(files);
    const char *url = json_string_value(json_object_get(said, "url"));
    snprintf(place.port, sizeof(place.port), "%d", (int)options->port);
    if (url != NULL)
        read_url(url, &place);
    /* One that was not begun by `start` has no pid file, but may well be there. */
    json_t *status = ask(&place);
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
        printf("cadcast does not run\n");
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

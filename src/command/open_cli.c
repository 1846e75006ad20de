/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/open_cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <uv.h>

#include "base/error.h"
#include "base/sys.h"
#include "command/find_server.h"
#include "offline/upload.h"
#include "process/exit_status.h"
#include "process/open_page.h"
#include "process/service_ask.h"
#include "process/watcher.h"
#include "settings/commands.h"
#include "view/session.h"

/* The command's options, in the order of its row. */
enum flag {
    FLAG_SESSION,
    FLAG_PORT,
    FLAG_SERVER,
    FLAG_WATCH,
    FLAG_NO_HEAL,
    FLAG_DEVIATION,
    FLAG_NO_BROWSER
};

struct command {
    const char *given[COMMANDS_FLAGS];
    char session[SESSION_NAME_MAX + 1];
    char **argv;
    char **envp;
    struct text url;    /* of the session's page */
    struct text prefix; /* of the server's paths, behind a proxy */
    struct text path;   /* of the request */
    bool again;         /* the file was shown before: the camera stays */
    struct upload upload;
    const char *label; /* what is sent, for messages */
    char several[32];
    bool terminal; /* progress is shown */
    bool showing;  /* a line of it is on the screen */
    int percent;   /* in that line */
    uint64_t size;
};

static int usage(const char *why)
{
    fprintf(stderr, "%s%s%susage: cadcast open %s\n", why[0] == '\0' ? "" : "cadcast: ", why,
            why[0] == '\0' ? "" : "\n", commands_row("open")->arguments);
    return EXIT_STATUS_USAGE;
}

/* ---- messages ---- */

static void clear_line(struct command *command)
{
    if (command->showing)
        fputs("\r\x1b[K", stderr);
    command->showing = false;
}

static int fail(struct command *command, const char *what, const char *why)
{
    clear_line(command);
    fprintf(stderr, "cadcast: %s%s%s\n", what, what[0] == '\0' ? "" : ": ", why);
    return EXIT_STATUS_FAILED;
}

static int fail_error(struct command *command, const char *what, int error)
{
    char why[64];
    return fail(command, what,
                error == -E2BIG    ? "too many files at once"
                : error == -EINVAL ? "this is no file"
                                   : error_text(error, why, sizeof(why)));
}

static void show_line(struct command *command, const char *what, int percent)
{
    if (!command->terminal)
        return;
    fprintf(stderr, "\r\x1b[K%s: %s, %d %%", command->label, what, percent);
    fflush(stderr);
    command->showing = true;
}

static void on_sent(void *arg, uint64_t bytes)
{
    struct command *command = arg;
    int percent = command->size == 0 ? 100 : (int)(100 * bytes / command->size);
    if (percent != command->percent)
        show_line(command, "sending", percent);
    command->percent = percent;
}

/* `text`: a word, a space and a number of percent. */
static void on_progress(void *arg, const char *text)
{
    char word[32];
    char *end;
    size_t n = strcspn(text, " ");
    long percent = strtol(text + n, &end, 10);
    if (n == 0 || n >= sizeof(word) || end == text + n || percent < 0 || percent > 100)
        return;
    memcpy(word, text, n);
    word[n] = '\0';
    show_line(arg, word, (int)percent);
}

static long on_read(void *arg, void *buffer, size_t room)
{
    struct command *command = arg;
    return upload_read(&command->upload, buffer, room);
}

/* ---- the server ---- */

/* Takes a --server URL apart: "http[s]://HOST[:PORT][PREFIX]/[s/SESSION/][viewer][?token=TOKEN]".
 * The session of --session counts first. */
static int take_server(struct command *command, const char *url)
{
    const char *host = strstr(url, "://");
    bool web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    if (!web || strchr(":/?", host[3]) != NULL)
        return usage("--server is the address of a page: http[s]://HOST[:PORT]/viewer?token=TOKEN");
    const char *path = host + 3 + strcspn(host + 3, "/?#");
    size_t size = strcspn(path, "?#");
    while (size > 0 && path[size - 1] != '/')
        size--; /* without the page's own name */
    char session[SESSION_NAME_MAX + 2];
    const char *mark = NULL;
    for (const char *at = path; at + 3 < path + size; at++)
        if (strncmp(at, "/s/", 3) == 0)
            mark = at;
    size_t length = mark == NULL ? 0 : strcspn(mark + 3, "/");
    if (length >= sizeof(session))
        length = 0;
    if (mark != NULL)
        memcpy(session, mark + 3, length);
    session[length] = '\0';
    if (mark != NULL && command->given[FLAG_SESSION] == NULL && session_name_ok(session))
        snprintf(command->session, sizeof(command->session), "%s", session);
    if (mark != NULL)
        size = (size_t)(mark - path);
    else if (size > 0)
        size--;
    text_add_bytes(&command->prefix, path, size);
    text_add(&command->url, url);
    return 0;
}

/* Finds the server, or starts one. 0, or an exit status. */
static int find_page(struct command *command)
{
    if (command->given[FLAG_SERVER] != NULL)
        return take_server(command, command->given[FLAG_SERVER]);
    return find_server_start(command->argv, command->envp, command->given[FLAG_PORT],
                             command->session, &command->url);
}

/* Whether a page shows the session already. */
static bool has_page(const struct command *command)
{
    size_t i;
    json_t *each;
    bool found = false;
    json_t *status = service_ask(text_string(&command->url));
    json_array_foreach(json_object_get(status, "sessions"), i, each) {
        const char *name = json_string_value(json_object_get(each, "name"));
        found = found || (name != NULL && strcmp(name, command->session) == 0 &&
                          json_integer_value(json_object_get(each, "browsers")) > 0);
    }
    json_decref(status);
    return found;
}

static void open_browser(const struct command *command)
{
    if (command->given[FLAG_NO_BROWSER] == NULL && command->given[FLAG_SERVER] == NULL &&
        !has_page(command))
        open_page(text_string(&command->url));
}

/* That of a server elsewhere is printed without its token. */
static void print_address(const struct command *command)
{
    const char *url = text_string(&command->url);
    if (command->given[FLAG_SERVER] == NULL) {
        printf("%s\n", url);
        return;
    }
    const char *host = strstr(url, "://") + 3;
    printf("%.*s%s/s/%s/viewer\n", (int)(host - url + (long)strcspn(host, "/?#")), url,
           text_string(&command->prefix), command->session);
}

/* ---- sending ---- */

static void add_escaped(struct text *path, const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-._~", *c) != NULL;
        text_format(path, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

static void make_path(struct command *command)
{
    text_free(&command->path);
    memset(&command->path, 0, sizeof(command->path));
    text_add(&command->path, text_string(&command->prefix));
    text_format(&command->path, "/s/%s/model?name=", command->session);
    add_escaped(&command->path, command->label);
    if (command->given[FLAG_NO_HEAL] != NULL)
        text_add(&command->path, "&heal=0");
    if (command->given[FLAG_DEVIATION] != NULL)
        text_format(&command->path, "&deviation=%s", command->given[FLAG_DEVIATION]);
    if (!command->again)
        text_add(&command->path, "&camera=reset");
}

static void print_notices(struct command *command, const json_t *answer)
{
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(answer, "notices"), i, each)
        fprintf(stderr, "cadcast: %s\n", json_string_value(each));
}

static int take_answer(struct command *command, int code, const char *text)
{
    char why[64];
    json_t *answer = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    int status = EXIT_STATUS_FINE;
    clear_line(command);
    if (code == 401)
        snprintf(why, sizeof(why), "the server wants its token: URL/viewer?token=TOKEN");
    else
        snprintf(why, sizeof(why), "the server answered with %d", code);
    if (code == 200)
        print_notices(command, answer);
    else if (code > 0)
        status = detail == NULL ? fail(command, command->label, why) : fail(command, "", detail);
    else
        status = fail(command, command->label, "the server has gone");
    json_decref(answer);
    return status;
}

static int send_files(struct command *command)
{
    struct text answer = { 0 };
    int error = upload_begin(&command->upload);
    if (error < 0)
        return fail_error(command, command->upload.broken, error);
    command->size = upload_size(&command->upload);
    command->percent = -1;
    struct service_ask_body body = { .size = command->size,
                                     .verify = command->given[FLAG_SERVER] != NULL,
                                     .type = command->upload.archive ? "application/x-tar" : NULL,
                                     .read = on_read,
                                     .sent = on_sent,
                                     .progress = on_progress,
                                     .arg = command };
    int code = command->size == 0 ? 0
                                  : service_ask_put(text_string(&command->url),
                                                    text_string(&command->path), &body, &answer);
    int status;
    if (command->size == 0)
        status = fail(command, command->label, "it is empty");
    else if (code == -ENOTCONN)
        status = fail(command, "", "the server does not answer at its address");
    else if (code == -EPROTO)
        status = fail(command, "",
                      "the server's certificate is not valid for its name, or it "
                      "speaks no TLS");
    else if (code < 0)
        status = fail(command, command->upload.broken == NULL ? "" : command->upload.broken,
                      "it cannot be read, or has changed meanwhile");
    else
        status = take_answer(command, code, text_string(&answer));
    text_free(&answer);
    return status;
}

/* ---- watching ---- */

static void on_change(void *arg, const char *path)
{
    struct command *command = arg;
    command->again = true;
    make_path(command);
    if (send_files(command) == EXIT_STATUS_FINE)
        fprintf(stderr, "cadcast: %s is shown again\n", command->label);
}

/* Until a signal ends the process. `since`: what was saved from then on, by the files' clock, is
 * not shown yet. */
static int watch(struct command *command, int64_t since)
{
    const struct watcher_options options = { .changed = on_change, .arg = command };
    struct watcher *watcher;
    int error = watcher_open(uv_default_loop(), &options, &watcher);
    if (error < 0)
        return fail_error(command, "", error);
    for (size_t i = 0; i < command->upload.count; i++) {
        error = watcher_add(watcher, command->upload.files[i].path, since);
        if (error < 0)
            return fail_error(command, command->upload.files[i].path, error);
    }
    fprintf(stderr, "cadcast: watching %s; Ctrl-C ends it\n", command->label);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return EXIT_STATUS_FAILED;
}

/* ---- the command ---- */

static bool is_deviation(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    return *text != '\0' && *end == '\0' && isfinite(value) && value > 0;
}

/* 0, or the exit status. */
static int parse(struct command *command, int argc)
{
    struct text message = { 0 };
    int status = 0;
    const char *deviation;
    if (commands_take(commands_row("open"), &argc, command->argv, 2, command->given, &message) < 0)
        status = usage(text_string(&message));
    text_free(&message);
    if (status != 0)
        return status;
    deviation = command->given[FLAG_DEVIATION];
    const char *session =
        command->given[FLAG_SESSION] == NULL ? SESSION_DEFAULT : command->given[FLAG_SESSION];
    if (argc < 3)
        return usage("");
    if (!session_name_ok(session))
        return usage("a session's name is 1 to 64 of A-Z a-z 0-9 . _ -");
    snprintf(command->session, sizeof(command->session), "%s", session);
    if (deviation != NULL && !is_deviation(deviation))
        return usage("--deviation is a number above 0");
    for (int i = 2; i < argc; i++) {
        int error = upload_add(&command->upload, command->argv[i]);
        if (error < 0)
            return fail_error(command, command->argv[i], error);
    }
    snprintf(command->several, sizeof(command->several), "%d files", argc - 2);
    command->label = argc == 3 ? command->upload.files[0].name : command->several;
    return 0;
}

int open_cli_command(int argc, char **argv, char **envp)
{
    struct command *command = calloc(1, sizeof(*command));
    if (command == NULL)
        return EXIT_STATUS_FAILED;
    command->argv = argv;
    command->envp = envp;
    command->terminal = isatty(STDERR_FILENO) == 1;
    int status = parse(command, argc);
    if (status == 0)
        status = find_page(command);
    if (status == 0) {
        int64_t since = sys_file_clock();
        make_path(command);
        status = send_files(command);
        /* Who has no terminal finds the reason on the page. */
        if (status == EXIT_STATUS_FINE || !command->terminal)
            open_browser(command);
        if (status == EXIT_STATUS_FINE)
            print_address(command);
        fflush(stdout);
        if (command->given[FLAG_WATCH] != NULL)
            status = watch(command, since);
    }
    text_free(&command->url);
    text_free(&command->prefix);
    text_free(&command->path);
    upload_free(&command->upload);
    free(command);
    return status;
}

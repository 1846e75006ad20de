/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/watch_cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command/find_server.h"
#include "command/shown.h"
#include "process/exit_status.h"
#include "process/paths.h"
#include "process/service_ask.h"
#include "rerun/rerun.h"
#include "settings/commands.h"
#include "view/session.h"

/* The registry's lock may be held for ten seconds. */
#define PATIENCE_MS 30000

#define DEBOUNCE_MAX 60000

/* The most bytes of a command that the server is told. */
#define WORDS_MAX 200

/* How long the server is waited for when it is told of a run. */
#define TELL_MS 1000

/* The commands' options, in the order of their rows; `watch` has those before FLAG_FRESH. */
enum flag {
    FLAG_SESSION,
    FLAG_PORT,
    FLAG_ONCE,
    FLAG_POLL,
    FLAG_DEBOUNCE,
    FLAG_FRESH,
    FLAG_PYTHON,
};

struct command {
    const char *given[COMMANDS_FLAGS];
    const char *session;
    int argc; /* of cadcast's own words */
    char **argv;
    char **envp;
    char **rest; /* the command, or the script's arguments */
    struct text url;
    struct text words; /* what is run, as the pages show it */
    long port;         /* of the session, for kernels */
    struct rerun_options options;
};

static int usage(const struct command *command, const char *why)
{
    const struct commands_row *row = commands_row(command->argv[1]);
    fprintf(stderr, "%s%s%susage: cadcast %s %s\n", why[0] == '\0' ? "" : "cadcast: ", why,
            why[0] == '\0' ? "" : "\n", row->name, row->arguments);
    return EXIT_STATUS_USAGE;
}

/* ---- the words ---- */

static int parse_options(struct command *command)
{
    const char *debounce = command->given[FLAG_DEBOUNCE];
    const char *session = command->given[FLAG_SESSION];
    char *end = NULL;
    long ms = debounce == NULL ? 0 : strtol(debounce, &end, 10);
    if (debounce != NULL && (end == debounce || *end != '\0' || ms < 1 || ms > DEBOUNCE_MAX))
        return usage(command, "--debounce is a number of milliseconds, 1 to 60000");
    command->session = session == NULL ? SESSION_DEFAULT : session;
    if (!session_name_ok(command->session))
        return usage(command, "a session's name is 1 to 64 of A-Z a-z 0-9 . _ -");
    command->options.debounce = (unsigned)ms;
    command->options.once = command->given[FLAG_ONCE] != NULL;
    command->options.poll = command->given[FLAG_POLL] != NULL;
    return 0;
}

/* Takes what is for cadcast; the rest begins behind it. 0, or the exit status. */
static int parse(struct command *command, int argc)
{
    struct text message = { 0 };
    int own = commands_own(argc, command->argv);
    bool dashes = own < argc && strcmp(command->argv[own], "--") == 0;
    char *behind = command->argv[own];
    int left = own;
    command->rest = command->argv + own + dashes;
    int error = commands_take(commands_row(command->argv[1]), &left, command->argv, 2,
                              command->given, &message);
    /* It ends the words with NULL, which may be where the first of the others is. */
    if (left == own)
        command->argv[own] = behind;
    int status = error < 0 ? usage(command, text_string(&message)) : 0;
    text_free(&message);
    command->argc = left;
    return status == 0 ? parse_options(command) : status;
}

/* ---- the server ---- */

/* The port number in "http://HOST:PORT/..."; 0: there is none. */
static long port_of(const char *url)
{
    const char *host = strstr(url, "://");
    size_t size = host == NULL ? 0 : strcspn(host + 3, "/");
    const char *colon = NULL;
    for (size_t i = 0; i < size; i++)
        colon = host[3 + i] == ':' ? host + 3 + i : colon;
    return colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
}

/* Kernels choose a session by its port. 0, or the exit status. */
static int open_port(struct command *command)
{
    struct text body = { 0 };
    json_t *order = json_pack("{s:i, s:s}", "port", 0, "session", command->session);
    char *text = order == NULL ? NULL : json_dumps(order, JSON_COMPACT);
    int code = text == NULL ? 0
                            : service_ask_post(text_string(&command->url), "/sessions/listen",
                                               PATIENCE_MS, "", text, &body);
    json_t *answer = json_loads(text_string(&body), 0, NULL);
    int status = 0;
    if (code == 200)
        command->port = (long)json_integer_value(json_object_get(answer, "port"));
    else
        status = shown_refused(command->session, text_string(&body));
    json_decref(order);
    json_decref(answer);
    text_free(&body);
    free(text);
    return status;
}

/* The port that the session has already. */
static long known_port(const struct command *command)
{
    size_t i;
    json_t *each;
    long port = 0;
    json_t *status = service_ask(text_string(&command->url));
    json_array_foreach(json_object_get(status, "ports"), i, each) {
        const char *name = json_string_value(json_object_get(each, "session"));
        if (port == 0 && name != NULL && strcmp(name, command->session) == 0)
            port = (long)json_integer_value(json_object_get(each, "port"));
    }
    json_decref(status);
    return port;
}

/* Finds the server or starts one, and the session's port on it; 0, or the exit status. */
static int find_port(struct command *command)
{
    char number[16];
    int status = find_server_start(command->argv, command->envp, command->given[FLAG_PORT],
                                   command->session, &command->url);
    if (status == 0)
        command->port = strcmp(command->session, SESSION_DEFAULT) == 0
                            ? port_of(text_string(&command->url))
                            : known_port(command);
    if (status == 0 && command->port == 0)
        status = open_port(command);
    snprintf(number, sizeof(number), "%ld", command->port);
    if (status == 0 && setenv("OCP_PORT", number, 1) < 0)
        status = EXIT_STATUS_FAILED;
    return status;
}

/* Tells the server what becomes of a run, for its pages and its events; takes over `more`. Returns
 * whether it may have shown something. */
static bool tell(const struct command *command, const char *state, json_t *more)
{
    struct text body = { 0 };
    json_t *order = json_pack("{s:s, s:s, s:s}", "session", command->session, "command",
                              text_string(&command->words), "state", state);
    bool whole = order != NULL && json_object_update(order, more) == 0;
    char *text = whole ? json_dumps(order, JSON_COMPACT) : NULL;
    /* A server that has gone has no pages. */
    if (text != NULL)
        service_ask_post(text_string(&command->url), "/sessions/run", TELL_MS, "", text, &body);
    json_t *answer = json_loads(text_string(&body), 0, NULL);
    bool nothing = json_is_false(json_object_get(answer, "shown"));
    json_decref(answer);
    json_decref(order);
    json_decref(more);
    text_free(&body);
    free(text);
    return !nothing;
}

static void tell_began(void *arg)
{
    tell(arg, "started", json_object());
}

static bool tell_ended(void *arg, int status, double seconds, const char *why)
{
    json_t *exit = status < 0 ? json_null() : json_integer(status);
    return tell(arg, "ended",
                json_pack("{s:o, s:f, s:s}", "exit", exit, "seconds", seconds, "why", why));
}

/* ---- what is run ---- */

/* What is run, as the pages show it: on one line, with a limit, as an argument may be a script. */
static void join(struct command *command, const char *first, char *const *others)
{
    struct text *words = &command->words;
    text_add(words, first);
    for (size_t i = 0; others[i] != NULL; i++)
        text_format(words, " %s", others[i]);
    size_t size = words->size < WORDS_MAX ? words->size : WORDS_MAX;
    /* Not in the middle of a character. */
    while (size > 0 && size < words->size && ((unsigned char)words->data[size] & 0xc0) == 0x80)
        size--;
    bool plain = !utf8_valid((const uint8_t *)text_string(words), size);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)words->data[i];
        if (byte < ' ' || (plain && byte >= 0x80))
            words->data[i] = byte < ' ' ? ' ' : '?';
    }
    if (words->data != NULL)
        words->data[size] = '\0';
    words->size = size;
}

static int run(struct command *command)
{
    int status = find_port(command);
    if (status != 0)
        return status;
    command->options.began = tell_began;
    command->options.ended = tell_ended;
    command->options.arg = command;
    if (!command->options.once)
        fprintf(stderr, "cadcast: the page is %s; Ctrl-C ends all\n", text_string(&command->url));
    return rerun(&command->options);
}

static int run_command(struct command *command)
{
    if (command->argc < 3 || command->rest[0] == NULL)
        return usage(command, "");
    for (int i = 2; i < command->argc; i++) {
        if (access(command->argv[i], F_OK) < 0)
            return shown_fail(command->argv[i], "there is no such file or folder");
    }
    join(command, command->rest[0], command->rest + 1);
    command->options.label = command->rest[0];
    command->options.command = command->rest;
    command->options.paths = command->argv + 2;
    command->options.path_count = (size_t)command->argc - 2;
    return run(command);
}

static const char *python_of(const struct command *command)
{
    if (command->given[FLAG_PYTHON] != NULL)
        return command->given[FLAG_PYTHON];
    return paths_installed("python3") ? "python3" : "python";
}

static int run_script(struct command *command)
{
    size_t count = 0;
    while (command->rest[count] != NULL)
        count++;
    char **words = calloc(count + 4, sizeof(*words));
    char *warm = command->given[FLAG_FRESH] == NULL ? paths_warm() : NULL;
    if (words == NULL) {
        free(warm);
        return EXIT_STATUS_FAILED;
    }
    size_t n = 0;
    words[n++] = (char *)python_of(command);
    if (warm != NULL)
        words[n++] = warm;
    words[n++] = command->argv[2];
    memcpy(words + n, command->rest, count * sizeof(*words));
    join(command, command->argv[2], command->rest);
    command->options.label = command->argv[2];
    command->options.command = words;
    command->options.warm = warm != NULL;
    command->options.paths = command->argv + 2;
    command->options.path_count = 1;
    int status = run(command);
    free(words);
    free(warm);
    return status;
}

int watch_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { .argv = argv, .envp = envp };
    bool script = strcmp(argv[1], "run") == 0;
    int status = parse(&command, argc);
    if (status == 0 && script && command.argc != 3)
        status = usage(&command, "");
    else if (status == 0 && script && access(argv[2], R_OK) < 0)
        status = shown_fail(argv[2], "there is no such file");
    else if (status == 0)
        status = script ? run_script(&command) : run_command(&command);
    text_free(&command.url);
    text_free(&command.words);
    return status;
}

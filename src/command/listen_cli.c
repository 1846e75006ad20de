/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/listen_cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "command/find_server.h"
#include "command/shown.h"
#include "process/exit_status.h"
#include "process/service_ask.h"
#include "settings/commands.h"
#include "view/session.h"

/* The registry's lock may be held for ten seconds. */
#define PATIENCE_MS 30000

/* The flags of the command, in the order of its row in settings/commands.c. */
enum flag { FLAG_PORT, FLAG_ANNOUNCE, FLAG_CLOSE };

struct command {
    const char *given[COMMANDS_FLAGS];
    const char *word; /* PORT=NAME, or PORT */
    const char *name; /* of the session; NULL: none is given */
    long port;
};

static int usage(const char *why)
{
    fprintf(stderr, "cadcast: %s%scadcast listen PORT=NAME, or cadcast listen --close PORT\n", why,
            why[0] == '\0' ? "" : "; ");
    return EXIT_STATUS_USAGE;
}

/* Reads "3941=gear", or "3941" for --close. */
static int parse_word(struct command *command)
{
    size_t digits = strspn(command->word, "0123456789");
    bool closes = command->given[FLAG_CLOSE] != NULL;
    command->port = digits > 0 && digits <= 5 ? strtol(command->word, NULL, 10) : -1;
    command->name = command->word[digits] == '=' ? command->word + digits + 1 : NULL;
    if (command->port < 0 || command->port > 65535 ||
        (command->name == NULL && command->word[digits] != '\0'))
        return usage("PORT is a number, 0 to 65535");
    if (!closes && (command->name == NULL || !session_name_ok(command->name)))
        return usage("NAME, a session's, is 1 to 64 of A-Z a-z 0-9 . _ -");
    return 0;
}

/* 0, or the exit status. */
static int parse(struct command *command, int argc, char **argv)
{
    struct text message = { 0 };
    const struct commands_row *row = commands_row("listen");
    int status = 0;
    if (commands_take(row, &argc, argv, 2, command->given, &message) < 0)
        status = usage(text_string(&message));
    else if (argc != 3)
        status = usage("");
    text_free(&message);
    command->word = status == 0 ? argv[2] : "";
    return status == 0 ? parse_word(command) : status;
}

static char *body_of(const struct command *command)
{
    json_t *json =
        command->given[FLAG_CLOSE] != NULL
            ? json_pack("{s:I}", "close", (json_int_t)command->port)
            : json_pack("{s:I, s:s, s:b}", "port", (json_int_t)command->port, "session",
                        command->name, "announce", command->given[FLAG_ANNOUNCE] != NULL);
    char *body = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return body;
}

/* Prints "3941 is for session gear: http://127.0.0.1:3941/viewer". The address is that of the main
 * port with another number: both listen on the same addresses. */
static void print_opened(const char *url, const json_t *answer)
{
    long long port = json_integer_value(json_object_get(answer, "port"));
    const char *host = strstr(url, "://");
    const char *colon = strrchr(url, ':');
    const char *token = strchr(url, '?');
    bool plain = host != NULL && colon > host;
    printf("port %lld is for session %s", port,
           json_string_value(json_object_get(answer, "session")));
    if (plain)
        printf(": %.*s:%lld/viewer%s", (int)(colon - url), url, port, token == NULL ? "" : token);
    printf("\n");
}

static int ask(const struct command *command, const char *url)
{
    struct text body = { 0 };
    char *json = body_of(command);
    int code =
        json == NULL ? 0 : service_ask_post(url, "/sessions/listen", PATIENCE_MS, "", json, &body);
    json_t *answer = json_loads(text_string(&body), 0, NULL);
    int status = EXIT_STATUS_FINE;
    if (code == 0) {
        fprintf(stderr, "cadcast: no server answers; --port names its port\n");
        status = EXIT_STATUS_NOT_RUNNING;
    } else if (code != 200) {
        status = shown_refused("listen", text_string(&body));
    } else if (command->given[FLAG_CLOSE] != NULL) {
        printf("port %ld is closed\n", command->port);
    } else {
        print_opened(url, answer);
    }
    json_decref(answer);
    text_free(&body);
    free(json);
    return status;
}

int listen_cli_command(int argc, char **argv, char **envp)
{
    struct command command = { 0 };
    struct text url = { 0 };
    int status = parse(&command, argc, argv);
    if (status == 0)
        status = find_server(argv, envp, command.given[FLAG_PORT], &url);
    if (status == 0)
        status = ask(&command, text_string(&url));
    text_free(&url);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/cli_help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/completion.h"
#include "command/service.h"
#include "process/exit_status.h"
#include "settings/commands.h"
#include "settings/options_help.h"

static int print(struct text *text, int error)
{
    if (error == -EINVAL)
        fprintf(stderr, "cadcast: %s\n", text_string(text));
    else
        fputs(text_string(text), stdout);
    bool failed = text_error(text) < 0;
    text_free(text);
    return error == -EINVAL ? EXIT_STATUS_USAGE : failed ? EXIT_STATUS_FAILED : EXIT_STATUS_FINE;
}

static int print_version(void)
{
    struct text text = { 0 };
    options_version(&text);
    return print(&text, 0);
}

/* `topic` is NULL for the most used options alone. */
static int print_help(const char *topic)
{
    struct text text = { 0 };
    int error = 0;
    if (topic == NULL)
        options_help(&text);
    else
        error = options_help_topic(&text, topic);
    return print(&text, error);
}

static int print_completion(const char *shell)
{
    struct text text = { 0 };
    return print(&text, completion_script(&text, shell != NULL ? shell : ""));
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool is_version(const char *word)
{
    return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0 || strcmp(word, "-v") == 0;
}

/* The topic of "--help" at `argv[place]`: the word behind it, else the command, else none. */
static const char *topic_at(int argc, char **argv, int place)
{
    const char *next = place + 1 < argc ? argv[place + 1] : "";
    if (next[0] != '\0' && next[0] != '-')
        return next;
    return place > 1 && commands_row(argv[1]) != NULL ? argv[1] : NULL;
}

bool cli_help(int argc, char **argv, int *status)
{
    const char *word = argc > 1 ? argv[1] : "";
    const char *topic = argc > 2 ? argv[2] : NULL;
    int own = commands_own(argc, argv);
    for (int i = 1; i < own; i++) {
        bool inside = strncmp(argv[i], "--help=", 7) == 0;
        if (inside || is_help(argv[i])) {
            *status = print_help(inside ? argv[i] + 7 : topic_at(own, argv, i));
            return true;
        }
        if (is_version(argv[i])) {
            *status = print_version();
            return true;
        }
    }
    if (strcmp(word, "help") == 0)
        *status = print_help(topic);
    else if (strcmp(word, "completion") == 0)
        *status = print_completion(topic);
    else
        return false;
    return true;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_help.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "settings/commands.h"
#include "settings/options_table.h"

#define WIDTH 80
#define INDENT 8
/* The column at which the texts of the short lists begin. */
#define COLUMN 29

/* The options of the short help: those that most people need. */
static const char *const common[] = {
    "host",  "port",  "listen",    "open",      "demo", "check", "create_configfile",
    "theme", "token", "state-dir", "log-level",
};

/* Adds the words of `text` in lines of WIDTH, each indented by `indent` spaces, except the first,
 * which already has `column` characters. */
static void add_wrapped(struct text *out, const char *text, size_t indent, size_t column)
{
    for (const char *word = text; *word != '\0'; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        if (column > indent && column + 1 + size > WIDTH) {
            text_add(out, "\n");
            column = 0;
        }
        size_t space = column > indent ? 1 : indent - column;
        text_format(out, "%*s", (int)space, "");
        text_add_bytes(out, word, size);
        column += space + size;
        word += size;
    }
    text_add(out, "\n");
}

/* Adds the start of a line of a short list, and its text behind it or below. */
static void add_short(struct text *out, const struct text *head, const char *text)
{
    text_add(out, text_string(head));
    bool fits = head->size < COLUMN;
    if (!fits)
        text_add(out, "\n");
    add_wrapped(out, text, COLUMN, fits ? head->size : 0);
    if (head->failed)
        out->failed = true;
}

static void add_row(struct text *out, const struct options_row *row)
{
    struct text line = { 0 };
    char variable[64];
    text_format(out, "  --%s%s", row->kind == OPTIONS_BOTH ? "[no_]" : "", row->name);
    if (row->argument != NULL)
        text_format(out, " %s", row->argument);
    text_add(out, "\n");

    text_format(&line, "%s", row->help);
    if (row->choices != NULL)
        text_format(&line, ": %s", row->choices);
    options_variable(row, variable);
    const char *shown = row->shown != NULL ? row->shown : row->value;
    /* A switch is off by default: not mentioned. */
    if (shown != NULL && strcmp(shown, "false") != 0)
        text_format(&line, ". [%s; %s]", shown, variable);
    else
        text_format(&line, ". [%s]", variable);
    add_wrapped(out, text_string(&line), INDENT, 0);
    if (line.failed)
        out->failed = true;
    text_free(&line);
}

static void add_group(struct text *out, enum options_group group)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    text_format(out, "\n%s\n", options_group_name(group));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].group == group)
            add_row(out, &rows[i]);
    }
}

static void add_commands(struct text *out)
{
    size_t count;
    const struct commands_row *rows = commands_rows(&count);
    text_add(out, "Commands; --port selects the background server\n");
    for (size_t i = 0; i < count; i++) {
        struct text head = { 0 };
        text_format(&head, "  %s%s%s", rows[i].name, rows[i].arguments[0] != '\0' ? " " : "",
                    rows[i].arguments);
        add_short(out, &head, rows[i].summary);
        text_free(&head);
    }
}

static void add_common(struct text *out)
{
    text_add(out, "\nMost used options\n");
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        const struct options_row *row = options_row(common[i], strlen(common[i]));
        struct text head = { 0 };
        struct text line = { 0 };
        text_format(&head, "  --%s%s%s", row->name, row->argument != NULL ? " " : "",
                    row->argument != NULL ? row->argument : "");
        text_format(&line, "%s%s%s", row->help, row->choices != NULL ? ": " : "",
                    row->choices != NULL ? row->choices : "");
        if (row->value != NULL)
            text_format(&line, " [%s]", row->value);
        add_short(out, &head, text_string(&line));
        text_free(&head);
        text_free(&line);
    }
}

static void add_usage(struct text *out)
{
    text_add(out, "Usage: cadcast [COMMAND] [OPTIONS]\n"
                  "\n"
                  "Shows the CAD models of Python kernels in browsers.\n"
                  "\n");
    add_commands(out);
}

static void add_origin(struct text *out)
{
    text_add(out, "\nIn brackets: the default and the environment variable. A flag overrides its\n"
                  "environment variable, which overrides ~/.ocpvscode_standalone, which overrides\n"
                  "the default. In names, dashes and underscores are the same. Variables of\n"
                  "repeatable options take a list with commas, those of flags 1 or 0.\n");
}

static void add_sections(struct text *out)
{
    text_add(out, "\nMore: cadcast help TOPIC, or --help TOPIC\n");
    for (int group = 0; group < OPTIONS_GROUPS; group++) {
        struct text head = { 0 };
        text_format(&head, "  %s", options_group_word((enum options_group)group));
        add_short(out, &head, options_group_name((enum options_group)group));
        text_free(&head);
    }
    text_add(out, "  COMMAND                    Describe one command\n"
                  "  OPTION                     Describe one option\n"
                  "  all                        All options\n");
}

void options_help(struct text *out)
{
    add_usage(out);
    add_common(out);
    text_add(out, "  -h, --help [TOPIC]         Print this, or more.\n"
                  "  -v, -V, --version          Print the version.\n");
    add_sections(out);
}

void options_help_all(struct text *out)
{
    add_usage(out);
    add_origin(out);
    for (int group = 0; group < OPTIONS_GROUPS; group++)
        add_group(out, (enum options_group)group);
    text_add(
        out,
        "\n  -h, --help [TOPIC]\n        Print the most used options, or a section, a command, "
        "an option, or all.\n"
        "  -v, -V, --version\n        Print the version.\n");
}

static void help_command(struct text *out, const struct commands_row *row)
{
    text_format(out, "Usage: cadcast %s%s%s%s\n\n", row->name, row->arguments[0] != '\0' ? " " : "",
                row->arguments, row->server ? " [OPTIONS]" : "");
    add_wrapped(out, row->text, 0, 0);
    if (row->server)
        text_add(out,
                 "\nThe options are those of the server: cadcast --help lists the most used.\n");
}

static void help_row(struct text *out, const struct options_row *row)
{
    add_row(out, row);
    text_format(out, "\nSection: %s (cadcast help %s)\n", options_group_name(row->group),
                options_group_word(row->group));
}

static bool help_section(struct text *out, const char *topic)
{
    for (int group = 0; group < OPTIONS_GROUPS; group++) {
        if (strcasecmp(topic, options_group_word((enum options_group)group)) != 0)
            continue;
        /* The empty line above the heading is for a list of sections. */
        struct text section = { 0 };
        add_group(&section, (enum options_group)group);
        text_add(out, section.size > 0 ? text_string(&section) + 1 : "");
        if (section.failed)
            out->failed = true;
        text_free(&section);
        add_origin(out);
        return true;
    }
    return false;
}

static void no_topic(struct text *out, const char *topic)
{
    text_format(out, "no help for \"%.60s\"; cadcast --help lists the topics", topic);
}

int options_help_topic(struct text *out, const char *topic)
{
    const char *name = topic + strspn(topic, "-");
    const struct commands_row *command = commands_row(topic);
    const struct options_row *row = options_row(name, strlen(name));
    if (strcasecmp(topic, "all") == 0) {
        options_help_all(out);
    } else if (command != NULL) {
        help_command(out, command);
        /* A command and an option of one name. */
        if (row != NULL) {
            text_add(out, "\n");
            help_row(out, row);
        }
    } else if (!help_section(out, topic)) {
        if (row != NULL)
            help_row(out, row);
        else
            no_topic(out, name);
        return row != NULL ? text_error(out) : -EINVAL;
    }
    return text_error(out);
}

void options_version(struct text *out)
{
    text_add(out, "cadcast " CADCAST_VERSION "\n");
}

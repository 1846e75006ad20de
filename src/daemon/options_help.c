/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/options_help.h"

#include <string.h>

#include "daemon/options_table.h"

#define WIDTH 80
#define INDENT 8

/* Adds the words of `text` in lines of WIDTH, each behind INDENT spaces. */
static void add_wrapped(struct text *out, const char *text)
{
    size_t column = 0;
    for (const char *word = text; *word != '\0'; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        if (column > 0 && column + 1 + size > WIDTH) {
            text_add(out, "\n");
            column = 0;
        }
        if (column == 0)
            text_format(out, "%*s", INDENT, "");
        column = column == 0 ? INDENT : column + 1;
        if (column > INDENT)
            text_add(out, " ");
        text_add_bytes(out, word, size);
        column += size;
        word += size;
    }
    text_add(out, "\n");
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
    /* That a switch is off unless it is on goes without saying. */
    if (shown != NULL && strcmp(shown, "false") != 0)
        text_format(&line, ". [%s; %s]", shown, variable);
    else
        text_format(&line, ". [%s]", variable);
    add_wrapped(out, text_string(&line));
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

void options_help(struct text *out)
{
    text_add(out, "Usage: cadcast [COMMAND] [OPTIONS]\n"
                  "\n"
                  "Shows the CAD models of Python kernels in browsers.\n"
                  "\n"
                  "Commands; --port says which background service is meant\n"
                  "  serve                      Run in the foreground, as without a command.\n"
                  "  start                      Run in the background.\n"
                  "  stop                       End what runs in the background.\n"
                  "  restart                    Let a new process take its place.\n"
                  "  status [--json]            Say how it is.\n"
                  "  logs [-f] [-n LINES]       Print its log, -f: and what comes.\n"
                  "  make-cert FOLDER [NAME...] Make a self-signed certificate for TLS.\n"
                  "  measure FILE.msg ID [ID2]  Measure on recorded exact geometry.\n"
                  "\n"
                  "In brackets: the default and the environment variable. A flag on the command\n"
                  "line wins over the environment, that over ~/.ocpvscode_standalone, that over\n"
                  "the default. In names, dashes and underscores are the same. Variables of\n"
                  "repeatable options take a list with commas, those of flags 1 or 0.\n");
    for (int group = 0; group < OPTIONS_GROUPS; group++)
        add_group(out, (enum options_group)group);
    text_add(out, "\n  -h, --help\n        Print this.\n"
                  "  -V, --version\n        Print the version.\n");
}

void options_version(struct text *out)
{
    text_add(out, "cadcast " CADCAST_VERSION "\n");
}

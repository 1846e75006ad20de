/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_COMMANDS_H
#define CADCAST_SETTINGS_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Most rows of the table. */
#define COMMANDS_MAX 24

/* Most options that a command has of its own. */
#define COMMANDS_FLAGS 24

/* The help of one command; shell completion is made from it too. */
struct commands_row {
    const char *name;
    const char *arguments; /* besides the options of the server; "" if there are none */
    const char *summary;   /* one sentence with its full stop, for the list */
    const char *text;      /* what it does, for its own help */
    const char *flags;     /* its own options, "-f|--follow -n=": other names of one behind "|", "="
                            * at the end of one that takes a value; "" if there are none */
    bool server;           /* takes the options of the server too */
};

const struct commands_row *commands_rows(size_t *count);

/* The command of that name; NULL if there is none. */
const struct commands_row *commands_row(const char *name);

/* Whether the words of the command are files or folders. */
bool commands_takes_files(const struct commands_row *row);

/* A name of one of a command's own options. */
struct commands_flag {
    const char *command;
    const char *name; /* `size` bytes with their dashes */
    int size;
    bool wants_value;
};

/* Calls `add` for every name of the command's own options, those of one option in turn. */
void commands_flags(const struct commands_row *row,
                    void (*add)(void *arg, const struct commands_flag *flag), void *arg);

/* How many of the words are for cadcast: those of `run` behind the script, and those of `watch`
 * from "--" on, are for other programs. */
int commands_own(int argc, char **argv);

/*
 * Takes the command's own options out of the words from argv[first] on, and closes the gaps.
 * given[i] is, of the i-th in `flags`, its value (the last one; "--name=value" does as well), "" if
 * it takes none, and NULL if it is absent. Of a command without the server's options, other words
 * that begin with "-" are refused, except "-". 0; -EINVAL, and `message` says why.
 */
int commands_take(const struct commands_row *row, int *argc, char **argv, int first,
                  const char *given[COMMANDS_FLAGS], struct text *message);

/* Takes over one value of an option; below 0 is an error, of which `why` has one line. */
typedef int (*commands_taker)(void *arg, const char *name, const char *value, struct text *why);

/*
 * Takes "--NAME VALUE" and "--NAME=VALUE" of an option that may be repeated, from argv[first] on,
 * and closes the gaps; for before commands_take, which knows its last value only. 0 or the first
 * error of `take`.
 */
int commands_repeated(const char *name, int *argc, char **argv, int first, commands_taker take,
                      void *arg, struct text *why);

#endif

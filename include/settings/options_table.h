/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_TABLE_H
#define CADCAST_SETTINGS_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Most rows of the table. */
#define OPTIONS_MAX 104

/* The `field` of a row without a field in struct options. */
#define OPTIONS_NO_FIELD ((size_t)-1)

/* The kind of value an option takes, and the type of its field. */
enum options_kind {
    OPTIONS_SWITCH,   /* no value; bool. It can only be turned on */
    OPTIONS_BOTH,     /* no value, and --no_NAME turns it off; a setting, so no field */
    OPTIONS_TEXT,     /* a text, not empty; char * */
    OPTIONS_COLOR,    /* a valid colour, see options_color.h; a setting, so no field */
    OPTIONS_CHOICE,   /* one of `choices`; int64_t, its index among them */
    OPTIONS_INTEGER,  /* a whole number from `least` to `most`; int64_t */
    OPTIONS_NUMBER,   /* a number from `least` to `most`; a setting, so no field */
    OPTIONS_BYTES,    /* a whole number with K, M, G or T (powers of 1,024); uint64_t */
    OPTIONS_SECONDS,  /* a number of seconds, decimals allowed; uint64_t, milliseconds */
    OPTIONS_SECRET,   /* a valid token, see web/token.h; char * */
    OPTIONS_HOST,     /* a host name or an address; char * */
    OPTIONS_HOSTS,    /* a host name, repeatable; struct options_texts */
    OPTIONS_ORIGINS,  /* scheme://host[:port], repeatable; struct options_texts */
    OPTIONS_NETWORKS, /* an address with or without /bits, repeatable; struct options_texts */
    OPTIONS_PORTS,    /* PORT=NAME, repeatable; struct options_ports */
};

/* The headings of --help, in their order. */
enum options_group {
    OPTIONS_GENERAL,
    OPTIONS_VIEWER,
    OPTIONS_ACCESS,
    OPTIONS_MEASURING,
    OPTIONS_STATE,
    OPTIONS_LIMITS,
    OPTIONS_DEADLINES,
    OPTIONS_GROUPS,
};

/*
 * One option. `--help`, the environment, the parser, the defaults of the viewer's settings and the
 * file of --create_configfile are all made from these rows alone.
 */
struct options_row {
    const char *name; /* as documented: settings with underscores, other options with dashes */
    enum options_kind kind;
    enum options_group group;
    bool setting;         /* also a setting of the viewer, which the YAML file may set */
    size_t field;         /* offset in struct options, or OPTIONS_NO_FIELD */
    const char *argument; /* the name of the value in --help; NULL if there is none */
    const char *value;    /* the default, as it would be given; NULL: none */
    const char *shown;    /* the default in --help, if not `value` */
    const char *choices;  /* "a|b|c", compared without regard to case */
    double least;
    double most;
    const char *help; /* one sentence without its full stop */
};

/* Returns the rows; *count is their number. */
const struct options_row *options_rows(size_t *count);

/* The row of that name; dashes and underscores are equivalent. NULL if there is none. `size` is the
 * length of `name`. */
const struct options_row *options_row(const char *name, size_t size);

/* Whether two names of options are the same; dashes and underscores are equivalent. */
bool options_same_name(const char *a, const char *b, size_t size);

/* Writes the row's environment variable, "CADCAST_MAX_MESSAGE", to `out`. */
void options_variable(const struct options_row *row, char out[64]);

/* The heading of a group, and the word that --help takes for it. */
const char *options_group_name(enum options_group group);
const char *options_group_word(enum options_group group);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_H
#define CADCAST_SETTINGS_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/text.h"
#include "settings/options_table.h"

/* The source of an option's value; a later source overrides an earlier one. The YAML file
 * is between the defaults and the environment, for the settings of the viewer alone
 * (settings/config.h). */
enum options_source { OPTIONS_DEFAULT, OPTIONS_ENVIRONMENT, OPTIONS_FLAG };

/* The order of "auto|builtin|external|none" in the table. */
enum options_backend {
    OPTIONS_BACKEND_AUTO,
    OPTIONS_BACKEND_BUILTIN,
    OPTIONS_BACKEND_EXTERNAL,
    OPTIONS_BACKEND_NONE
};

/* The values of a repeatable option. */
struct options_texts {
    char **items;
    size_t count;
};

/* One --listen PORT=NAME. */
struct options_port {
    uint16_t port; /* 0: a free one */
    char *name;    /* the session: 1 to 64 of A-Z a-z 0-9 . _ - */
};

struct options_ports {
    struct options_port *items;
    size_t count;
};

/*
 * The options of the command line and the environment. The struct owns the strings; NULL if none
 * was given. Sizes are in bytes, times in milliseconds; 0 means "no limit" or "never" unless a
 * field's comment differs.
 */
struct options {
    /* Listening addresses and the page. */
    char *host;
    int64_t port; /* 0: a free one */
    struct options_ports listen;
    int64_t max_reconnect_attempts; /* of the page; -1 for ever */
    char *data_dir;                 /* page and assets; NULL: look beside the program */
    bool open;
    bool demo;
    bool check;
    bool create_configfile;

    /* Of the command replay: no option of the table sets them. */
    const char *replay; /* the recording to play instead of what kernels show; borrowed */
    double speed;       /* 1: as it was recorded; 0: without pauses */

    /* Limits. */
    uint64_t max_message;
    uint64_t max_memory; /* of all pictures together; never 0 */
    uint64_t max_import;
    uint64_t import_memory;
    int64_t history;
    int64_t max_sessions;
    int64_t max_connections;
    int64_t max_connections_per_peer;
    uint64_t max_header;
    uint64_t browser_queue;

    /* Deadlines. */
    uint64_t tls_timeout;
    uint64_t header_timeout;
    uint64_t body_timeout;
    uint64_t import_timeout;
    uint64_t handshake_timeout;
    uint64_t keepalive_timeout;
    uint64_t ping_interval;
    uint64_t ping_timeout;
    uint64_t stall_timeout;
    uint64_t goodbye_timeout;
    uint64_t idle_exit;

    /* Access. */
    struct options_texts allow_host;
    struct options_texts allow_origin;
    struct options_texts trust_network; /* each a valid ADDRESS or ADDRESS/BITS */
    struct options_texts trusted_proxy; /* the same */
    char *token;
    char *view_token;
    bool no_token;
    bool hide_token;
    bool studio_online;
    bool any_user;
    bool read_only;
    char *tls_cert; /* both or neither */
    char *tls_key;

    /* Exact measuring. */
    int64_t backend; /* enum options_backend */
    uint64_t measure_timeout;
    int64_t measure_processes;
    uint64_t measure_memory;
    uint64_t mesh_timeout;
    int64_t mesh_processes;
    uint64_t mesh_cache;

    /* State and log. */
    char *state_dir; /* NULL: not given, see no_state */
    bool no_state;
    char *record;        /* file; NULL: nothing is recorded */
    uint64_t record_max; /* bytes of it */
    int64_t log_level;   /* enum log_level; --debug makes it LOG_DEBUG unless it was given */
    int64_t log_format;  /* 0 text, 1 json */
    char *log_file;      /* NULL: standard error */
    uint64_t log_max_size;
    bool debug;
    bool timeit;

    /* More than one machine. */
    char *cluster; /* NULL: this server is alone */
    char *cluster_prefix;
    char *node_name; /* NULL: made from the machine's name and the port */

    /* The viewer's settings that were given, by their name in the table: they override the YAML
     * file. `debug` and `timeit` are among them if they are on. Never NULL after options_parse. */
    json_t *settings;

    /* Sentences about environment variables that are probably misspelled, and have no effect. */
    struct options_texts warnings;

    /* enum options_source of each row of the table, in its order. */
    uint8_t source[OPTIONS_MAX];
};

/*
 * Fills `options` (zeroed or not; previous contents are not freed) from the defaults, then `envp`,
 * then `argv`. Skips `argv[0]`, and one word "serve" after it. Prints nothing; reads nothing else
 * but the size of memory.
 *
 * Returns 0; -EINVAL with one line in `message` that names the option or variable, or -ENOMEM. Call
 * options_free in every case.
 */
int options_parse(struct options *options, int argc, char **argv, char **envp,
                  struct text *message);

/* Logs the warnings. */
void options_warn(const struct options *options, const struct log *log);

/* Frees what the struct holds and zeroes it. */
void options_free(struct options *options);

/* Whether the option of that name (of the table) was given, in the environment or as a flag. */
bool options_given(const struct options *options, const char *name);

#endif

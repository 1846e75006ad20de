/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_OPTIONS_H
#define CADCAST_DAEMON_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "daemon/options_table.h"

/* Where the value of an option comes from; the later one wins. Between the defaults and the
 * environment stands the YAML file, for the settings of the viewer alone (daemon/config.h). */
enum options_source { OPTIONS_DEFAULT, OPTIONS_ENVIRONMENT, OPTIONS_FLAG };

/* What options_parse may find besides options. */
enum options_result { OPTIONS_HELP = 1, OPTIONS_VERSION = 2 };

/* The order of "auto|builtin|external|none" in the table. */
enum options_backend { BACKEND_AUTO, BACKEND_BUILTIN, BACKEND_EXTERNAL, BACKEND_NONE };

/* The values of an option that may be given more than once. */
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
 * Everything the command line and the environment can say. Strings are owned by the struct; NULL
 * where none was given. Sizes are bytes, times milliseconds; 0 means "no limit" or "never" unless
 * a field says otherwise.
 */
struct options {
    /* Where to listen. */
    char *host;
    int64_t port; /* 0: a free one */
    struct options_ports listen;
    int64_t max_reconnect_attempts; /* of the page; -1 for ever */
    char *data_dir;                 /* page and assets; NULL: look beside the program */
    bool open;
    bool demo;
    bool check;
    bool create_configfile;

    /* Limits. */
    uint64_t max_message;
    uint64_t max_memory; /* of all pictures together; never 0 */
    int64_t max_sessions;
    int64_t max_connections;
    int64_t max_connections_per_peer;
    uint64_t max_header;
    uint64_t browser_queue;

    /* Deadlines. */
    uint64_t tls_timeout;
    uint64_t header_timeout;
    uint64_t body_timeout;
    uint64_t handshake_timeout;
    uint64_t keepalive_timeout;
    uint64_t ping_interval;
    uint64_t ping_timeout;
    uint64_t stall_timeout;
    uint64_t goodbye_timeout;
    uint64_t idle_exit;

    /* Who may talk to it. */
    struct options_texts allow_host;
    struct options_texts allow_origin;
    struct options_texts trust_network; /* each a valid ADDRESS or ADDRESS/BITS */
    struct options_texts trusted_proxy; /* the same */
    char *token;
    bool no_token;
    bool any_user;
    bool read_only;
    char *tls_cert; /* both or neither */
    char *tls_key;

    /* Exact measuring. */
    int64_t backend; /* enum options_backend */
    uint64_t measure_timeout;
    int64_t measure_processes;
    uint64_t measure_memory;

    /* State and log. */
    char *state_dir; /* NULL: not given, see no_state */
    bool no_state;
    int64_t log_level;  /* enum log_level; --debug makes it LOG_DEBUG unless it was given */
    int64_t log_format; /* 0 text, 1 json */
    char *log_file;     /* NULL: standard error */
    uint64_t log_max_size;
    bool debug;
    bool timeit;

    /* The viewer's settings that were given, by their name in the table: the last word over the
     * YAML file. `debug` and `timeit` are among them where they are on. Never NULL after
     * options_parse. */
    json_t *settings;

    /* enum options_source of each row of the table, in its order. */
    uint8_t source[OPTIONS_MAX];
};

/*
 * Fills `options` (zeroed or not; whatever it held is not freed) from the defaults, then `envp`,
 * then `argv`. `argv[0]` is passed over, as is one word "serve" after it. Prints nothing;
 * reads nothing else but how much memory there is. Where argv asks for help, a wrong variable is
 * no error.
 *
 * Returns 0; OPTIONS_HELP or OPTIONS_VERSION where that was asked for; -EINVAL with one line in
 * `message` that names the option or variable, or -ENOMEM. options_free is due in every case.
 */
int options_parse(struct options *options, int argc, char **argv, char **envp,
                  struct text *message);

/* Frees what the struct holds and zeroes it. */
void options_free(struct options *options);

/* Whether the option of that name (of the table) was given, in the environment or as a flag. */
bool options_given(const struct options *options, const char *name);

#endif

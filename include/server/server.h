/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_H
#define CADCAST_SERVER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "conn/front.h"
#include "files/files.h"
#include "net/listener.h"
#include "process/registry.h"
#include "process/terminal.h"
#include "server/memory.h"
#include "server/server_job.h"
#include "server/server_lifecycle.h"
#include "server/server_ports.h"
#include "server/server_restart.h"
#include "settings/config.h"
#include "settings/options.h"
#include "state/cache.h"
#include "state/player.h"
#include "steps/assembly.h"
#include "steps/sharing.h"
#include "view/hub.h"
#include "web/page.h"

#define SERVER_LISTENERS 64

struct api_events;
struct cluster;
struct conn;
struct mesher;
struct mesher_result;
struct pool;
struct server;

/* Functions of modules above the server that serve its connections and its view. */
struct server_parts {
    void (*body)(struct server *server, struct conn *conn, struct http *http);
    void (*request)(struct server *server, struct conn *conn, struct http *http);
    struct view_services (*services)(struct server *server);
    void (*meshed)(void *server, const struct mesher_result *result);
    /* A request whose path the routes do not know; `session` is the name in a path below /s/NAME/,
     * or NULL, `path` the rest of it. False: it is not known there either. */
    bool (*api)(struct server *server, struct conn *conn, struct http *http, const char *session,
                const char *path);
    /* For programs that follow a session (api/api_events.h), and their screenshots. */
    void (*changed)(struct server *server, struct session *session, enum view_change change);
    void (*measured)(struct server *server, const struct session *session, const char *json,
                     size_t size);
    void (*tick)(struct server *server);
    void (*free_events)(struct server *server);
    bool (*shot_sent)(struct server *server, const char *filename, json_t *data_url);
    bool (*shot_draw)(struct server *server, const char *filename);
    void (*shot_lost)(struct server *server, const char *filename, const char *why);
    void (*free_shots)(struct server *server);
    void (*free_comparisons)(struct server *server);
};

/*
 * One running server with all its state, so that one process can run several.
 */
struct server {
    struct front front; /* the part that connections see */
    const struct server_parts *parts;
    struct options *options; /* borrowed */
    struct log log;
    struct hub hub;
    struct page page;
    struct config *config;
    uv_mutex_t config_lock; /* guards `config`, which jobs of the pool use */
    uint64_t settings_told; /* version of the config's notice last sent to the pages */
    struct registry registry;
    struct player player;              /* of a recording, instead of kernels; not open: of none */
    struct server_lifecycle lifecycle; /* log file, pictures on disk, restarts */
    struct server_restart restart;
    struct terminal terminal;
    struct listener *listeners[SERVER_LISTENERS]; /* the first is the main one */
    unsigned listener_count;
    struct server_ports ports;
    struct pool *pool;       /* exact geometry; NULL: not built in */
    struct mesher *mesher;   /* meshes it, for kernels that send nothing else; NULL: not built in */
    struct cluster *cluster; /* other servers with the same sessions; NULL: there are none */
    struct list packings;    /* models being compressed, see model_file.c */
    struct sharing sharing;  /* what steps of histories have in common */
    struct assembly assembly;               /* of their files, for requests */
    struct server_job_queue browser_images; /* being drawn by a browser */
    struct server_job_queue images;         /* being drawn */
    struct api_events *events;              /* for programs; NULL: none has followed them yet */
    struct list shots;                      /* screenshots that programs wait for: api/api_shot.c */
    struct list comparisons;                /* that wait: api/api_compare.c */
    unsigned comparison_count;
    bool comparing;
    struct files files;              /* that clients send to be shown */
    struct server_job_queue exports; /* files of models being made */
    struct list exports_early;       /* those whose exact geometry is not there yet */
    char *data_folder;
    uv_timer_t tick;
    uv_signal_t signals[4];
    uint64_t full_told; /* milliseconds: when a lack of descriptors was last logged */
    unsigned handles;   /* count of opened signal handles */
    struct memory memory;
    uint64_t started;      /* uv_hrtime() */
    uint8_t model_key[32]; /* makes the names of model files unguessable */
    uint64_t run;          /* see struct view_options */
    atomic_bool cancel;    /* long jobs on the pool must end */
    bool alone;            /* the only user of this process's signals */
    bool pool_closing;
    bool mesher_closing;
    struct cache cache;   /* meshes on disk; without a folder there is none */
    size_t cache_writing; /* bytes of them that are being written */
    bool cache_failing;   /* the last one could not be written, and the log has the reason */
};

/* Starts the server on `loop`, up to accepting connections. Returns 0; or an error after a line in
 * the log (or on standard error), with everything closed again. */
int server_start(struct server *server, uv_loop_t *loop, struct options *options,
                 const struct server_parts *parts);

/* For server_check: this process will be replaced by itself, keeping its sockets. */
#define SERVER_CHECK_SELF -1

/* Checks whether a server could start with these options, and prints faults on standard error.
 * Closes the ports and removes the files of the check. `replaced`: the process that would be
 * replaced, whose ports and state folder count as free; 0: none. Returns 0 or -EINVAL. */
int server_check(struct options *options, long replaced);

/* Begins the shutdown: no new connections, goodbyes, then everything closes and the loop runs
 * empty. May be called twice: the second call closes the remaining connections at once. */
void server_stop(struct server *server);

/* The same for a restart: another process replaces this one; see server_restart.h. */
void server_restart(struct server *server);

/* Starts the signal watchers and the tick. Returns 0, or an error of the signals, for which libuv
 * needs a pipe; nothing is left open then. */
int server_watch(struct server *server);

/* Ends the helpers; server->pool and server->mesher are NULL once they are gone. */
void server_close_pool(struct server *server);

/* Ends what is shared with other servers; server->cluster is NULL once it is gone. */
void server_close_cluster(struct server *server);

/* Adds a listener of that session, not open yet; NULL: no memory, or too many. */
struct listener *server_add_listener(struct server *server, const char *session);

/* The server's callbacks for its connections (conn/front.h). */
extern const struct front_events server_front_events;

/* Continues the shutdown if no connection is left. */
void server_end_if_empty(struct server *server);

/* Frees the rest, after the loop has ended. */
void server_free(struct server *server);

/* The addresses of the viewer page as a JSON array, the one to print first; a new reference, NULL:
 * no memory. */
json_t *server_urls(const struct server *server);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SERVER_H
#define CADCAST_DAEMON_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "daemon/config.h"
#include "daemon/life.h"
#include "daemon/memory.h"
#include "daemon/options.h"
#include "daemon/registry.h"
#include "daemon/restart.h"
#include "daemon/watch.h"
#include "net/listener.h"
#include "net/owner.h"
#include "net/turn.h"
#include "view/hub.h"
#include "web/guard.h"
#include "web/page.h"

#define SERVER_LISTENERS 64

/* Connections that are turned away and may say what they want before. */
#define SERVER_LINGERERS 32

struct conn;
struct pool;
struct tls_context;

/*
 * One running server: everything it has hangs here, so that two of them in one process are two.
 */
struct server {
    uv_loop_t *loop;
    struct options *options; /* borrowed */
    struct log log;
    struct hub hub;
    struct page page;
    struct config *config;
    uv_mutex_t config_lock; /* it is used on the pool, by one thread at a time */
    struct registry registry;
    struct life life; /* log file, pictures on disk, restarts */
    struct restart restart;
    struct listener *listeners[SERVER_LISTENERS]; /* the first is the main one */
    unsigned listener_count;
    struct tls_context *tls; /* NULL: plain only */
    struct guard guard;      /* who may talk to us */
    struct owner owner;      /* tells whose a loopback connection is */
    uint64_t owner_tried;    /* uv_now() of the last try to have it do so, after the start's */
    bool check_owner;
    struct text security; /* header lines of every answer */
    struct pool *pool;    /* exact geometry, NULL: not built in */
    struct list conns;    /* struct conn */
    struct list packings; /* models being compressed, see model_file.c */
    unsigned conn_count;
    unsigned refused_count;                   /* of these, how many are turned away */
    struct conn *lingerers[SERVER_LINGERERS]; /* of these, who is waited for; NULL: a free place */
    unsigned next_lingerer;                   /* the place with the one that is there longest */
    struct turn turn;                         /* what all streams share */
    struct watch watch;                       /* whether the loop is ever busy for too long */
    struct spares *spares;                    /* large blocks between two models */
    char *data_folder;
    uv_timer_t tick;
    uv_signal_t signals[4];
    uint64_t full_told; /* when it was last said that connections cannot be taken */
    unsigned handles;   /* of the signals, how many were opened */
    unsigned jobs;      /* on the worker pool */
    struct memory memory;
    uint64_t started; /* uv_hrtime() */
    uint64_t requests;
    uint64_t bad_requests;
    uint64_t accepted;
    uint64_t refused;
    uint64_t bytes_in; /* of messages */
    uint64_t bytes_out;
    bool registered;       /* the port stands in the registry */
    uint8_t model_key[32]; /* makes the names of model files unguessable */
    atomic_bool cancel;    /* long jobs on the pool shall end */
    bool alone;            /* nothing else in this process wants its signals */
    bool pool_closing;
    bool closing;
};

/* Starts everything up to accepting connections, on `loop`. Returns 0; or an error after one line
 * in the log (or on standard error), and then nothing is left open. */
int server_start(struct server *server, uv_loop_t *loop, struct options *options);

/* Looks whether a server could start with these options, short of opening its ports, and says on
 * standard error what is wrong. 0, or -EINVAL. */
int server_check(struct options *options);

/* Begins to end: no new connections, goodbyes, then everything closes and the loop runs empty.
 * May be called twice: the second time it does not wait for anybody. */
void server_stop(struct server *server);

/* The same, for another process to take our place; see restart.h. */
void server_restart(struct server *server);

/* Begins to watch signals and to tick, until the end. Errors: of the signals, for which libuv needs
 * a pipe; nothing is left open then. */
int server_watch(struct server *server);

/* Lets go of the helpers; server->pool is NULL once they are gone. */
void server_close_pool(struct server *server);

/* A listener of that session that is not open yet; NULL: no memory, or too many. */
struct listener *server_add_listener(struct server *server, const char *session);

/* Goes on with ending, where nothing is left to wait for. */
void server_end_if_empty(struct server *server);

/* After the loop has ended: frees what is left. */
void server_free(struct server *server);

/* Whether what this new connection says is to be read, be it welcome or not (conn->refused);
 * otherwise it has been answered and is being closed. */
bool server_admit(struct server *server, struct conn *conn);

/* Whether the request may be answered; otherwise it has been. May change conn->read_only. `prefix`
 * becomes what a trusted proxy put before our paths, or "". */
bool server_allows(struct server *server, struct conn *conn, struct http *http,
                   char prefix[GUARD_PREFIX]);

/* Work on the pool is done: counts it, and says to the watch what the loop does with it. */
void server_job_done(struct server *server, const struct work *work, const char *what);

/* Answers a connection that is turned away; it closes then. */
void server_turn_away(struct conn *conn);

/* Lets nobody linger any more. */
void server_drop_lingerers(struct server *server);

/* A connection has been freed. */
void server_conn_gone(struct server *server, struct conn *conn);

/* Writes the addresses of the viewer page, the first one being the one to print, one after the
 * other into `urls` (a JSON array); a new reference, NULL: no memory. */
json_t *server_urls(const struct server *server);

/* Called on the loop with the settings for the page as JSON, `<` escaped. */
typedef void (*server_settings_cb)(struct server *server, struct http *http, const char *name,
                                   const char *settings);

/* Reads the settings on the worker pool and then calls `answer` with the request and a copy of
 * `name`, unless the request is gone by then. 0, or -ENOMEM and nothing is called. */
int server_settings(struct server *server, struct weak *http, const char *name,
                    server_settings_cb answer);

/* The functions that the view calls; see view/hub.h. */
struct hub_services server_services(struct server *server);

#endif

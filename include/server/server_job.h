/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SERVER_JOB_H
#define CADCAST_SERVER_SERVER_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/weak_pointer.h"
#include "loop/work.h"
#include "model/model.h"
#include "view/session.h"

struct http;
struct server;
struct server_job;

/* Jobs that may wait in a queue. */
#define SERVER_JOB_WAITING 16

/* Work on the pool with what a session shows. */
struct server_job_kind {
    const char *what; /* names the work in the log */
    const char *many; /* the answer to a request if too many wait */
    /* On the loop, when its turn comes: takes what else it needs of the session. May be NULL. 0 or
     * -ENOMEM. */
    int (*take)(struct server_job *job, const struct session *session);
    /* On the pool: sets job->status, and job->fault after an error. */
    void (*run)(struct server_job *job);
    /* On the loop, exactly once: job->status is 0, or an error of `run`, -ENODATA: nothing is
     * shown, -ENOMEM, -ECANCELED: the request is gone or the server ends; with job->fault. It frees
     * the job. */
    void (*end)(struct server_job *job);
};

/*
 * Such jobs, one after the other. Those that wait hold no model, and what they work on is what the
 * session shows when their turn comes.
 */
struct server_job_queue {
    struct server *server;
    const struct server_job_kind *kind;
    struct list waiting; /* struct server_job */
    unsigned count;
    struct server_job *running; /* or NULL */
};

/* One job, from the request to its end: the first member of a struct that holds what it needs. */
struct server_job {
    struct work work;
    struct list link; /* in the queue */
    struct server_job_queue *queue;
    struct server *server;
    uint32_t id;                        /* of the session, which may be freed before its turn */
    char session[SESSION_NAME_MAX + 1]; /* the name that it had */
    struct weak_pointer *http;          /* the request; NULL: there is none */
    struct picture picture;             /* what is worked on, from its turn on */
    struct model_file file;             /* its model; made by server_job_model if there is none */
    struct stored_file stored;          /* of a step, what that is made of */
    struct stored_file parts;           /* and its exact geometry; without a base: none */
    bool taken;                         /* what is worked on is there */
    uint64_t step;                      /* number of a step of its history; 0: what it shows */
    uint64_t number;                    /* of the picture */
    size_t room;                        /* bytes that are left of --max-memory then */
    bool same;                          /* the browsers' report is about this picture */
    const char *fault;                  /* why there is no result */
    int status;
    double spent;       /* milliseconds of `run` */
    atomic_bool cancel; /* it is not wanted any more */
};

void server_job_queue_init(struct server_job_queue *queue, struct server *server,
                           const struct server_job_kind *kind);

/* Prepares a zeroed job. `who`: a weak pointer to the one who asks, or NULL. */
void server_job_init(struct server_job *job, struct server_job_queue *queue, const char *session,
                     struct weak_pointer *who);

/* The answer if there is no such step. */
#define SERVER_JOB_NO_STEP "there is no such step of the history"

/* Has the job work on a step of its session's history: as session_step; 0: on what the session
 * shows. False: there is none. */
bool server_job_choose(struct server_job *job, int64_t step);

/* Whether a request for what session `name` shows can be worked on; answers it if not. */
bool server_job_acceptable(struct server_job_queue *queue, struct http *http, const char *name);

/* Bytes that pictures and files on their way leave of --max-memory. */
size_t server_job_room(struct server *server);

/* Takes what the session shows now, not what it shows when the job's turn comes. 0, -ENODATA:
 * nothing; or -ENOMEM. */
int server_job_take(struct server_job *job);

/* Puts the job behind the others; it may end within this call. */
void server_job_add(struct server_job *job);

/* For `run`: makes job->file if the session had none, of at most `most` bytes. 0 or an error, then
 * with job->fault. */
int server_job_model(struct server_job *job, size_t most);

/* The same for job->picture.parts: exact geometry, if there is any. */
int server_job_parts(struct server_job *job);

/* For `end`: drops the references that the job holds. */
void server_job_free(struct server_job *job);

/* Cancels the job that runs if its request is gone; for about twice a second. */
void server_job_tick(struct server_job_queue *queue);

/* The server ends: so does what is running. */
void server_job_cancel(struct server_job_queue *queue);

/* Ends what waits. Requests are not answered any more. */
void server_job_queue_free(struct server_job_queue *queue);

#endif

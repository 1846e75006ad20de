/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_ENGINE_LINK_H
#define CADCAST_ENGINE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "engine/engine.h"
#include "engine/resp.h"
#include "loop/io_budget.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tls.h"

/* Milliseconds until an answer must be there: of a small command, and of a piece. */
enum { LINK_SMALL = 2000, LINK_PIECE = 30000 };

/*
 * One connection to the engine, made again whenever it is lost, after 0.1 to 5 s. Commands are
 * answered in order. An answer that is late closes the connection: the ones behind it cannot be
 * told from it.
 */
struct link_events {
    void (*ready)(void *owner); /* it is connected and logged in */
    void (*lost)(void *owner);  /* it was ready, and is not any more */
    /* A notice of a channel that it is subscribed to. NULL: none is expected. */
    void (*message)(void *owner, const struct resp *channel, const struct resp *text);
    void (*closed)(void *owner); /* after link_close; the owner may free it */
    /* It is about to connect, to what setup.engine then says. May be NULL. */
    void (*attempt)(void *owner);
};

/* The answer of a command; NULL: the connection was lost. */
typedef void (*link_answer)(void *arg, struct resp *reply);

enum { LINK_WORDS = 16 }; /* most words of link_ask_text */

/* One word of a command. */
struct link_word {
    const void *data;
    size_t size;
};

enum link_state { LINK_WAITING, LINK_CONNECTING, LINK_GREETING, LINK_READY, LINK_ENDING };

/* What all links of a node have in common; borrowed. */
struct link_setup {
    uv_loop_t *loop;
    struct io_budget *budget;
    const struct engine *engine; /* its port may be 0: not known yet, nothing is tried */
    struct tls_context *tls;     /* NULL: plain */
    const char *name;            /* of the node, which the engine shows for the connection */
};

struct link {
    struct link_setup setup;
    const struct link_events *events;
    void *owner;
    enum link_state state;
    struct stream stream;
    struct connect connect;
    struct resp_parser parser;
    struct list asked; /* commands that wait for their answers, in order */
    uv_timer_t timer;  /* the next attempt, or the deadline of the first answer */
    unsigned attempts; /* since it was ready for a while */
    uint64_t ready_at; /* milliseconds: when it was ready last */
    uint64_t received; /* bytes, of all its connections */
    uint64_t sent;
    char trouble[200]; /* the reason of the last loss; "": none */
    bool stream_open;
    bool connecting;
    bool closing;
};

/* Begins to connect. */
void link_start(struct link *link, const struct link_setup *setup, const struct link_events *events,
                void *owner);

static inline bool link_is_ready(const struct link *link)
{
    return link->state == LINK_READY;
}

/* Sends a command; `answer` is called exactly once, never inside this call. -EPIPE: it is not
 * ready; -ENOMEM. The words are copied. */
int link_ask(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
             link_answer answer, void *arg);

/* The same with strings, the last one NULL. */
int link_ask_text(struct link *link, const char *const *words, link_answer answer, void *arg);

/* Gives the connection up, and makes a new one: the answers are not what they should be. */
void link_fail(struct link *link, const char *why);

/* setup.engine is at another place now: connects to that at once. */
void link_move(struct link *link, const char *why);

void link_close(struct link *link);

/* ---- for the link_* files ---- */

/* Sends the first commands of a connection. */
int link_greet(struct link *link);

/* link_ask before the link is ready. */
int link_send(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
              link_answer answer, void *arg);

/* The words of a command; returns their number. */
size_t link_words(const char *const *texts, struct link_word words[LINK_WORDS]);

#endif

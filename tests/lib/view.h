/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_VIEW_H
#define CADCAST_TESTS_VIEW_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/hub.h"
#include "view/message.h"
#include "view/relay.h"

/*
 * A hub with nothing behind it: what it asks for is written down, and done when the test says so.
 * And connections without a socket, which write down what they were sent.
 */
struct fake_hub {
    struct hub hub;
    struct log log;
    uint64_t now;
    bool wait;              /* config and parse are not answered at once */
    struct weak *asked[64]; /* who waits for a config or a parse */
    struct blob *parse[64]; /* what is to be parsed; NULL: a config question */
    unsigned asked_count;
    bool splash; /* as last told to config */
    bool fail_convert;
    unsigned converting; /* calls of convert */
    struct text saved;   /* file names of screenshots, each with a newline */
    unsigned thumbnails;
    unsigned keeps;
    unsigned parts;
    unsigned expects;
    unsigned warms;
    unsigned ended;
    unsigned forgotten;
};

struct fake_peer {
    struct peer peer;
    struct text got;      /* messages, each with a newline */
    struct text fragment; /* the message that comes in fragments, as far as it has come */
    bool in_fragment;
    unsigned broken; /* messages that ended as something that is no JSON */
    size_t queued;   /* what the connection says is waiting */
    int closed;      /* code it was closed with, 0: not */
    bool held;
    bool goes_on_close; /* as a connection does whose goodbye is not answered */
};

static inline uint64_t fake_now(void *owner)
{
    return ((struct fake_hub *)owner)->now;
}

static inline void fake_later(struct fake_hub *fake, struct peer *peer, struct blob *message)
{
    if (fake->asked_count == 64)
        abort();
    fake->asked[fake->asked_count] = weak_ref(peer->weak);
    fake->parse[fake->asked_count++] = message == NULL ? NULL : blob_ref(message);
}

static inline void fake_parse_now(struct peer *peer, struct blob *message)
{
    json_error_t error;
    json_t *json = message_json(message, &error);
    hub_parsed(peer, message, json, &error);
    json_decref(json);
}

/* Answers the oldest question that waits. */
static inline void fake_answer(struct fake_hub *fake)
{
    struct peer *peer = weak_get(fake->asked[0]);
    struct weak *weak = fake->asked[0];
    struct blob *message = fake->parse[0];
    fake->asked_count--;
    memmove(fake->asked, fake->asked + 1, fake->asked_count * sizeof(fake->asked[0]));
    memmove(fake->parse, fake->parse + 1, fake->asked_count * sizeof(fake->parse[0]));
    if (peer != NULL && message == NULL)
        hub_answer_config(peer, "{\"config\":1}", 12);
    else if (peer != NULL)
        fake_parse_now(peer, message);
    weak_unref(weak);
    blob_unref(message);
}

static inline void fake_config(void *owner, struct peer *peer, bool splash)
{
    struct fake_hub *fake = owner;
    fake->splash = splash;
    fake_later(fake, peer, NULL);
    if (!fake->wait)
        fake_answer(fake);
}

static inline void fake_parse(void *owner, struct peer *peer, struct blob *message)
{
    struct fake_hub *fake = owner;
    fake_later(fake, peer, message);
    if (!fake->wait)
        fake_answer(fake);
}

static inline void fake_screenshot(void *owner, const char *filename, json_t *data_url)
{
    struct fake_hub *fake = owner;
    text_format(&fake->saved, "%s\n", filename);
}

static inline void fake_thumbnail(void *owner, struct session *session, json_t *data_url)
{
    ((struct fake_hub *)owner)->thumbnails++;
}

static inline void fake_convert(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->converting++;
}

static inline void fake_parts(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->parts++;
}

static inline void fake_expect(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->expects++;
}

static inline void fake_warm(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->warms++;
}

static inline void fake_shed(void *owner)
{
}

static inline void fake_ask(void *owner, struct peer *peer, const char *tool, json_t *ids)
{
    if (session_backend(peer->session) != NULL)
        session_ask_backend(peer->session, peer, tool, ids);
    else
        hub_measure_failed(peer, tool, "nobody is there");
}

static inline void fake_keep(void *owner, struct session *session)
{
    ((struct fake_hub *)owner)->keeps++;
}

static inline void fake_end(void *owner, struct session *session, bool forget)
{
    struct fake_hub *fake = owner;
    fake->ended++;
    fake->forgotten += forget;
}

static inline int fake_hub_init(struct fake_hub *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->log.fd = -1;
    fake->now = 1000000;
    struct hub_services services = { .owner = fake,
                                     .now = fake_now,
                                     .config = fake_config,
                                     .parse = fake_parse,
                                     .screenshot = fake_screenshot,
                                     .thumbnail = fake_thumbnail,
                                     .convert = fake_convert,
                                     .parts = fake_parts,
                                     .expect = fake_expect,
                                     .warm = fake_warm,
                                     .ask = fake_ask,
                                     .keep = fake_keep,
                                     .shed = fake_shed,
                                     .end = fake_end };
    struct hub_options options = { .browser_queue = 64 * 1024,
                                   .max_memory = 16 * 1024 * 1024,
                                   .max_sessions = 4,
                                   .relay_min = RELAY_MIN,
                                   .relay_piece = RELAY_PIECE,
                                   .measure_wait = 10000,
                                   .version = "9.9" };
    return hub_init(&fake->hub, &fake->log, &services, &options);
}

static inline void fake_hub_free(struct fake_hub *fake)
{
    while (fake->asked_count > 0)
        fake_answer(fake);
    hub_free(&fake->hub);
    text_free(&fake->saved);
}

/* The conversion of the session's model is done: its file is named after the number. */
static inline void fake_converted(struct fake_hub *fake, struct session *session)
{
    struct model_file file;
    memset(&file, 0, sizeof(file));
    file.bytes = fake->fail_convert ? NULL : blob_copy("file", 4);
    snprintf(file.hash, sizeof(file.hash), "m%llu", (unsigned long long)session->number);
    session_converted(session, session->number, file.bytes == NULL ? -ENOMEM : 0, &file);
}

static inline void fake_send(void *conn, struct blob *blob, size_t offset)
{
    struct fake_peer *peer = conn;
    if (peer->in_fragment || offset > blob->size)
        abort();
    text_add_bytes(&peer->got, blob->data + offset, blob->size - offset);
    text_add(&peer->got, "\n");
}

static inline void fake_send_text(void *conn, const char *data, size_t size)
{
    struct fake_peer *peer = conn;
    if (peer->in_fragment)
        abort();
    text_add_bytes(&peer->got, data, size);
    text_add(&peer->got, "\n");
}

static inline void fake_send_fragment(void *conn, struct blob *blob, size_t offset, size_t size,
                                      bool first, bool last)
{
    struct fake_peer *peer = conn;
    if (first == peer->in_fragment || offset + size > blob->size)
        abort();
    text_add_bytes(&peer->fragment, blob->data + offset, size);
    peer->in_fragment = !last;
    if (!last)
        return;
    json_t *json = json_loads(text_string(&peer->fragment), 0, NULL);
    if (json == NULL) {
        peer->broken++;
    } else {
        text_add_bytes(&peer->got, peer->fragment.data, peer->fragment.size);
        text_add(&peer->got, "\n");
    }
    json_decref(json);
    text_free(&peer->fragment);
}

static inline size_t fake_queued(void *conn)
{
    return ((struct fake_peer *)conn)->queued;
}

static inline void fake_close(void *conn, int code, const char *reason)
{
    struct fake_peer *peer = conn;
    peer->closed = code;
    if (peer->goes_on_close)
        peer_gone(&peer->peer);
}

static inline void fake_hold(void *conn)
{
    struct fake_peer *peer = conn;
    if (peer->held)
        abort();
    peer->held = true;
}

static inline void fake_release(void *conn)
{
    ((struct fake_peer *)conn)->held = false;
}

/* Makes a connection of that session. */
static inline int fake_join(struct fake_hub *fake, struct fake_peer *peer, const char *session)
{
    static const struct peer_ops ops = { fake_send,   fake_send_text, fake_send_fragment,
                                         fake_queued, fake_close,     fake_hold,
                                         fake_release };
    int error = 0;
    struct session *found = hub_session(&fake->hub, session, &error);
    memset(peer, 0, sizeof(*peer));
    if (found == NULL)
        return error;
    error = peer_init(&peer->peer, &fake->hub, found, &ops, peer, "test");
    peer->peer.local = true;
    return error;
}

static inline void fake_leave(struct fake_peer *peer)
{
    peer_gone(&peer->peer);
    text_free(&peer->got);
    text_free(&peer->fragment);
}

static inline void fake_say_bytes(struct fake_peer *peer, const void *data, size_t size)
{
    struct blob *blob = blob_copy(data, size);
    if (blob != NULL)
        hub_message(peer->peer.hub, &peer->peer, blob);
    blob_unref(blob);
}

static inline void fake_say(struct fake_peer *peer, const char *text)
{
    fake_say_bytes(peer, text, strlen(text));
}

/* One message of a kernel that comes and goes. */
static inline void fake_kernel_says(struct fake_hub *fake, const char *session, const char *text)
{
    struct fake_peer kernel;
    if (fake_join(fake, &kernel, session) == 0)
        fake_say(&kernel, text);
    fake_leave(&kernel);
}

#endif

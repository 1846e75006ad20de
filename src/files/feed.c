/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view/dispatch.h"
#include "view/exact.h"
#include "view/message.h"
#include "view/refuse.h"
#include "view/session.h"

/* Bytes of a model that are scanned in one turn of the loop. */
#define PIECE ((size_t)4 * 1024 * 1024)

static void fail(struct feed *feed, const char *why)
{
    if (feed->failed || feed->shown)
        return;
    feed->failed = true;
    snprintf(feed->why, sizeof(feed->why), "%s", why);
    feed->changed(feed->arg);
}

/* ---- operations of the view (struct peer_ops) ---- */

static void note_answer(struct feed *feed, json_t *answer)
{
    const json_t *ok = json_object_get(answer, "ok");
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (!json_is_boolean(ok) || feed->shown || feed->failed)
        return;
    json_decref(feed->answer);
    feed->answer = json_incref(answer);
    feed->replaced = json_is_true(json_object_get(answer, "replaced"));
    if (json_is_true(ok)) {
        feed->shown = true;
        feed->changed(feed->arg);
    } else {
        fail(feed, error == NULL ? "it was refused" : error);
    }
}

/* Of a kernel's messages only shows of geometry are answered. */
static void op_send_text(void *conn, const char *data, size_t size)
{
    json_t *answer = json_loadb(data, size, 0, NULL);
    note_answer(conn, answer);
    json_decref(answer);
}

static void op_send(void *conn, struct blob *blob)
{
    op_send_text(conn, (const char *)blob_payload(blob), blob_payload_size(blob));
}

static void op_send_fragment(void *conn, struct blob *blob, size_t offset, size_t size, bool first,
                             bool last)
{
}

static size_t op_queued(void *conn)
{
    return 0;
}

static void op_close(void *conn, int code, const char *reason)
{
    fail(conn, reason);
}

static void op_hold(void *conn)
{
    struct feed *feed = conn;
    feed->held = true;
}

static void op_release(void *conn)
{
    struct feed *feed = conn;
    feed->held = false;
    feed->changed(feed->arg);
}

static const struct peer_ops ops = {
    .send = op_send,
    .send_text = op_send_text,
    .send_fragment = op_send_fragment,
    .queued = op_queued,
    .close = op_close,
    .hold = op_hold,
    .release = op_release,
};

/* ---- messages ---- */

int feed_join(struct feed *feed, struct hub *hub, struct session *session, const char *name,
              bool local)
{
    feed->hub = hub;
    int error = hub_join(hub, &feed->peer, session, &ops, feed, name);
    feed->joined = error == 0;
    feed->peer.local = local;
    return error;
}

/* As for the messages of connections: the picture that a model is about to replace goes last. */
static bool has_room(struct feed *feed, size_t bytes, char kind)
{
    char why[64];
    if (hub_make_room(feed->hub, bytes, feed->peer.session) ||
        (kind == 'D' && hub_make_room(feed->hub, bytes, NULL)))
        return true;
    refuse_limit(why, sizeof(why), "max-memory", feed->hub->view.options.max_memory);
    fail(feed, why);
    return false;
}

/* The whole model is there. */
static void show(struct feed *feed, struct blob *message)
{
    struct session *session = feed->peer.session;
    dispatch_message(feed->hub, &feed->peer, message);
    if (session->picture.model == message) {
        feed->shown = true;
        feed->changed(feed->arg);
    } else {
        fail(feed, session->empty_shown ? "there is nothing to draw" : "it was refused");
    }
}

void feed_give(struct feed *feed, struct blob *message)
{
    char kind = message_kind(message);
    bool model = kind == 'D';
    if (feed->failed || feed->shown || !feed->joined || !has_room(feed, message->size, kind)) {
        blob_unref(message);
    } else if (model && message->size > PIECE) {
        feed->message = message;
        feed->whole = message->size;
        message->size = 0;
        feed_go_on(feed);
    } else if (model) {
        show(feed, message);
        blob_unref(message);
    } else {
        if (kind != 'F' || exact_wants(&feed->peer, message))
            dispatch_message(feed->hub, &feed->peer, message);
        blob_unref(message);
    }
}

bool feed_goes_on(const struct feed *feed)
{
    return feed->message != NULL;
}

/* A large model is handled as one that is being received: its type is found piece by piece, and its
 * bytes are on their way to browsers that take text. */
void feed_go_on(struct feed *feed)
{
    struct blob *message = feed->message;
    size_t left = feed->whole - message->size;
    message->size += left < PIECE ? left : PIECE;
    if (message->size < feed->whole) {
        dispatch_progress(&feed->peer, message, feed->whole);
        return;
    }
    feed->message = NULL;
    show(feed, message);
    blob_unref(message);
}

void feed_leave(struct feed *feed)
{
    if (feed->joined && feed->message != NULL)
        dispatch_aborted(&feed->peer);
    if (feed->joined)
        hub_leave(&feed->peer);
    if (feed->message != NULL)
        retained_release(&feed->hub->view.retained, feed->message);
    feed->message = NULL;
    feed->joined = false;
    json_decref(feed->answer);
    feed->answer = NULL;
}

void feed_tell_pages(const struct hub *hub, const char *name, const char *text, double progress)
{
    const struct session *session = hub_find((struct hub *)hub, name);
    if (session == NULL)
        return;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            peer_send_progress(peer, "import", text, progress);
    }
}

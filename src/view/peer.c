/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool_response.h"

/* Send window in bytes: with more than this queued at its connection, a peer gets nothing further
 * for now. Newer messages may replace those that wait here, but not those already sent. */
#define PEER_WINDOW (1024 * 1024)

struct waiting {
    struct list link;
    struct blob *blob; /* NULL: placeholder of a picture that is still being made */
    enum peer_matter matter;
    bool counts; /* its bytes are included in queue_size */
};

int peer_init(struct peer *peer, struct view *view, const struct peer_ops *ops, void *conn,
              const char *name)
{
    memset(peer, 0, sizeof(*peer));
    list_init(&peer->link);
    list_init(&peer->queue);
    list_init(&peer->relay_link);
    peer->weak = weak_pointer_new(peer);
    if (peer->weak == NULL)
        return -ENOMEM;
    peer->ops = ops;
    peer->conn = conn;
    peer->view = view;
    snprintf(peer->name, sizeof(peer->name), "%s", name);
    return 0;
}

static void drop_waiting(struct peer *peer, struct waiting *waiting)
{
    if (waiting->counts)
        peer->queue_size -= waiting->blob->size;
    list_remove(&waiting->link);
    blob_unref(waiting->blob);
    free(waiting);
}

bool peer_end(struct peer *peer)
{
    if (peer->weak == NULL)
        return false;
    weak_pointer_clear(peer->weak);
    weak_pointer_unref(peer->weak);
    peer->weak = NULL;
    /* Callers that still use the peer in this turn of the loop must not send to it. */
    peer->closing = true;
    return true;
}

void peer_free(struct peer *peer)
{
    free(peer->scanner);
    peer->scanner = NULL;
    list_each(pos, next, &peer->queue)
        drop_waiting(peer, list_entry(pos, struct waiting, link));
    json_decref(peer->tool);
    peer->tool = NULL;
    json_decref(peer->status);
    peer->status = NULL;
}

void peer_note_act(struct peer *peer, uint64_t at)
{
    if (at < peer->acted)
        return;
    peer->acted = at;
    peer->act = ++peer->view->acts;
}

bool peer_acted_later(const struct peer *peer, const struct peer *other)
{
    return peer->acted == other->acted ? peer->act > other->act : peer->acted > other->acted;
}

static void count(struct peer *peer, struct waiting *waiting)
{
    if (waiting->counts || waiting->blob == NULL)
        return;
    waiting->counts = true;
    peer->queue_size += waiting->blob->size;
}

static bool is_of_picture(const struct waiting *waiting)
{
    return waiting->matter == PEER_MATTER_PICTURE || waiting->matter == PEER_MATTER_CHANGE;
}

/* The last screenshot request in the queue; the queue itself if there is none. */
static struct list *last_shot(struct peer *peer)
{
    struct list *pos = peer->queue.prev;
    while (pos != &peer->queue && list_entry(pos, struct waiting, link)->matter != PEER_MATTER_SHOT)
        pos = pos->prev;
    return pos;
}

/* Counts the replaced pictures in the queue, which only this peer holds now. If they exceed the
 * limit, drops them and the screenshot requests for them. */
static void hold_for_shots(struct peer *peer)
{
    struct list *last = last_shot(peer);
    for (struct list *pos = last; pos != &peer->queue; pos = pos->prev)
        count(peer, list_entry(pos, struct waiting, link));
    if (last == &peer->queue || peer->queue_size <= peer->view->options.browser_queue)
        return;
    list_each(pos, next, &peer->queue) {
        struct waiting *waiting = list_entry(pos, struct waiting, link);
        if (waiting->matter == PEER_MATTER_SHOT)
            peer->on_shot_dropped(peer, waiting->blob);
        if (waiting->matter == PEER_MATTER_SHOT || is_of_picture(waiting))
            drop_waiting(peer, waiting);
    }
}

void peer_skip_replaced(struct peer *peer)
{
    struct list *last = last_shot(peer);
    bool held = last != &peer->queue;
    list_each(pos, next, &peer->queue) {
        if (!held && is_of_picture(list_entry(pos, struct waiting, link)))
            drop_waiting(peer, list_entry(pos, struct waiting, link));
        held = held && pos != last;
    }
    hold_for_shots(peer);
}

/* The placeholder of a picture that is still being made; NULL if there is none. At most one. */
static struct waiting *pending(const struct peer *peer)
{
    list_each(pos, next, &peer->queue) {
        struct waiting *waiting = list_entry(pos, struct waiting, link);
        if (waiting->blob == NULL)
            return waiting;
    }
    return NULL;
}

/* A new entry at the end of the queue; for an answer, before the placeholder. NULL: no memory. */
static struct waiting *add_waiting(struct peer *peer, enum peer_matter matter)
{
    if (matter == PEER_MATTER_PICTURE)
        peer_skip_replaced(peer);
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    if (waiting == NULL) {
        peer_close(peer, 1013, "out of memory");
        return NULL;
    }
    struct waiting *behind = matter == PEER_MATTER_ANSWER ? pending(peer) : NULL;
    waiting->matter = matter;
    list_append(behind == NULL ? &peer->queue : &behind->link, &waiting->link);
    return waiting;
}

static void enqueue(struct peer *peer, struct blob *blob, enum peer_matter matter)
{
    struct waiting *waiting = add_waiting(peer, matter);
    if (waiting == NULL)
        return;
    waiting->blob = blob_ref(blob);
    /* A picture is the session's own blob and needs no further memory; all else counts. */
    if (matter != PEER_MATTER_PICTURE)
        count(peer, waiting);
    if (peer->queue_size > peer->view->options.browser_queue)
        peer_close(peer, 1013, "this browser does not keep up");
    /* It may have replaced the placeholder that blocked the queue. */
    peer_pump(peer);
}

void peer_expect(struct peer *peer)
{
    if (!peer->closing)
        add_waiting(peer, PEER_MATTER_PICTURE);
}

void peer_send_pending(struct peer *peer, struct blob *blob)
{
    struct waiting *waiting = pending(peer);
    if (waiting == NULL)
        return;
    waiting->blob = blob_ref(blob);
    peer_pump(peer);
}

static void drop_shots(struct peer *peer)
{
    list_each(pos, next, &peer->queue) {
        struct waiting *waiting = list_entry(pos, struct waiting, link);
        if (waiting->matter != PEER_MATTER_SHOT)
            continue;
        peer->on_shot_dropped(peer, waiting->blob);
        drop_waiting(peer, waiting);
    }
}

void peer_settle_pending(struct peer *peer, struct blob *blob)
{
    struct waiting *waiting = pending(peer);
    struct list *pos = waiting == NULL ? &peer->queue : &waiting->link;
    while (pos != &peer->queue && list_entry(pos, struct waiting, link)->matter != PEER_MATTER_SHOT)
        pos = pos->next;
    if (pos != &peer->queue && blob != NULL)
        peer_send_pending(peer, blob);
    else if (pos != &peer->queue)
        drop_shots(peer);
}

void peer_forget_pending(struct peer *peer)
{
    if (pending(peer) == NULL)
        return;
    peer_skip_replaced(peer);
    peer_pump(peer);
}

bool peer_is_free(const struct peer *peer)
{
    return !peer->closing && peer->relay == NULL && list_empty(&peer->queue) &&
           peer->ops->queued(peer->conn) < PEER_WINDOW;
}

void peer_send(struct peer *peer, struct blob *blob, enum peer_matter matter)
{
    if (peer->closing)
        return;
    if (peer_is_free(peer))
        peer->ops->send(peer->conn, blob);
    else
        enqueue(peer, blob, matter);
}

void peer_send_text(struct peer *peer, const char *data, size_t size)
{
    if (peer->closing)
        return;
    if (peer_is_free(peer)) {
        peer->ops->send_text(peer->conn, data, size);
        return;
    }
    struct blob *blob = blob_copy(data, size);
    if (blob == NULL) {
        peer_close(peer, 1013, "out of memory");
        return;
    }
    enqueue(peer, blob, PEER_MATTER_ANSWER);
    blob_unref(blob);
}

void peer_send_json(struct peer *peer, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text == NULL) {
        peer_close(peer, 1013, "out of memory");
        return;
    }
    peer_send_text(peer, text, strlen(text));
    free(text);
}

void peer_send_notice(struct peer *peer, const char *key, const char *text)
{
    json_t *message = json_pack("{s:s, s:s, s:s, s:s}", "type", "notice", "key", key, "level",
                                "warning", "text", text);
    peer_send_json(peer, message);
    json_decref(message);
}

void peer_send_progress(struct peer *peer, const char *key, const char *text, double progress)
{
    json_t *message = json_pack("{s:s, s:s, s:s, s:s, s:f}", "type", "notice", "key", key, "level",
                                "info", "text", text, "progress", progress);
    peer_send_json(peer, message);
    json_decref(message);
}

void peer_send_run(struct peer *peer, const char *command, double seconds)
{
    json_t *message = json_pack("{s:s, s:s, s:s, s:s, s:f}", "type", "notice", "key", "run",
                                "level", "info", "text", command, "seconds", seconds);
    peer_send_json(peer, message);
    json_decref(message);
}

void peer_send_no_answer(struct peer *peer, const char *tool, const char *reason)
{
    struct text text = { 0 };
    tool_response_refusal(&text, tool, reason);
    if (text_error(&text) < 0)
        peer_close(peer, 1013, "out of memory");
    else
        peer_send_text(peer, text.data, text.size);
    text_free(&text);
}

void peer_pump(struct peer *peer)
{
    while (!peer->closing && peer->relay == NULL && !list_empty(&peer->queue) &&
           peer->ops->queued(peer->conn) < PEER_WINDOW) {
        struct waiting *waiting = list_entry(peer->queue.next, struct waiting, link);
        if (waiting->blob == NULL)
            break;
        peer->ops->send(peer->conn, waiting->blob);
        drop_waiting(peer, waiting);
    }
}

void peer_close(struct peer *peer, int code, const char *reason)
{
    if (peer->closing)
        return;
    peer->closing = true;
    log_warning(peer->view->log, "peer", "%s: closing with %d: %s", peer->name, code, reason);
    peer->ops->close(peer->conn, code, reason);
}

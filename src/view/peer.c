/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/hub.h"
#include "view/relay.h"
#include "view/session.h"

/* A browser that has not taken this much yet gets nothing more for now: what comes meanwhile may
 * make what waits pointless. */
#define PEER_WINDOW (1024 * 1024)

struct waiting {
    struct list link;
    struct blob *blob;
    size_t offset;
    enum peer_matter matter;
};

int peer_init(struct peer *peer, struct hub *hub, struct session *session,
              const struct peer_ops *ops, void *conn, const char *name)
{
    memset(peer, 0, sizeof(*peer));
    list_init(&peer->link);
    list_init(&peer->queue);
    list_init(&peer->relay_link);
    peer->weak = weak_new(peer);
    if (peer->weak == NULL)
        return -ENOMEM;
    peer->ops = ops;
    peer->conn = conn;
    peer->hub = hub;
    snprintf(peer->name, sizeof(peer->name), "%s", name);
    session_join(session, peer);
    return 0;
}

static void drop_waiting(struct peer *peer, struct waiting *waiting)
{
    if (waiting->matter != MATTER_PICTURE)
        peer->queue_size -= waiting->blob->size;
    list_remove(&waiting->link);
    blob_unref(waiting->blob);
    free(waiting);
}

void peer_gone(struct peer *peer)
{
    if (peer->weak == NULL)
        return;
    weak_clear(peer->weak);
    weak_unref(peer->weak);
    peer->weak = NULL;
    /* Whoever holds on to the peer for the rest of this call sends into the void. */
    peer->closing = true;
    relay_abort(peer);
    relay_leave(peer);
    list_each(pos, next, &peer->queue) drop_waiting(peer, list_entry(pos, struct waiting, link));
    session_leave(peer->session, peer);
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
    peer->act = ++peer->hub->acts;
}

bool peer_acted_later(const struct peer *peer, const struct peer *other)
{
    return peer->acted == other->acted ? peer->act > other->act : peer->acted > other->acted;
}

void peer_skip_replaced(struct peer *peer)
{
    list_each(pos, next, &peer->queue)
    {
        struct waiting *waiting = list_entry(pos, struct waiting, link);
        if (waiting->matter != MATTER_ANSWER)
            drop_waiting(peer, waiting);
    }
}

static void enqueue(struct peer *peer, struct blob *blob, size_t offset, enum peer_matter matter)
{
    if (matter == MATTER_PICTURE)
        peer_skip_replaced(peer);
    struct waiting *waiting = malloc(sizeof(*waiting));
    if (waiting == NULL) {
        peer_close(peer, 1013, "out of memory");
        return;
    }
    waiting->blob = blob_ref(blob);
    waiting->offset = offset;
    waiting->matter = matter;
    list_append(&peer->queue, &waiting->link);
    /* A picture is the session's own blob and costs nothing more; all else counts. */
    if (matter != MATTER_PICTURE)
        peer->queue_size += blob->size;
    if (peer->queue_size > peer->hub->options.browser_queue)
        peer_close(peer, 1013, "this browser does not keep up");
}

bool peer_is_free(const struct peer *peer)
{
    return !peer->closing && peer->relay == NULL && list_empty(&peer->queue) &&
           peer->ops->queued(peer->conn) < PEER_WINDOW;
}

void peer_send(struct peer *peer, struct blob *blob, size_t offset, enum peer_matter matter)
{
    if (peer->closing)
        return;
    if (peer_is_free(peer))
        peer->ops->send(peer->conn, blob, offset);
    else
        enqueue(peer, blob, offset, matter);
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
    enqueue(peer, blob, 0, MATTER_ANSWER);
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

void peer_pump(struct peer *peer)
{
    while (!peer->closing && peer->relay == NULL && !list_empty(&peer->queue) &&
           peer->ops->queued(peer->conn) < PEER_WINDOW) {
        struct waiting *waiting = list_entry(peer->queue.next, struct waiting, link);
        peer->ops->send(peer->conn, waiting->blob, waiting->offset);
        drop_waiting(peer, waiting);
    }
}

void peer_close(struct peer *peer, int code, const char *reason)
{
    if (peer->closing)
        return;
    peer->closing = true;
    log_warning(peer->hub->log, "peer", "%s: closing with %d: %s", peer->name, code, reason);
    peer->ops->close(peer->conn, code, reason);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/relay.h"

#include <stdlib.h>

#include "view/message.h"

/* Milliseconds without data from the kernel after which a relay ends for a browser that has other
 * messages waiting. */
#define RELAY_STALL_MS 2000

/* Send window in bytes: with more than this queued, a browser gets no further fragment for now. */
#define RELAY_WINDOW (4 * 1024 * 1024)

static void send_piece(struct peer *peer, struct relay *relay, bool last)
{
    size_t from = peer->relay_sent;
    bool first = from == relay->blob->skip;
    peer->ops->send_fragment(peer->conn, relay->blob, from, relay->blob->size - from, first, last);
    peer->relay_sent = relay->blob->size;
}

static void push(struct relay *relay)
{
    list_each(pos, next, &relay->targets) {
        struct peer *peer = list_entry(pos, struct peer, relay_link);
        if (relay->blob->size - peer->relay_sent >= peer->view->options.relay_piece &&
            peer->ops->queued(peer->conn) < RELAY_WINDOW)
            send_piece(peer, relay, false);
    }
}

static void add_targets(struct relay *relay, struct list *peers)
{
    list_each(pos, next, peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER || peer->binary || !peer_is_free(peer))
            continue;
        peer->relay = relay;
        peer->relay_sent = relay->blob->skip;
        list_append(&relay->targets, &peer->relay_link);
    }
}

static void relay_free(struct peer *sender)
{
    struct relay *relay = sender->sending;
    sender->sending = NULL;
    blob_unref(relay->blob);
    free(relay);
}

static void begin(struct peer *sender, struct list *peers, struct blob *blob)
{
    struct relay *relay = malloc(sizeof(*relay));
    if (relay == NULL)
        return;
    relay->blob = blob_ref(blob);
    relay->moved = view_now(sender->view);
    list_init(&relay->targets);
    sender->sending = relay;
    add_targets(relay, peers);
}

void relay_progress(struct peer *sender, struct list *peers, struct blob *blob, size_t total)
{
    /* Only messages as the Python clients send them can be identified as a model before their end.
     */
    if (sender->sending == NULL && !sender->read_only && total >= sender->view->options.relay_min &&
        message_kind(blob) == 'D' && message_is_model(blob))
        begin(sender, peers, blob);
    if (sender->sending == NULL || sender->sending->blob != blob)
        return;
    sender->sending->moved = view_now(sender->view);
    if (blob->size < total)
        push(sender->sending);
}

void relay_complete(struct peer *sender)
{
    if (sender->sending != NULL && list_empty(&sender->sending->targets))
        relay_free(sender);
}

/* Removes the browser from the relay after its last fragment: it can get other messages again. */
static void end_at(struct peer *peer)
{
    send_piece(peer, peer->relay, true);
    peer->relay = NULL;
    list_remove(&peer->relay_link);
}

bool relay_finish(struct peer *peer, const struct blob *blob, bool picture)
{
    if (peer->relay == NULL || peer->relay->blob != blob)
        return false;
    end_at(peer);
    /* Messages queued during the relay belong to an older picture than this one. */
    if (picture)
        peer_skip_replaced(peer);
    return true;
}

/* Ends the fragmented message at this browser early, as text that is not JSON. */
static void break_off(struct peer *peer)
{
    struct relay *relay = peer->relay;
    bool begun = peer->relay_sent > relay->blob->skip;
    peer->relay = NULL;
    list_remove(&peer->relay_link);
    if (begun)
        peer->ops->send_fragment(peer->conn, relay->blob, 0, 0, false, true);
    peer_pump(peer);
}

void relay_abort(struct peer *sender)
{
    if (sender->sending == NULL)
        return;
    struct relay *relay = sender->sending;
    while (!list_empty(&relay->targets))
        break_off(list_entry(relay->targets.next, struct peer, relay_link));
    relay_free(sender);
}

void relay_tick(struct peer *peer, uint64_t now)
{
    if (peer->relay != NULL && !list_empty(&peer->queue) &&
        now - peer->relay->moved > RELAY_STALL_MS)
        break_off(peer);
}

void relay_break(struct peer *peer)
{
    if (peer->relay != NULL)
        break_off(peer);
}

void relay_leave(struct peer *peer)
{
    list_remove(&peer->relay_link);
    peer->relay = NULL;
}

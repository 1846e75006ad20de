/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_OUTBOX_H
#define CADCAST_NET_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "net/turn.h"

/* A few bytes of its own and a part of a blob, which go out together. */
struct outbox_item {
    struct outbox_item *next;
    struct blob *blob; /* NULL: none */
    size_t offset;
    size_t total; /* bytes of head and blob */
    size_t head_size;
    size_t done; /* bytes of them that are sent, or encrypted */
    uint8_t head[];
};

/* An item; `head` is copied and a reference to the blob kept. NULL: no memory. */
struct outbox_item *outbox_item_new(const void *head, size_t head_size, struct blob *blob,
                                    size_t offset, size_t size);
void outbox_item_free(struct outbox_item *item);

/*
 * What waits to be sent on one connection. Bytes go to the operating system at once as far as it
 * takes them and the turn's share reaches; the rest follows. The event never comes from inside
 * outbox_add.
 */
struct outbox {
    uv_stream_t *handle;
    struct turn *turn;
    struct turn_wait wait;
    uv_write_t req;            /* what waits for the peer to take something, one at a time */
    struct outbox_item *first; /* oldest first */
    struct outbox_item *last;
    size_t queued;  /* bytes in them that are not sent */
    size_t flight;  /* of those, bytes that libuv has */
    uint64_t taken; /* bytes that were ever put in */
    int error;      /* nothing goes out any more */
    bool owes;      /* the event has to come */
    /* Everything is sent (0), or the connection is broken (below 0). */
    void (*event)(struct outbox *box, int error);
};

void outbox_init(struct outbox *box, uv_stream_t *handle, struct turn *turn,
                 void (*event)(struct outbox *box, int error));

/* As stream_write. 0 or -ENOMEM. */
int outbox_add(struct outbox *box, const void *head, size_t head_size, struct blob *blob,
               size_t offset, size_t size);

/* Bytes that the operating system has not taken yet. */
size_t outbox_queued(const struct outbox *box);

/* Once the handle is closed: drops what is left. */
void outbox_clear(struct outbox *box);

#endif

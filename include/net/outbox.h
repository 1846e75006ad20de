/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_OUTBOX_H
#define CADCAST_NET_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "loop/io_budget.h"

/* A few bytes of its own and a part of a blob, sent together. */
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
 * The send queue of one connection. Bytes are written to the socket at once as far as it takes them
 * and the turn's budget reaches; the rest follows. The event never fires inside outbox_add.
 */
struct outbox {
    uv_stream_t *handle;
    struct io_budget *budget;
    struct io_budget_wait wait;
    uv_write_t req;            /* the pending write, one at a time */
    struct outbox_item *first; /* oldest first */
    struct outbox_item *last;
    size_t queued;  /* bytes of the items that are not sent */
    size_t flight;  /* bytes of those in the pending write */
    uint64_t taken; /* bytes that were ever queued */
    int error;      /* the error that broke the connection, below 0; 0: none */
    bool owes;      /* the event is due */
    /* Everything is sent (0), or the connection is broken (below 0). */
    void (*event)(struct outbox *box, int error);
};

void outbox_init(struct outbox *box, uv_stream_t *handle, struct io_budget *budget,
                 void (*event)(struct outbox *box, int error));

/* As stream_write. 0 or -ENOMEM. */
int outbox_add(struct outbox *box, const void *head, size_t head_size, struct blob *blob,
               size_t offset, size_t size);

/* Bytes that the operating system has not taken yet. */
size_t outbox_queued(const struct outbox *box);

/* Drops what is left; call it after the handle is closed. */
void outbox_clear(struct outbox *box);

#endif

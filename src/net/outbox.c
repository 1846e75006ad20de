/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Buffers of one system call; libuv allocates for more than four. */
#define PIECES 4

/* Bytes that a connection sends at once when the peer has room again: the more connections wait,
 * the fewer, since one turn may have to serve them all. */
#define FLIGHT_MIN (16 * 1024)
#define FLIGHT_MAX (512 * 1024)

struct outbox_item *outbox_item_new(const void *head, size_t head_size, struct blob *blob,
                                    size_t offset, size_t size)
{
    struct outbox_item *item = malloc(sizeof(*item) + head_size);
    if (item == NULL)
        return NULL;
    item->next = NULL;
    item->blob = blob == NULL ? NULL : blob_ref(blob);
    item->offset = offset;
    item->head_size = head_size;
    item->total = head_size + (blob == NULL ? 0 : size);
    item->done = 0;
    if (head_size > 0)
        memcpy(item->head, head, head_size);
    return item;
}

void outbox_item_free(struct outbox_item *item)
{
    blob_unref(item->blob);
    free(item);
}

static void on_wait(struct io_budget_wait *wait);

void outbox_init(struct outbox *box, uv_stream_t *handle, struct io_budget *budget,
                 void (*event)(struct outbox *box, int error))
{
    memset(box, 0, sizeof(*box));
    box->handle = handle;
    box->budget = budget;
    box->event = event;
    box->req.data = box;
    box->wait.run = on_wait;
    list_init(&box->wait.link);
}

/* Adds the unsent rest of an item to `bufs`, at most `room` bytes of it; returns the number
 * added. */
static unsigned add_pieces(const struct outbox_item *item, uv_buf_t *bufs, size_t room)
{
    unsigned n = 0;
    size_t done = item->done;
    if (done < item->head_size) {
        size_t size = item->head_size - done < room ? item->head_size - done : room;
        bufs[n++] = uv_buf_init((char *)item->head + done, (unsigned)size);
        room -= size;
        done += size;
    }
    size_t left = item->total - done;
    if (left > 0 && room > 0) {
        bufs[n].base = (char *)item->blob->data + item->offset + (done - item->head_size);
        bufs[n++].len = left < room ? left : room;
    }
    return n;
}

/* Collects the next bytes to send, at most `room`; *total is their number. */
static unsigned gather(const struct outbox *box, uv_buf_t bufs[PIECES], size_t room, size_t *total)
{
    unsigned n = 0;
    *total = 0;
    for (struct outbox_item *item = box->first; item != NULL; item = item->next) {
        if (n + 2 > PIECES || *total == room)
            break;
        unsigned added = add_pieces(item, bufs + n, room - *total);
        for (unsigned i = 0; i < added; i++)
            *total += bufs[n + i].len;
        n += added;
    }
    return n;
}

/* Removes the first `n` bytes, which are sent. */
static void consume(struct outbox *box, size_t n)
{
    box->queued -= n;
    while (n > 0) {
        struct outbox_item *item = box->first;
        /* As long as bytes are queued there is an item. NOLINTNEXTLINE(clang-analyzer-core.*) */
        size_t part = item->total - item->done < n ? item->total - item->done : n;
        item->done += part;
        n -= part;
        if (item->done < item->total)
            return;
        box->first = item->next;
        if (box->first == NULL)
            box->last = NULL;
        outbox_item_free(item);
    }
}

static void spend(struct io_budget *budget, size_t n)
{
    budget->write_left -= n < budget->write_left ? n : budget->write_left;
}

static void fail(struct outbox *box, int error)
{
    box->error = error;
    io_budget_later(box->budget, &box->wait);
}

/* Sends as much as the socket takes at once; libuv waits for room for the rest. */
static void pump(struct outbox *box);

static void on_written(uv_write_t *req, int status)
{
    struct outbox *box = req->data;
    size_t flight = box->flight;
    box->flight = 0;
    box->budget->sending--;
    if (status < 0) {
        box->error = status;
        box->event(box, status);
        return;
    }
    spend(box->budget, flight);
    consume(box, flight);
    pump(box);
}

static void launch(struct outbox *box)
{
    uv_buf_t bufs[PIECES];
    size_t share = IO_BUDGET_WRITE / (box->budget->sending + 1);
    if (share > FLIGHT_MAX)
        share = FLIGHT_MAX;
    unsigned n = gather(box, bufs, share < FLIGHT_MIN ? FLIGHT_MIN : share, &box->flight);
    int error = uv_write(&box->req, box->handle, bufs, n, on_written);
    if (error == 0) {
        box->budget->sending++;
        return;
    }
    box->flight = 0;
    fail(box, error);
}

/* One system call. Returns whether another may be tried at once. */
static bool send_some(struct outbox *box)
{
    uv_buf_t bufs[PIECES];
    size_t total;
    unsigned n = gather(box, bufs, box->budget->write_left, &total);
    int sent = uv_try_write(box->handle, bufs, n);
    if (sent < 0 && sent != UV_EAGAIN) {
        fail(box, sent);
        return false;
    }
    if (sent > 0) {
        spend(box->budget, (size_t)sent);
        consume(box, (size_t)sent);
    }
    if (sent > 0 && (size_t)sent == total)
        return true;
    launch(box);
    return false;
}

static void pump(struct outbox *box)
{
    if (box->flight > 0 || box->error < 0)
        return;
    while (box->first != NULL && box->budget->write_left > 0) {
        if (!send_some(box))
            return;
    }
    if (box->first != NULL || box->owes)
        io_budget_later(box->budget, &box->wait);
}

static void on_wait(struct io_budget_wait *wait)
{
    struct outbox *box = list_entry(wait, struct outbox, wait);
    if (box->error < 0) {
        box->event(box, box->error);
        return;
    }
    if (box->first == NULL) {
        bool owes = box->owes;
        box->owes = false;
        if (owes)
            box->event(box, 0);
        return;
    }
    pump(box);
}

/* Sends without a copy or an item if the socket takes everything at once, as it does with nearly
 * all small answers. Returns the number of bytes sent. */
static size_t send_at_once(struct outbox *box, const void *head, size_t head_size,
                           const struct blob *blob, size_t offset, size_t size)
{
    uv_buf_t bufs[2];
    unsigned n = 0;
    if (box->first != NULL || box->flight > 0 || box->budget->write_left < head_size + size)
        return 0;
    if (head_size > 0)
        bufs[n++] = uv_buf_init((char *)head, (unsigned)head_size);
    if (size > 0) {
        bufs[n].base = (char *)blob->data + offset;
        bufs[n++].len = size;
    }
    int sent = uv_try_write(box->handle, bufs, n);
    if (sent <= 0)
        return 0;
    spend(box->budget, (size_t)sent);
    return (size_t)sent;
}

int outbox_add(struct outbox *box, const void *head, size_t head_size, struct blob *blob,
               size_t offset, size_t size)
{
    if (blob == NULL)
        size = 0;
    /* On a broken connection nothing is queued; the event reports it. */
    if (box->error < 0 || head_size + size == 0)
        return 0;
    box->taken += head_size + size;
    box->owes = true;
    size_t sent = send_at_once(box, head, head_size, blob, offset, size);
    if (sent == head_size + size) {
        io_budget_later(box->budget, &box->wait);
        return 0;
    }
    struct outbox_item *item = outbox_item_new(head, head_size, blob, offset, size);
    if (item == NULL)
        return -ENOMEM;
    item->done = sent;
    box->queued += item->total - sent;
    if (box->last == NULL)
        box->first = item;
    else
        box->last->next = item;
    box->last = item;
    pump(box);
    return 0;
}

size_t outbox_queued(const struct outbox *box)
{
    /* Of the pending write, libuv may have sent a part. */
    return box->queued - box->flight + uv_stream_get_write_queue_size(box->handle);
}

void outbox_clear(struct outbox *box)
{
    list_remove(&box->wait.link);
    while (box->first != NULL) {
        struct outbox_item *item = box->first;
        box->first = item->next;
        outbox_item_free(item);
    }
    box->last = NULL;
    box->queued = 0;
}

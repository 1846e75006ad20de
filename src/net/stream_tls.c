/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/stream_tls.h"

#include <errno.h>
#include <string.h>

#include "net/tls.h"

/* How much cipher text may wait in libuv, and how much is encrypted at a time, in bytes. */
#define TLS_WINDOW (512 * 1024)
#define TLS_SLICE (64 * 1024)

/* Copies up to `room` bytes of `out` that are not encrypted yet. */
static size_t out_take(struct outbox_item *out, uint8_t *to, size_t room)
{
    size_t n = 0;
    if (out->done < out->head_size) {
        n = out->head_size - out->done < room ? out->head_size - out->done : room;
        memcpy(to, out->head + out->done, n);
        out->done += n;
    }
    size_t left = out->total - out->done;
    size_t part = left < room - n ? left : room - n;
    if (part > 0)
        memcpy(to + n, out->blob->data + out->offset + (out->done - out->head_size), part);
    out->done += part;
    return n + part;
}

/* Encrypts the next slice of the queue; false if TLS takes nothing now. */
static bool encrypt_slice(struct stream *stream)
{
    uint8_t plain[16384];
    struct outbox_item *out = stream->first;
    if (out == NULL || !tls_ready(stream->tls))
        return false;
    size_t n = out_take(out, plain, sizeof(plain));
    stream->waiting -= n;
    if (out->done == out->total) {
        stream->first = out->next;
        if (stream->first == NULL)
            stream->last = NULL;
        outbox_item_free(out);
    }
    if (tls_write(stream->tls, plain, n) == 0)
        return true;
    /* Plain text was taken from the queue and not encrypted: the stream has a gap. */
    stream_close(stream);
    return false;
}

void stream_tls_pump(struct stream *stream)
{
    while (!stream->closing && outbox_queued(&stream->out) < TLS_WINDOW) {
        while (tls_output_size(stream->tls) < TLS_SLICE && encrypt_slice(stream))
            continue;
        size_t size = tls_output_size(stream->tls);
        if (size == 0)
            return;
        struct blob *cipher = blob_new(size);
        if (cipher == NULL) {
            stream_close(stream);
            return;
        }
        cipher->size = tls_output(stream->tls, cipher->data, size);
        int error = outbox_add(&stream->out, NULL, 0, cipher, 0, cipher->size);
        blob_unref(cipher);
        if (error < 0) {
            stream_close(stream);
            return;
        }
    }
}

int stream_tls_write(struct stream *stream, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct outbox_item *out = outbox_item_new(head, head_size, blob, offset, size);
    if (out == NULL)
        return -ENOMEM;
    if (stream->last == NULL)
        stream->first = out;
    else
        stream->last->next = out;
    stream->last = out;
    stream->waiting += out->total;
    stream_tls_pump(stream);
    return 0;
}

/* Delivers the plain text of one piece of cipher text. */
static void deliver_plain_text(struct stream *stream)
{
    while (!stream->closing && !stream->ended && !stream->shut) {
        uint8_t *data = NULL;
        size_t size = 0;
        stream->events->input(stream->owner, &data, &size);
        if (size == 0) {
            data = stream->budget->scratch;
            size = IO_BUDGET_SCRATCH;
        }
        long n = tls_read(stream->tls, data, size);
        if (n == 0)
            return;
        if (n < 0) {
            stream->ended = true;
            stream->events->end(stream->owner, n == -ECONNRESET ? 0 : (int)n);
            return;
        }
        stream->events->data(stream->owner, data, (size_t)n);
    }
}

void stream_tls_take(struct stream *stream, const void *data, size_t size)
{
    int error = tls_feed(stream->tls, data, size);
    if (error == 0)
        deliver_plain_text(stream);
    stream_tls_pump(stream);
    if (error < 0 && !stream->ended && !stream->closing) {
        stream->ended = true;
        stream->events->end(stream->owner, error);
    }
}

int stream_start_tls(struct stream *stream, struct tls_context *context, const void *data,
                     size_t size)
{
    stream->tls = tls_new(context);
    if (stream->tls == NULL)
        return -ENOMEM;
    stream_tls_take(stream, data, size);
    return 0;
}

void stream_tls_free(struct stream *stream)
{
    while (stream->first != NULL) {
        struct outbox_item *item = stream->first;
        stream->first = item->next;
        outbox_item_free(item);
    }
    stream->last = NULL;
    tls_free(stream->tls);
    stream->tls = NULL;
}

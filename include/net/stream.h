/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_STREAM_H
#define CADCAST_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "loop/io_budget.h"
#include "net/outbox.h"

struct tls;
struct tls_context;

/*
 * Bytes to and from one TCP peer, plain or through TLS; the interface is the same for both.
 *
 * stream_open fails or `closed` fires, exactly once. No event fires inside a call that the owner
 * makes, but for stream_start_tls: `input`, `data` and `end` may fire inside that one.
 */
struct stream_events {
    /* The receive buffer for the next bytes, at least one byte. May leave *size 0: then the stream
     * uses the shared buffer of the loop. */
    void (*input)(void *owner, uint8_t **buffer, size_t *size);
    /* `size` bytes were received, in the buffer that `input` named or in the shared one, which is
     * reused after the return. */
    void (*data)(void *owner, uint8_t *data, size_t size);
    /* No more bytes will be received: 0 at the peer's orderly end, else the error. */
    void (*end)(void *owner, int error);
    /* Everything written so far has been taken by the operating system. */
    void (*drained)(void *owner);
    /* The stream is closed; the owner may free it. */
    void (*closed)(void *owner);
};

struct stream {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    const struct stream_events *events;
    void *owner;
    struct io_budget *budget;  /* shared by all streams of the loop */
    struct outbox out;         /* the send queue */
    struct tls *tls;           /* NULL: plain */
    struct outbox_item *first; /* plain text to be encrypted, oldest first */
    struct outbox_item *last;
    size_t waiting; /* bytes in that queue */
    bool reading;
    bool closing;
    bool shut;      /* close once the queue is empty; received bytes are dropped */
    bool linger;    /* and then a lingering close: wait for the peer's end */
    bool lingering; /* that wait has begun */
    bool ended;
};

/* Prepares `stream` (the caller's memory, need not be zeroed) on `loop`. */
int stream_open(struct stream *stream, uv_loop_t *loop, struct io_budget *budget,
                const struct stream_events *events, void *owner);

/* Begins with the connection `fd`, which the stream closes, also after an error. */
int stream_accept(struct stream *stream, int fd);

/* Starts TLS on the stream, before any byte was written; `data` are the bytes received so far
 * (copied). Call it from the `data` event that brought them. `input`, `data` and `end` may fire
 * inside the call. */
int stream_start_tls(struct stream *stream, struct tls_context *context, const void *data,
                     size_t size);

int stream_read_start(struct stream *stream);
void stream_read_stop(struct stream *stream);

/*
 * Queues `head_size` bytes (copied) and then `size` bytes of `blob` from `offset` on (a reference
 * is kept until they are sent; `blob` may be NULL). They go out together and in order.
 * Returns 0, -ENOMEM, or -EPIPE on a stream that closes.
 */
int stream_write(struct stream *stream, const void *head, size_t head_size, struct blob *blob,
                 size_t offset, size_t size);

/* Queues the last bytes; stream_close_polite must follow at once. If possible they leave in one
 * packet with the FIN, which wakes the peer once. As stream_write. */
int stream_write_last(struct stream *stream, const void *data, size_t size);

/* Bytes that were written here and that the operating system has not taken yet. */
size_t stream_queued(const struct stream *stream);

/* A number that grows while the peer takes bytes: those acknowledged, if the system reports them.
 * Makes a system call: use it now and then only. */
uint64_t stream_progress(const struct stream *stream);

/* Closes when everything queued is sent; with `linger`, when the peer has ended its side too, so
 * that no reset can overtake the last bytes to a peer that is still sending. `data`, `end` and
 * `drained` do not fire any more. The caller sets a deadline. */
void stream_close_polite(struct stream *stream, bool linger);

/* Closes now; what is queued is dropped. May be called twice. */
void stream_close(struct stream *stream);

#endif

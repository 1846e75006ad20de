/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_STREAM_H
#define CADCAST_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/blob.h"
#include "net/outbox.h"
#include "net/turn.h"

struct tls;
struct tls_context;

/*
 * Bytes to and from one TCP peer, plain or through TLS: whoever is above sees no difference.
 *
 * stream_open fails or `closed` will come, exactly once. No event fires inside a call that the
 * owner makes, with the one exception that `input` and `data` may follow each other.
 */
struct stream_events {
    /* Where the next bytes shall go: at least one byte of room. May leave *size 0 to have the
     * stream use its own scratch memory. */
    void (*input)(void *owner, uint8_t **buffer, size_t *size);
    /* `size` bytes came, at the place `input` named or in scratch memory that is lost on return. */
    void (*data)(void *owner, uint8_t *data, size_t size);
    /* No more bytes will come: 0 at the peer's orderly end, else the error. */
    void (*end)(void *owner, int error);
    /* Everything written so far has been taken by the operating system. */
    void (*drained)(void *owner);
    /* The stream is closed, its memory the owner's again. */
    void (*closed)(void *owner);
};

struct stream {
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    const struct stream_events *events;
    void *owner;
    struct turn *turn;         /* what it shares with all others of its loop */
    struct outbox out;         /* what waits for the peer to take it */
    struct tls *tls;           /* NULL: plain */
    struct outbox_item *first; /* plain text that waits to be encrypted, oldest first */
    struct outbox_item *last;
    size_t waiting; /* bytes in that queue */
    bool reading;
    bool closing;
    bool shut;      /* close once the queue is empty; what comes is not looked at */
    bool linger;    /* and then wait for the peer's end */
    bool lingering; /* that is being done */
    bool ended;
};

/* Prepares `stream` (the caller's memory, zeroed or not) on `loop`. */
int stream_open(struct stream *stream, uv_loop_t *loop, struct turn *turn,
                const struct stream_events *events, void *owner);

/* Begins with the connection `fd`, which is the stream's then; after an error it is closed. */
int stream_accept(struct stream *stream, int fd);

/* For a connection within this machine, or a socket that takes such: nothing is lost there and
 * nothing is congested, so what systems do about that only delays (BBR paces what is sent, and a
 * model takes a fifth longer). Connections have it from the socket that they were accepted on. */
void stream_tune_local(int fd);

/* Puts TLS on the stream, before any byte was written; `data` are the bytes that were read so far
 * (copied). Called from within the event that brought them; events may follow inside the call. */
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

/* The last bytes: stream_close_polite follows at once. They leave in one packet with the end of the
 * connection where they can, which wakes the peer once. As stream_write. */
int stream_write_last(struct stream *stream, const void *data, size_t size);

/* Bytes that were written here and that the operating system has not taken yet. */
size_t stream_queued(const struct stream *stream);

/* A number that grows whenever the peer takes bytes; where the system tells, those that have
 * arrived. Asks the system: for now and then. */
uint64_t stream_progress(const struct stream *stream);

/* Closes when everything queued is sent; with `linger`, when the peer has ended its side too, so
 * that no reset can overtake the last words to a peer that is still sending. Neither `data` nor
 * `end` nor `drained` comes any more. The caller sets a deadline. */
void stream_close_polite(struct stream *stream, bool linger);

/* Closes now; what is queued is dropped. May be called twice. */
void stream_close(struct stream *stream);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_STREAM_TLS_H
#define CADCAST_NET_STREAM_TLS_H

#include "net/stream.h"

/*
 * The TLS half of a stream: plain text waits in the stream's queue, is encrypted a slice at a time
 * as the peer takes it, and only cipher text goes to the outbox. For stream.c alone.
 */

/* Encrypts queued plain text into the outbox, as far as its window allows. May close the stream. */
void stream_tls_pump(struct stream *stream);

/* Queues plain text, as stream_write does. 0 or -ENOMEM. */
int stream_tls_write(struct stream *stream, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size);

/* Takes received cipher text and delivers the plain text: events fire. */
void stream_tls_take(struct stream *stream, const void *data, size_t size);

/* Frees the queue and the TLS state. */
void stream_tls_free(struct stream *stream);

#endif

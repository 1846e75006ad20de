/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/socket.h"
#include "net/stream_tls.h"
#include "net/tls.h"

static void on_out(struct outbox *out, int error);

static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    stream_tls_free(stream);
    outbox_clear(&stream->out);
    stream->events->closed(stream->owner);
}

int stream_open(struct stream *stream, uv_loop_t *loop, struct io_budget *budget,
                const struct stream_events *events, void *owner)
{
    memset(stream, 0, sizeof(*stream));
    int error = uv_tcp_init(loop, &stream->tcp);
    if (error < 0)
        return error;
    stream->tcp.data = stream;
    stream->budget = budget;
    outbox_init(&stream->out, (uv_stream_t *)&stream->tcp, budget, on_out);
    stream->events = events;
    stream->owner = owner;
    return 0;
}

int stream_accept(struct stream *stream, int fd)
{
    int error = uv_tcp_open(&stream->tcp, fd);
    if (error < 0) {
        close(fd);
        return error;
    }
    /* Small answers follow each other; collecting them (Nagle) would only delay them. */
    uv_tcp_nodelay(&stream->tcp, 1);
    return 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct stream *stream = handle->data;
    uint8_t *data = NULL;
    size_t size = 0;
    /* The turn's read budget is used up: offer no buffer, and libuv tries again in the next
     * turn. */
    buf->base = NULL;
    buf->len = 0;
    if (stream->budget->read_left == 0)
        return;
    if (stream->tls == NULL && !stream->shut)
        stream->events->input(stream->owner, &data, &size);
    if (size == 0) {
        data = stream->budget->scratch;
        size = IO_BUDGET_SCRATCH;
    }
    buf->base = (char *)data;
    buf->len = size < stream->budget->read_left ? size : stream->budget->read_left;
}

/* The peer ended its side after our last bytes were queued: these are sent all the same. */
static void end_while_shut(struct stream *stream, int error)
{
    stream_read_stop(stream);
    stream->ended = true;
    if (error != UV_EOF || stream->lingering)
        stream_close(stream);
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf)
{
    struct stream *stream = handle->data;
    if (stream->closing || n == 0 || n == UV_ENOBUFS)
        return;
    if (n > 0)
        stream->budget->read_left -= (size_t)n;
    if (stream->shut) {
        if (n < 0)
            end_while_shut(stream, (int)n);
        return;
    }
    if (n < 0) {
        stream_read_stop(stream);
        stream->ended = true;
        stream->events->end(stream->owner, n == UV_EOF ? 0 : (int)n);
        return;
    }
    if (stream->tls == NULL) {
        stream->events->data(stream->owner, (uint8_t *)buf->base, (size_t)n);
        return;
    }
    stream_tls_take(stream, buf->base, (size_t)n);
}

int stream_read_start(struct stream *stream)
{
    if (stream->reading || stream->closing || stream->ended)
        return 0;
    int error = uv_read_start((uv_stream_t *)&stream->tcp, on_alloc, on_read);
    stream->reading = error == 0;
    return error;
}

void stream_read_stop(struct stream *stream)
{
    if (stream->reading)
        uv_read_stop((uv_stream_t *)&stream->tcp);
    stream->reading = false;
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    struct stream *stream = req->data;
    if (status < 0 && !stream->closing)
        stream_close(stream);
}

/* Everything is sent. Closing with unread bytes of the peer would reset the connection, and the
 * reset may overtake the answer; so if the peer may still be sending, wait for its end. */
static void end_politely(struct stream *stream)
{
    /* If everything was sent at once, the outbox reports it again, later. */
    if (stream->lingering)
        return;
    if (!stream->linger || stream->ended) {
        stream_close(stream);
        return;
    }
    stream->lingering = true;
    stream->shutdown.data = stream;
    if (uv_shutdown(&stream->shutdown, (uv_stream_t *)&stream->tcp, on_shutdown) < 0 ||
        stream_read_start(stream) < 0)
        stream_close(stream);
}

/* The outbox is empty, or broken. */
static void on_out(struct outbox *out, int error)
{
    struct stream *stream = list_entry(out, struct stream, out);
    if (stream->closing)
        return;
    /* A failed write ends the reading side too: the owner gets `end`, once. */
    if (error < 0) {
        if (stream->shut) {
            stream_close(stream);
        } else if (!stream->ended) {
            stream->ended = true;
            stream_read_stop(stream);
            stream->events->end(stream->owner, error);
        }
        return;
    }
    if (stream->tls != NULL)
        stream_tls_pump(stream);
    if (stream->closing || stream->first != NULL || outbox_queued(out) > 0)
        return;
    if (stream->shut)
        end_politely(stream);
    else
        stream->events->drained(stream->owner);
}

int stream_write(struct stream *stream, const void *head, size_t head_size, struct blob *blob,
                 size_t offset, size_t size)
{
    if (stream->closing || stream->shut)
        return -EPIPE;
    if (head_size == 0 && (blob == NULL || size == 0))
        return 0;
    if (stream->tls == NULL)
        return outbox_add(&stream->out, head, head_size, blob, offset, size);
    return stream_tls_write(stream, head, head_size, blob, offset, size);
}

int stream_write_last(struct stream *stream, const void *data, size_t size)
{
    size_t sent = 0;
    uv_os_fd_t fd;
    if (stream->tls == NULL && !stream->closing && !stream->shut && stream_queued(stream) == 0 &&
        uv_fileno((const uv_handle_t *)&stream->tcp, &fd) == 0)
        sent = socket_send_more(fd, data, size);
    return stream_write(stream, (const uint8_t *)data + sent, size - sent, NULL, 0, 0);
}

size_t stream_queued(const struct stream *stream)
{
    return stream->waiting + outbox_queued(&stream->out);
}

/* Bytes that the operating system has and the peer has not acknowledged. With a slow peer these are
 * megabytes, which take minutes while our own queue does not shrink. */
static size_t unacknowledged(const struct stream *stream)
{
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&stream->tcp, &fd) < 0)
        return 0;
    return socket_unacknowledged(fd);
}

uint64_t stream_progress(const struct stream *stream)
{
    return stream->out.taken - outbox_queued(&stream->out) - unacknowledged(stream);
}

void stream_close_polite(struct stream *stream, bool linger)
{
    if (stream->closing || stream->shut)
        return;
    if (stream->tls != NULL) {
        tls_close_notify(stream->tls);
        stream_tls_pump(stream);
    }
    stream->shut = true;
    stream->linger = linger;
    if (stream->first == NULL && outbox_queued(&stream->out) == 0)
        end_politely(stream);
}

void stream_close(struct stream *stream)
{
    if (stream->closing)
        return;
    stream->closing = true;
    stream->reading = false;
    uv_close((uv_handle_t *)&stream->tcp, on_closed);
}

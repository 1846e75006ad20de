/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "base/error.h"
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

int stream_open(struct stream *stream, uv_loop_t *loop, struct turn *turn,
                const struct stream_events *events, void *owner)
{
    memset(stream, 0, sizeof(*stream));
    int error = uv_tcp_init(loop, &stream->tcp);
    if (error < 0)
        return error;
    stream->tcp.data = stream;
    stream->turn = turn;
    outbox_init(&stream->out, (uv_stream_t *)&stream->tcp, turn, on_out);
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
    /* Answers of a few bytes follow each other; waiting for more would only delay them. */
    uv_tcp_nodelay(&stream->tcp, 1);
    return 0;
}

void stream_tune_local(int fd)
{
#ifdef TCP_CONGESTION
    static const char plainest[] = "reno";
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, plainest, sizeof(plainest) - 1);
#endif
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct stream *stream = handle->data;
    uint8_t *data = NULL;
    size_t size = 0;
    /* Nothing more in this turn: no room now, and the next turn comes back here. */
    buf->base = NULL;
    buf->len = 0;
    if (stream->turn->read_left == 0)
        return;
    if (stream->tls == NULL && !stream->shut)
        stream->events->input(stream->owner, &data, &size);
    if (size == 0) {
        data = stream->turn->scratch;
        size = TURN_SCRATCH;
    }
    buf->base = (char *)data;
    buf->len = size < stream->turn->read_left ? size : stream->turn->read_left;
}

/* The peer's end after we have said our last: what is still queued goes out all the same. */
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
        stream->turn->read_left -= (size_t)n;
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

/* All is sent. Closing with bytes of the peer unread would reset the connection, and the reset may
 * overtake the answer; so where the peer may still be sending, its end is waited for. */
static void end_politely(struct stream *stream)
{
    /* Where all was sent at once, the outbox says so again, later. */
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

/* All was sent, or nothing more can be. */
static void on_out(struct outbox *out, int error)
{
    struct stream *stream = list_entry(out, struct stream, out);
    if (stream->closing)
        return;
    /* A failed write shows at the reading side too; the owner hears of it there, once. */
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
    ssize_t sent = 0;
#ifdef MSG_MORE
    uv_os_fd_t fd;
    if (stream->tls == NULL && !stream->closing && !stream->shut && stream_queued(stream) == 0 &&
        uv_fileno((const uv_handle_t *)&stream->tcp, &fd) == 0)
        sent = send(fd, data, size, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    /* An error will come again, and then be told. */
    if (sent < 0)
        sent = 0;
#endif
    return stream_write(stream, (const uint8_t *)data + sent, size - (size_t)sent, NULL, 0, 0);
}

size_t stream_queued(const struct stream *stream)
{
    return stream->waiting + outbox_queued(&stream->out);
}

/* Bytes that the operating system has and the peer has not acknowledged. With a slow peer these are
 * megabytes, which take minutes while our own queue does not move. */
static size_t unacknowledged(const struct stream *stream)
{
    int bytes = 0;
#ifdef SIOCOUTQ
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&stream->tcp, &fd) < 0 || ioctl(fd, SIOCOUTQ, &bytes) < 0)
        return 0;
#endif
    return (size_t)bytes;
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

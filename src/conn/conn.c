/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "conn/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "conn/conn_timeout.h"
#include "conn/front.h"
#include "net/address.h"
#include "net/socket.h"
#include "net/tls.h"

/* Bytes of queued answers beyond which no further requests are read. */
#define ANSWERS_MAX (1024 * 1024)

/* A kernel silent for this many milliseconds counts as finished: a shutdown does not wait for it.
 */
#define KERNEL_QUIET_MS 300

/* Smallest write, in bytes, whose blob is recorded in conn->large, for view_services.shed. */
#define LARGE_WRITE (64 * 1024)

/* ---- the end ---- */

static void free_http(struct conn *conn)
{
    weak_pointer_clear(conn->http_weak);
    weak_pointer_unref(conn->http_weak);
    conn->http_weak = NULL;
    if (conn->http != NULL)
        http_free(conn->http);
    free(conn->http);
    conn->http = NULL;
}

static void conn_free(struct conn *conn)
{
    if (conn->has_peer)
        hub_leave(&conn->peer);
    if (conn->ws != NULL)
        ws_free(conn->ws);
    free(conn->ws);
    free_http(conn);
    weak_pointer_clear(conn->weak);
    weak_pointer_unref(conn->weak);
    list_remove(&conn->link);
    conn->front->conn_count--;
    conn->front->events->gone(conn->front, conn);
    free(conn);
}

static void on_handle_closed(struct conn *conn)
{
    if (--conn->handles == 0)
        conn_free(conn);
}

static void on_stream_closed(void *owner)
{
    /* If the stream closed by itself after the last byte, the timer has to be closed too. */
    conn_close(owner);
    on_handle_closed(owner);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

void conn_close(struct conn *conn)
{
    if (conn->closing)
        return;
    conn->closing = true;
    /* Leave the session at once: nothing may be sent to a closing connection. */
    if (conn->has_peer)
        hub_leave(&conn->peer);
    if (conn->http != NULL)
        http_gone(conn->http);
    weak_pointer_clear(conn->weak);
    weak_pointer_clear(conn->http_weak);
    uv_close((uv_handle_t *)&conn->timer, on_timer_closed);
    stream_close(&conn->stream);
}

void conn_finish(struct conn *conn)
{
    /* No check for CONN_WAIT_GOODBYE: the wait may have been for the peer's closing handshake,
     * which is complete now. */
    if (conn->closing || conn->stream.shut)
        return;
    if (conn->has_peer)
        hub_leave(&conn->peer);
    conn_timeout_start(conn, CONN_WAIT_GOODBYE);
    stream_close_polite(&conn->stream, conn->linger);
}

void conn_complain(struct conn *conn, const char *what, const char *detail)
{
    if (conn->said)
        return;
    conn->said = true;
    log_warning(conn->front->log, "conn", "%s: %s%s%s", conn->name, what,
                detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

/* ---- HTTP ---- */

void conn_write(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                size_t size)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    if (size >= LARGE_WRITE)
        conn->large = blob;
    int error = stream_write(&conn->stream, head, head_size, blob, offset, size);
    conn_timeout_sent(conn);
    if (error == 0)
        return;
    char text[64];
    log_debug(conn->front->log, "conn", "%s: cannot send: %s", conn->name,
              error_text(error, text, sizeof(text)));
    conn_close(conn);
}

static void on_body(void *owner, struct http *http)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    /* An answer that does not wait for the rest of the body must not be overtaken by a reset. */
    conn->linger = true;
    if (conn->refused != NULL)
        conn_turn_away(conn);
    else if (conn->front->events->body != NULL)
        conn->front->events->body(conn->front, conn, http);
}

static void on_resume(void *owner)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    conn_timeout_start(conn, CONN_WAIT_BODY);
    stream_read_start(&conn->stream);
}

static void on_request(void *owner, struct http *http)
{
    struct conn *conn = owner;
    conn->linger = conn->refused != NULL;
    conn_timeout_start(conn, CONN_WAIT_ANSWER);
    conn->front->requests++;
    watch_begin(&conn->front->watch, "request", http_target(http), 0);
    if (conn->refused != NULL)
        conn_turn_away(conn);
    else if (!http_end_body(http))
        conn->front->events->request(conn->front, conn, http);
}

static void on_http_failed(void *owner, int status, const char *reason)
{
    struct conn *conn = owner;
    char text[160];
    snprintf(text, sizeof(text), "%s (%d)", reason, status);
    conn->linger = true;
    conn_complain(conn, "bad request", text);
    conn->front->bad_requests++;
}

static void on_http_finish(void *owner)
{
    conn_finish(owner);
}

static const struct http_events http_events = {
    .body = on_body,
    .resume = on_resume,
    .request = on_request,
    .write = conn_write,
    .failed = on_http_failed,
    .finish = on_http_finish,
};

/* Frees the HTTP parser after the upgrade; bytes after the request belong to the WebSocket. */
static void leave_http(struct conn *conn)
{
    struct text tail = conn->http->tail;
    memset(&conn->http->tail, 0, sizeof(conn->http->tail));
    free_http(conn);
    if (tail.size > 0 && conn->wait == CONN_WAIT_HANDSHAKE)
        conn_timeout_start(conn, CONN_WAIT_MESSAGE);
    if (tail.size > 0)
        ws_feed(conn->ws, (uint8_t *)tail.data, tail.size);
    text_free(&tail);
}

void conn_turn_away(struct conn *conn)
{
    http_refuse(conn->http, 503, conn->refused, "Retry-After: 1\r\n");
}

/* ---- the stream ---- */

static void on_input(void *owner, uint8_t **buffer, size_t *size)
{
    struct conn *conn = owner;
    if (conn->ws != NULL && conn->http == NULL)
        ws_input(conn->ws, buffer, size);
}

static void feed_http(struct conn *conn, uint8_t *data, size_t size)
{
    struct http *http = conn->http;
    http_feed(http, data, size);
    if (conn->ws != NULL) {
        leave_http(conn);
        return;
    }
    if (conn->events || conn->closing || conn->wait == CONN_WAIT_GOODBYE)
        return;
    /* Only a peer whose end is waited for is read from while its request is answered. */
    bool waits = http->busy && !(http->watched && http->tail.size == 0);
    /* The deadline is for the whole header, from its first byte: not restarted by later bytes. */
    if (http->paused) {
        stream_read_stop(&conn->stream);
        conn_timeout_start(conn, CONN_WAIT_ANSWER);
    } else if (waits || stream_queued(&conn->stream) > ANSWERS_MAX)
        stream_read_stop(&conn->stream);
    else if (http->busy)
        return;
    else if (http->started && http->headers_done && conn->wait != CONN_WAIT_BODY)
        conn_timeout_start(conn, CONN_WAIT_BODY);
    else if (http->started && !http->headers_done && conn->wait != CONN_WAIT_HEADER)
        conn_timeout_start(conn, CONN_WAIT_HEADER);
    else if (!http->started && stream_queued(&conn->stream) == 0)
        conn_timeout_start(conn, CONN_WAIT_REQUEST);
}

/* Detects TLS by the first byte, as TLS and plain HTTP share a port. False: the bytes are consumed,
 * or the connection is closed. */
static bool begin(struct conn *conn, uint8_t *data, size_t size)
{
    struct front *front = conn->front;
    conn->first = false;
    if (front->tls == NULL)
        return true;
    if (tls_is_client_hello(data[0])) {
        if (stream_start_tls(&conn->stream, front->tls, data, size) < 0)
            conn_close(conn);
        return false;
    }
    /* Kernels use plain WebSocket only, and loopback traffic does not leave this machine. */
    if (conn->loopback)
        return true;
    conn->plain = true;
    return true;
}

static void on_data(void *owner, uint8_t *data, size_t size)
{
    struct conn *conn = owner;
    conn->last_input = uv_now(conn->front->loop);
    conn->pinged = false;
    if (conn->wait == CONN_WAIT_GOODBYE && conn->ws == NULL)
        return;
    if (conn->events || (conn->first && !begin(conn, data, size)))
        return;
    if (conn->ws != NULL && conn->http != NULL)
        leave_http(conn);
    if (conn->http != NULL) {
        feed_http(conn, data, size);
        return;
    }
    if (conn->wait == CONN_WAIT_HANDSHAKE)
        conn_timeout_start(conn, CONN_WAIT_MESSAGE);
    ws_feed(conn->ws, data, size);
}

static void on_end(void *owner, int error)
{
    struct conn *conn = owner;
    char text[64];
    log_debug(conn->front->log, "conn", "%s: the peer is gone%s%s", conn->name,
              error == 0 ? "" : ": ", error == 0 ? "" : error_text(error, text, sizeof(text)));
    if (error == -EPROTO && conn->stream.tls != NULL)
        conn_complain(conn, "closed, bad TLS", tls_error_text(conn->stream.tls));
    /* The peer shut down its sending side only: it still gets its answer. */
    bool answering = conn->http != NULL && !conn->http->watched && !conn->http->receiving &&
                     (conn->http->busy || conn->wait == CONN_WAIT_ANSWER);
    if (error == 0 && answering && conn->wait != CONN_WAIT_GOODBYE) {
        http_close_after(conn->http);
        if (!conn->http->busy)
            conn_finish(conn);
        return;
    }
    conn_close(conn);
}

static void on_drained(void *owner)
{
    struct conn *conn = owner;
    if (conn->closing || conn->events || conn->wait == CONN_WAIT_GOODBYE)
        return;
    /* The upgrade request had to wait until the answer to the previous request was sent. */
    if (conn->ws != NULL && conn->http != NULL) {
        leave_http(conn);
        if (!conn->ws->hold)
            stream_read_start(&conn->stream);
    }
    if (conn->has_peer) {
        peer_pump(&conn->peer);
        return;
    }
    /* Sending our part of a TLS handshake is no answer: the deadline of the first byte stays. */
    if (conn->http == NULL || conn->http->busy || conn->http->receiving ||
        conn->wait == CONN_WAIT_FIRST)
        return;
    stream_read_start(&conn->stream);
    /* If the next request has begun already, its deadline starts now. */
    if (conn->wait != CONN_WAIT_HEADER && conn->wait != CONN_WAIT_BODY)
        conn_timeout_start(conn, conn->http->started ? CONN_WAIT_HEADER : CONN_WAIT_REQUEST);
}

static const struct stream_events stream_events = {
    .input = on_input,
    .data = on_data,
    .end = on_end,
    .drained = on_drained,
    .closed = on_stream_closed,
};

/* ---- the beginning ---- */

static void name_peer(struct conn *conn)
{
    struct address peer;
    char host[ADDRESS_TEXT];
    int size = sizeof(conn->address);
    struct sockaddr *address = (struct sockaddr *)&conn->address;
    if (uv_tcp_getpeername(&conn->stream.tcp, address, &size) < 0 ||
        address_from_socket(&peer, address) < 0)
        return;
    conn->loopback = address_is_loopback(&peer);
    address_format(&peer, host);
    snprintf(conn->name, sizeof(conn->name), strchr(host, ':') == NULL ? "%s:%u" : "[%s]:%u", host,
             peer.port);
}

/* Allocates a new connection and opens its handles; NULL if either fails. */
static struct conn *conn_new(struct front *front, struct listener *listener)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    struct http *http = calloc(1, sizeof(*http));
    struct weak_pointer *weak = weak_pointer_new(conn);
    struct weak_pointer *http_weak = weak_pointer_new(http);
    if (conn == NULL || http == NULL || weak == NULL || http_weak == NULL ||
        stream_open(&conn->stream, front->loop, &front->budget, &stream_events, conn) < 0) {
        free(conn);
        free(http);
        weak_pointer_unref(weak);
        weak_pointer_unref(http_weak);
        return NULL;
    }
    conn->front = front;
    conn->listener = listener;
    conn->http = http;
    conn->weak = weak;
    conn->http_weak = http_weak;
    conn->first = true;
    conn->handles = 2;
    uv_timer_init(front->loop, &conn->timer);
    conn->timer.data = conn;
    http_init(http, front->options->max_header, &http_events, conn);
    http->common = text_string(&front->security);
    list_append(&front->conns, &conn->link);
    snprintf(conn->name, sizeof(conn->name), "unknown peer");
    return conn;
}

void conn_accept(struct front *front, struct listener *listener, int fd)
{
    struct conn *conn = conn_new(front, listener);
    if (conn == NULL) {
        log_warning(front->log, "conn", "no memory for a connection");
        close(fd);
        front->refused++;
        return;
    }
    front->conn_count++;
    front->accepted++;
    int error = stream_accept(&conn->stream, fd);
    if (error < 0) {
        log_warning(front->log, "conn", "a connection cannot be accepted: %s", uv_strerror(error));
        conn_close(conn);
        return;
    }
    name_peer(conn);
    if (conn->loopback && !listener->loopback)
        socket_be_plain(fd);
    conn->last_input = uv_now(front->loop);
    conn_timeout_start(conn, CONN_WAIT_FIRST);
    if (front->events->admit(front, conn))
        stream_read_start(&conn->stream);
}

void conn_goodbye(struct conn *conn)
{
    if (conn->closing || conn->wait == CONN_WAIT_GOODBYE)
        return;
    if (conn->ws == NULL) {
        conn_finish(conn);
        return;
    }
    if (!conn->peer.closing)
        ws_close(conn->ws, WSLAY_CODE_GOING_AWAY, "the server is ending");
    conn_timeout_start(conn, CONN_WAIT_GOODBYE);
}

bool conn_busy(const struct conn *conn)
{
    if (conn->closing || conn->wait == CONN_WAIT_GOODBYE)
        return false;
    if (conn->in_flight > 0 || (conn->http != NULL && (conn->http->busy || conn->http->started)))
        return true;
    bool kernel = !conn->has_peer || conn->peer.role == PEER_KERNEL;
    return kernel && uv_now(conn->front->loop) - conn->last_input < KERNEL_QUIET_MS;
}

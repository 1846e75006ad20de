/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/conn_wait.h"
#include "daemon/routes.h"
#include "daemon/server.h"
#include "net/address.h"
#include "net/tls.h"

/* Waiting answers of this size stop the reading of further requests. */
#define ANSWERS_MAX (1024 * 1024)

/* Milliseconds of silence after which a kernel is taken to have said what it had to say. */
#define SPEECHLESS 300

/* A write of so much is remembered, in case that its receiver never takes it. */
#define LARGE (64 * 1024)

/* ---- the end ---- */

static void free_http(struct conn *conn)
{
    weak_clear(conn->http_weak);
    weak_unref(conn->http_weak);
    conn->http_weak = NULL;
    if (conn->http != NULL)
        http_free(conn->http);
    free(conn->http);
    conn->http = NULL;
}

static void conn_free(struct conn *conn)
{
    if (conn->has_peer)
        peer_gone(&conn->peer);
    if (conn->ws != NULL)
        ws_free(conn->ws);
    free(conn->ws);
    free_http(conn);
    weak_clear(conn->weak);
    weak_unref(conn->weak);
    list_remove(&conn->link);
    server_conn_gone(conn->server, conn);
    free(conn);
}

static void on_handle_closed(struct conn *conn)
{
    if (--conn->handles == 0)
        conn_free(conn);
}

static void on_stream_closed(void *owner)
{
    /* A stream that closed by itself, all being sent, takes the timer along. */
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
    /* The peer leaves its session at once: nothing is sent to a connection that closes. */
    if (conn->has_peer)
        peer_gone(&conn->peer);
    weak_clear(conn->weak);
    weak_clear(conn->http_weak);
    uv_close((uv_handle_t *)&conn->timer, on_timer_closed);
    stream_close(&conn->stream);
}

void conn_finish(struct conn *conn)
{
    /* WAIT_GOODBYE may mean that the other side's goodbye was waited for: this is it, then. */
    if (conn->closing || conn->stream.shut)
        return;
    if (conn->has_peer)
        peer_gone(&conn->peer);
    conn_wait_for(conn, WAIT_GOODBYE);
    stream_close_polite(&conn->stream, conn->linger);
}

void conn_complain(struct conn *conn, const char *what, const char *detail)
{
    if (conn->said)
        return;
    conn->said = true;
    log_warning(&conn->server->log, "conn", "%s: %s%s%s", conn->name, what,
                detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

/* ---- HTTP ---- */

void conn_write(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                size_t size)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    if (size >= LARGE)
        conn->large = blob;
    int error = stream_write(&conn->stream, head, head_size, blob, offset, size);
    conn_wait_sent(conn);
    if (error == 0)
        return;
    char text[64];
    log_debug(&conn->server->log, "conn", "%s: cannot send: %s", conn->name,
              error_text(error, text, sizeof(text)));
    conn_close(conn);
}

static void on_request(void *owner, struct http *http)
{
    struct conn *conn = owner;
    conn_wait_for(conn, WAIT_ANSWER);
    conn->server->requests++;
    watch_begin(&conn->server->watch, "request", http_target(http), 0);
    if (conn->refused != NULL)
        server_turn_away(conn);
    else
        routes_request(conn, http);
}

static void on_http_failed(void *owner, int status, const char *reason)
{
    struct conn *conn = owner;
    char text[160];
    snprintf(text, sizeof(text), "%s (%d)", reason, status);
    conn->linger = true;
    conn_complain(conn, "bad request", text);
    conn->server->bad_requests++;
}

static void on_http_finish(void *owner)
{
    conn_finish(owner);
}

static const struct http_events http_events = {
    .request = on_request,
    .write = conn_write,
    .failed = on_http_failed,
    .finish = on_http_finish,
};

/* HTTP is over on this connection: what came behind the request is the WebSocket's. */
static void leave_http(struct conn *conn)
{
    struct text tail = conn->http->tail;
    memset(&conn->http->tail, 0, sizeof(conn->http->tail));
    free_http(conn);
    if (tail.size > 0 && conn->wait == WAIT_HANDSHAKE)
        conn_wait_for(conn, WAIT_MESSAGE);
    if (tail.size > 0)
        ws_feed(conn->ws, (uint8_t *)tail.data, tail.size);
    text_free(&tail);
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
    if (conn->closing || conn->wait == WAIT_GOODBYE)
        return;
    /* A deadline for the whole header, counted from its first byte: not from the latest one. */
    if (http->busy || stream_queued(&conn->stream) > ANSWERS_MAX)
        stream_read_stop(&conn->stream);
    else if (http->started && http->headers_done && conn->wait != WAIT_BODY)
        conn_wait_for(conn, WAIT_BODY);
    else if (http->started && !http->headers_done && conn->wait != WAIT_HEADER)
        conn_wait_for(conn, WAIT_HEADER);
    else if (!http->started && stream_queued(&conn->stream) == 0)
        conn_wait_for(conn, WAIT_REQUEST);
}

/* Looks at the first byte: TLS and plain HTTP share a port. False: there is nothing to do with
 * these bytes any more. */
static bool begin(struct conn *conn, uint8_t *data, size_t size)
{
    struct server *server = conn->server;
    conn->first = false;
    if (server->tls == NULL)
        return true;
    if (tls_is_client_hello(data[0])) {
        if (stream_start_tls(&conn->stream, server->tls, data, size) < 0)
            conn_close(conn);
        return false;
    }
    /* Kernels speak plain WebSocket only, and to this machine alone that is no secret. */
    if (conn->loopback)
        return true;
    conn_complain(conn, "refused", "this port speaks TLS to other machines");
    conn->http->busy = true;
    conn->http->keep_alive = false;
    http_respond_text(conn->http, 400, "this address begins with https", NULL);
    return false;
}

static void on_data(void *owner, uint8_t *data, size_t size)
{
    struct conn *conn = owner;
    conn->last_input = uv_now(conn->server->loop);
    conn->pinged = false;
    if (conn->wait == WAIT_GOODBYE && conn->ws == NULL)
        return;
    if (conn->first && !begin(conn, data, size))
        return;
    if (conn->ws != NULL && conn->http != NULL)
        leave_http(conn);
    if (conn->http != NULL) {
        feed_http(conn, data, size);
        return;
    }
    if (conn->wait == WAIT_HANDSHAKE)
        conn_wait_for(conn, WAIT_MESSAGE);
    ws_feed(conn->ws, data, size);
}

static void on_end(void *owner, int error)
{
    struct conn *conn = owner;
    char text[64];
    log_debug(&conn->server->log, "conn", "%s: the peer is gone%s%s", conn->name,
              error == 0 ? "" : ": ", error == 0 ? "" : error_text(error, text, sizeof(text)));
    if (error == -EPROTO && conn->stream.tls != NULL)
        conn_complain(conn, "closed, bad TLS", tls_error_text(conn->stream.tls));
    /* A peer that said all it had to say may still want its answer. */
    if (error == 0 && conn->http != NULL && (conn->http->busy || conn->wait == WAIT_ANSWER) &&
        conn->wait != WAIT_GOODBYE) {
        conn->http->keep_alive = false;
        if (!conn->http->busy)
            conn_finish(conn);
        return;
    }
    conn_close(conn);
}

static void on_drained(void *owner)
{
    struct conn *conn = owner;
    if (conn->closing || conn->wait == WAIT_GOODBYE)
        return;
    /* The request to change the protocol had waited for the answer to the one before it. */
    if (conn->ws != NULL && conn->http != NULL) {
        leave_http(conn);
        if (!conn->ws->hold)
            stream_read_start(&conn->stream);
    }
    if (conn->has_peer) {
        peer_pump(&conn->peer);
        return;
    }
    /* Our half of the TLS handshake is no request: its deadline goes on. */
    if (conn->http == NULL || conn->http->busy || conn->wait == WAIT_FIRST)
        return;
    stream_read_start(&conn->stream);
    /* Where the next request has begun already, its deadline runs from now on. */
    if (conn->wait != WAIT_HEADER && conn->wait != WAIT_BODY)
        conn_wait_for(conn, conn->http->started ? WAIT_HEADER : WAIT_REQUEST);
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

/* Memory and handles of a new connection; NULL where there is none. */
static struct conn *conn_new(struct server *server, struct listener *listener)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    struct http *http = calloc(1, sizeof(*http));
    struct weak *weak = weak_new(conn);
    struct weak *http_weak = weak_new(http);
    if (conn == NULL || http == NULL || weak == NULL || http_weak == NULL ||
        stream_open(&conn->stream, server->loop, &server->turn, &stream_events, conn) < 0) {
        free(conn);
        free(http);
        weak_unref(weak);
        weak_unref(http_weak);
        return NULL;
    }
    conn->server = server;
    conn->listener = listener;
    conn->http = http;
    conn->weak = weak;
    conn->http_weak = http_weak;
    conn->first = true;
    conn->handles = 2;
    uv_timer_init(server->loop, &conn->timer);
    conn->timer.data = conn;
    http_init(http, server->options->max_header, &http_events, conn);
    http->common = text_string(&server->security);
    list_append(&server->conns, &conn->link);
    snprintf(conn->name, sizeof(conn->name), "unknown peer");
    return conn;
}

void conn_accept(struct server *server, struct listener *listener, int fd)
{
    struct conn *conn = conn_new(server, listener);
    if (conn == NULL) {
        log_warning(&server->log, "conn", "no memory for a connection");
        close(fd);
        server->refused++;
        return;
    }
    server->conn_count++;
    server->accepted++;
    if (stream_accept(&conn->stream, fd) < 0) {
        conn_close(conn);
        return;
    }
    name_peer(conn);
    if (conn->loopback && !listener->loopback)
        stream_tune_local(fd);
    conn->last_input = uv_now(server->loop);
    conn_wait_for(conn, WAIT_FIRST);
    if (server_admit(server, conn))
        stream_read_start(&conn->stream);
}

void conn_goodbye(struct conn *conn)
{
    if (conn->closing || conn->wait == WAIT_GOODBYE)
        return;
    if (conn->ws == NULL) {
        conn_finish(conn);
        return;
    }
    if (!conn->peer.closing)
        ws_close(conn->ws, WSLAY_CODE_GOING_AWAY, "the server ends");
    conn_wait_for(conn, WAIT_GOODBYE);
}

bool conn_busy(const struct conn *conn)
{
    if (conn->closing || conn->wait == WAIT_GOODBYE)
        return false;
    if (conn->in_flight > 0 || (conn->http != NULL && (conn->http->busy || conn->http->started)))
        return true;
    bool kernel = !conn->has_peer || conn->peer.role == PEER_KERNEL;
    return kernel && uv_now(conn->server->loop) - conn->last_input < SPEECHLESS;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/ahead.h"
#include "daemon/routes.h"
#include "daemon/server.h"
#include "net/tls.h"
#include "view/message.h"

/* Waiting answers of this size stop the reading of further requests. */
#define ANSWERS_MAX (1024 * 1024)

/* Milliseconds of silence after which a kernel is taken to have said what it had to say. */
#define SPEECHLESS 300

/* A write of so much is remembered, in case that its receiver never takes it. */
#define LARGE (64 * 1024)

/* Nothing waits for this peer since the wait began, so nobody has looked. */
#define PROGRESS_UNKNOWN UINT64_MAX

/* Milliseconds by which a timer is never late while we run. */
#define ASLEEP 1000

static void on_timer(uv_timer_t *timer);

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

static uint64_t timeout_of(const struct conn *conn, enum conn_wait wait)
{
    const struct options *options = conn->server->options;
    switch (wait) {
    case WAIT_FIRST:
        return conn->server->tls == NULL ? options->header_timeout : options->tls_timeout;
    case WAIT_HEADER:
        return options->header_timeout;
    case WAIT_BODY:
        return options->body_timeout;
    case WAIT_HANDSHAKE:
        return options->handshake_timeout;
    case WAIT_ANSWER:
        return options->stall_timeout;
    case WAIT_REQUEST:
        return options->keepalive_timeout;
    case WAIT_MESSAGE:
        return 1000;
    default:
        return options->goodbye_timeout;
    }
}

static void start_timer(struct conn *conn, uint64_t timeout)
{
    conn->due = uv_now(conn->server->loop) + timeout;
    uv_timer_start(&conn->timer, on_timer, timeout, 0);
}

static void wait_for(struct conn *conn, enum conn_wait wait)
{
    if (conn->closing)
        return;
    uint64_t timeout = timeout_of(conn, wait);
    conn->wait = wait;
    conn->progress = PROGRESS_UNKNOWN;
    conn->progress_at = uv_now(conn->server->loop);
    if (timeout == 0)
        uv_timer_stop(&conn->timer);
    else
        start_timer(conn, timeout);
}

/* Nothing more to say: closes when all is sent, or when the deadline for goodbyes passes. */
static void finish(struct conn *conn)
{
    /* WAIT_GOODBYE may mean that the other side's goodbye was waited for: this is it, then. */
    if (conn->closing || conn->stream.shut)
        return;
    if (conn->has_peer)
        peer_gone(&conn->peer);
    wait_for(conn, WAIT_GOODBYE);
    stream_close_polite(&conn->stream, conn->linger);
}

/* One line about a peer that did something wrong, however much it does. */
static void complain(struct conn *conn, const char *what, const char *detail)
{
    if (conn->said)
        return;
    conn->said = true;
    log_warning(&conn->server->log, "conn", "%s: %s%s%s", conn->name, what,
                detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

/* ---- the timer ---- */

static bool stalled(struct conn *conn)
{
    bool waits = stream_queued(&conn->stream) > 0;
    uint64_t progress = waits ? stream_progress(&conn->stream) : 0;
    uint64_t now = uv_now(conn->server->loop);
    if (!waits || progress != conn->progress) {
        conn->progress = progress;
        conn->progress_at = now;
    }
    uint64_t limit = conn->server->options->stall_timeout;
    return limit > 0 && now - conn->progress_at >= limit;
}

/* About once a second on a WebSocket. */
static void look_after(struct conn *conn)
{
    const struct options *options = conn->server->options;
    uint64_t now = uv_now(conn->server->loop);
    uint64_t quiet = now - conn->last_input;
    start_timer(conn, 1000);
    if (stalled(conn)) {
        complain(conn, "closed, took no byte for too long", NULL);
        conn_close(conn);
        return;
    }
    /* While a large message is on its way a pong may be behind it. */
    if (stream_queued(&conn->stream) > 0 || options->ping_interval == 0)
        return;
    if (!conn->pinged && quiet >= options->ping_interval) {
        conn->pinged = true;
        conn->progress_at = now;
        ws_ping(conn->ws);
    } else if (conn->pinged && quiet >= options->ping_interval + options->ping_timeout) {
        log_debug(&conn->server->log, "conn", "%s: no answer to a ping", conn->name);
        conn_close(conn);
    }
}

/* Whether the timer comes so late that the whole process stood still (SIGSTOP, a virtual machine
 * that was paused): then what the peer sent in time is still unread, and its time is not up. */
static bool was_asleep(struct conn *conn)
{
    uint64_t late = uv_now(conn->server->loop) - conn->due;
    if (late < ASLEEP)
        return false;
    conn->last_input += late;
    conn->progress_at += late;
    start_timer(conn, ASLEEP);
    return true;
}

static void on_timer(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    if (was_asleep(conn))
        return;
    switch (conn->wait) {
    case WAIT_MESSAGE:
        look_after(conn);
        return;
    case WAIT_HEADER:
    case WAIT_BODY:
        http_timeout(conn->http);
        return;
    case WAIT_HANDSHAKE:
        complain(conn, "closed, opened a WebSocket and said nothing", NULL);
        break;
    case WAIT_ANSWER:
        if (!stalled(conn)) {
            start_timer(conn, 1000);
            return;
        }
        complain(conn, "closed, took no byte for too long", NULL);
        break;
    case WAIT_FIRST:
        if (conn->stream.tls != NULL)
            complain(conn, "closed, no TLS handshake in time", NULL);
        /* fall through */
    case WAIT_REQUEST:
    case WAIT_GOODBYE:
        log_debug(&conn->server->log, "conn", "%s: closed, nothing came", conn->name);
        break;
    }
    conn_close(conn);
}

/* ---- HTTP ---- */

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    if (size >= LARGE)
        conn->large = blob;
    int error = stream_write(&conn->stream, head, head_size, blob, offset, size);
    if (conn->progress == PROGRESS_UNKNOWN && stream_queued(&conn->stream) > 0)
        conn->progress = stream_progress(&conn->stream);
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
    wait_for(conn, WAIT_ANSWER);
    conn->server->requests++;
    watch_begin(&conn->server->watch, "request", http_target(http), 0);
    routes_request(conn, http);
}

static void on_http_failed(void *owner, int status, const char *reason)
{
    struct conn *conn = owner;
    char text[160];
    snprintf(text, sizeof(text), "%s (%d)", reason, status);
    conn->linger = true;
    complain(conn, "bad request", text);
    conn->server->bad_requests++;
}

static void on_http_finish(void *owner)
{
    finish(owner);
}

static const struct http_events http_events = {
    .request = on_request,
    .write = on_write,
    .failed = on_http_failed,
    .finish = on_http_finish,
};

/* ---- WebSocket ---- */

static void count_in_flight(struct conn *conn, size_t bytes)
{
    struct hub *hub = &conn->server->hub;
    hub->in_flight += bytes - conn->in_flight;
    conn->in_flight = bytes;
}

/* A model came: how long it took from its first byte to its last. */
static void log_show(struct conn *conn, const struct blob *blob)
{
    uint64_t took = conn->message_at == 0 ? 0 : uv_hrtime() - conn->message_at;
    if (took > 0)
        watch_count(&conn->server->watch.receive, took);
    log_info(&conn->server->log, "show", "session %s: %zu bytes from %s received in %.1f ms",
             conn->peer.session->name, blob->size, conn->name, (double)took / 1e6);
}

static void on_message(void *owner, struct blob *blob)
{
    struct conn *conn = owner;
    struct hub *hub = &conn->server->hub;
    uint64_t shows = hub->shows;
    const char kind[] = { message_kind(blob), '\0' };
    watch_begin(&conn->server->watch, "message", kind, blob->size);
    count_in_flight(conn, 0);
    conn->server->bytes_in += blob->size;
    if (!conn->closing)
        hub_message(hub, &conn->peer, blob);
    if (hub->shows != shows && !conn->closing)
        log_show(conn, blob);
    conn->message_at = 0;
}

static void on_progress(void *owner, struct blob *blob, size_t total)
{
    struct conn *conn = owner;
    struct hub *hub = &conn->server->hub;
    if (conn->message_at == 0) {
        conn->message_at = uv_hrtime();
        conn->ahead = 0;
    }
    watch_begin(&conn->server->watch, "part of a message", NULL, blob->size);
    count_in_flight(conn, blob->size);
    /* Room is made for what has come, not for what a header claims: a claim costs nothing. The
     * picture that a model is going to replace is given up last; other messages replace none. */
    bool replaces = message_kind(blob) == 'D';
    if (!hub_make_room(hub, 0, conn->peer.session) && !(replaces && hub_make_room(hub, 0, NULL))) {
        complain(conn, "message refused", "more than the memory limit allows");
        ws_close(conn->ws, WSLAY_CODE_MESSAGE_TOO_BIG, "more than the memory limit allows");
        return;
    }
    /* With fragments nobody knows. */
    if (conn->closing || total == 0)
        return;
    ahead(conn->server, blob, total, &conn->ahead);
    hub_progress(&conn->peer, blob, total);
}

static void on_aborted(void *owner, struct blob *blob)
{
    struct conn *conn = owner;
    log_debug(&conn->server->log, "conn", "%s: message cut off after %zu bytes", conn->name,
              blob->size);
    count_in_flight(conn, 0);
    conn->message_at = 0;
    if (conn->peer.session != NULL)
        hub_aborted(&conn->peer);
    /* Browsers may have got the beginning, and not have taken it yet. */
    hub_release(&conn->server->hub, blob_ref(blob));
}

static void on_ws_finish(void *owner, int code, const char *reason)
{
    struct conn *conn = owner;
    if (reason == NULL) {
        log_debug(&conn->server->log, "conn", "%s: closed with %d", conn->name, code);
    } else {
        char text[160];
        snprintf(text, sizeof(text), "%s (%d)", reason, code);
        conn->linger = true;
        complain(conn, "WebSocket closed", text);
    }
    finish(conn);
}

static void on_goodbye(void *owner, const void *data, size_t size)
{
    struct conn *conn = owner;
    if (!conn->closing)
        stream_write_last(&conn->stream, data, size);
}

static const struct ws_events ws_events = {
    .message = on_message,
    .progress = on_progress,
    .aborted = on_aborted,
    .write = on_write,
    .goodbye = on_goodbye,
    .finish = on_ws_finish,
};

static void peer_op_send(void *owner, struct blob *blob, size_t offset)
{
    struct conn *conn = owner;
    conn->server->bytes_out += blob->size - offset;
    ws_send(conn->ws, blob, offset);
}

static void peer_op_send_text(void *owner, const char *data, size_t size)
{
    struct conn *conn = owner;
    ws_send_text(conn->ws, data, size);
}

static void peer_op_send_fragment(void *owner, struct blob *blob, size_t offset, size_t size,
                                  bool first, bool last)
{
    struct conn *conn = owner;
    conn->server->bytes_out += size;
    ws_send_fragment(conn->ws, blob, offset, size, first, last);
}

static size_t peer_op_queued(void *owner)
{
    struct conn *conn = owner;
    return stream_queued(&conn->stream);
}

static void peer_op_close(void *owner, int code, const char *reason)
{
    struct conn *conn = owner;
    ws_close(conn->ws, code, reason);
    wait_for(conn, WAIT_GOODBYE);
    /* An answer that this peer was on hold for will not come, but its goodbye may. */
    ws_release(conn->ws);
    stream_read_start(&conn->stream);
}

static void peer_op_hold(void *owner)
{
    struct conn *conn = owner;
    ws_hold(conn->ws);
    stream_read_stop(&conn->stream);
}

static void peer_op_release(void *owner)
{
    struct conn *conn = owner;
    if (conn->closing)
        return;
    ws_release(conn->ws);
    if (!conn->ws->hold)
        stream_read_start(&conn->stream);
}

static const struct peer_ops peer_ops = {
    .send = peer_op_send,
    .send_text = peer_op_send_text,
    .send_fragment = peer_op_send_fragment,
    .queued = peer_op_queued,
    .close = peer_op_close,
    .hold = peer_op_hold,
    .release = peer_op_release,
};

void conn_upgrade(struct conn *conn, struct session *session, bool read_only)
{
    char answer[256];
    struct server *server = conn->server;
    conn->ws = calloc(1, sizeof(*conn->ws));
    if (conn->ws == NULL ||
        peer_init(&conn->peer, &server->hub, session, &peer_ops, conn, conn->name) < 0) {
        free(conn->ws);
        conn->ws = NULL;
        http_respond_text(conn->http, 503, "out of memory", NULL);
        return;
    }
    conn->has_peer = true;
    conn->peer.local = conn->local;
    conn->peer.read_only = read_only;
    uint64_t limit = server->options->max_message;
    if (limit > server->options->max_memory)
        limit = server->options->max_memory;
    ws_init(conn->ws, limit, &ws_events, conn);
    conn->ws->spares = server->spares;
    size_t size = ws_handshake_answer(conn->http, answer, sizeof(answer));
    http_take_over(conn->http, answer, size);
    log_debug(&server->log, "conn", "%s: WebSocket in session %s", conn->name, session->name);
    wait_for(conn, WAIT_HANDSHAKE);
}

/* HTTP is over on this connection: what came behind the request is the WebSocket's. */
static void leave_http(struct conn *conn)
{
    struct text tail = conn->http->tail;
    memset(&conn->http->tail, 0, sizeof(conn->http->tail));
    free_http(conn);
    if (tail.size > 0 && conn->wait == WAIT_HANDSHAKE)
        wait_for(conn, WAIT_MESSAGE);
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
        wait_for(conn, WAIT_BODY);
    else if (http->started && !http->headers_done && conn->wait != WAIT_HEADER)
        wait_for(conn, WAIT_HEADER);
    else if (!http->started && stream_queued(&conn->stream) == 0)
        wait_for(conn, WAIT_REQUEST);
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
    complain(conn, "refused", "this port speaks TLS to other machines");
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
        wait_for(conn, WAIT_MESSAGE);
    ws_feed(conn->ws, data, size);
}

static void on_end(void *owner, int error)
{
    struct conn *conn = owner;
    char text[64];
    log_debug(&conn->server->log, "conn", "%s: the peer is gone%s%s", conn->name,
              error == 0 ? "" : ": ", error == 0 ? "" : error_text(error, text, sizeof(text)));
    if (error == -EPROTO && conn->stream.tls != NULL)
        complain(conn, "closed, bad TLS", tls_error_text(conn->stream.tls));
    /* A peer that said all it had to say may still want its answer. */
    if (error == 0 && conn->http != NULL && (conn->http->busy || conn->wait == WAIT_ANSWER) &&
        conn->wait != WAIT_GOODBYE) {
        conn->http->keep_alive = false;
        if (!conn->http->busy)
            finish(conn);
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
        wait_for(conn, conn->http->started ? WAIT_HEADER : WAIT_REQUEST);
}

static const struct stream_events stream_events = {
    .input = on_input,
    .data = on_data,
    .end = on_end,
    .drained = on_drained,
    .closed = on_stream_closed,
};

/* ---- the beginning ---- */

static bool is_loopback6(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) ||
           (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

static void name_peer(struct conn *conn)
{
    char host[INET6_ADDRSTRLEN] = "?";
    int size = sizeof(conn->address);
    struct sockaddr *address = (struct sockaddr *)&conn->address;
    if (uv_tcp_getpeername(&conn->stream.tcp, address, &size) < 0)
        return;
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        uv_ip6_name(six, host, sizeof(host));
        conn->loopback = is_loopback6(&six->sin6_addr);
        snprintf(conn->name, sizeof(conn->name), "[%s]:%u", host, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        uv_ip4_name(four, host, sizeof(host));
        conn->loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
        snprintf(conn->name, sizeof(conn->name), "%s:%u", host, ntohs(four->sin_port));
    }
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
    wait_for(conn, WAIT_FIRST);
    if (server_admit(server, conn))
        stream_read_start(&conn->stream);
}

void conn_goodbye(struct conn *conn)
{
    if (conn->closing || conn->wait == WAIT_GOODBYE)
        return;
    if (conn->ws == NULL) {
        finish(conn);
        return;
    }
    if (!conn->peer.closing)
        ws_close(conn->ws, WSLAY_CODE_GOING_AWAY, "the server ends");
    wait_for(conn, WAIT_GOODBYE);
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

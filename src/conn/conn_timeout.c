/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "conn/conn_timeout.h"

#include "conn/front.h"

/* Value of conn->progress while nothing has been queued since the wait began. */
#define PROGRESS_UNKNOWN UINT64_MAX

/* Longest timeout of each wait of a refused connection, in milliseconds. */
#define REFUSED_TIMEOUT_MS 2000

/* Bytes of a body that is taken that have to come in each millisecond, on an average of the
 * deadline. */
#define BODY_RATE 4

/* Milliseconds by which a timer is late only if the process was suspended. */
#define SUSPENDED_MS 1000

static void on_timer(uv_timer_t *timer);

static uint64_t timeout_of(const struct conn *conn, enum conn_wait wait)
{
    const struct options *options = conn->front->options;
    switch (wait) {
    case CONN_WAIT_FIRST:
        return conn->front->tls == NULL ? options->header_timeout : options->tls_timeout;
    case CONN_WAIT_HEADER:
        return options->header_timeout;
    case CONN_WAIT_BODY:
        return options->body_timeout;
    case CONN_WAIT_HANDSHAKE:
        return options->handshake_timeout;
    case CONN_WAIT_ANSWER:
        return options->stall_timeout;
    case CONN_WAIT_REQUEST:
        return options->keepalive_timeout;
    case CONN_WAIT_MESSAGE:
    case CONN_WAIT_EVENTS:
        return 1000;
    default:
        return options->goodbye_timeout;
    }
}

static void start_timer(struct conn *conn, uint64_t timeout)
{
    conn->due = uv_now(conn->front->loop) + timeout;
    uv_timer_start(&conn->timer, on_timer, timeout, 0);
}

void conn_timeout_start(struct conn *conn, enum conn_wait wait)
{
    if (conn->closing)
        return;
    uint64_t timeout = timeout_of(conn, wait);
    if (conn->refused != NULL && (timeout == 0 || timeout > REFUSED_TIMEOUT_MS))
        timeout = REFUSED_TIMEOUT_MS;
    conn->wait = wait;
    conn->progress = PROGRESS_UNKNOWN;
    conn->progress_at = uv_now(conn->front->loop);
    conn->body_seen = conn->http == NULL ? 0 : conn->http->body_size;
    if (timeout == 0)
        uv_timer_stop(&conn->timer);
    else
        start_timer(conn, timeout);
}

void conn_timeout_sent(struct conn *conn)
{
    if (conn->progress == PROGRESS_UNKNOWN && stream_queued(&conn->stream) > 0)
        conn->progress = stream_progress(&conn->stream);
}

static bool stalled(struct conn *conn)
{
    bool waits = stream_queued(&conn->stream) > 0;
    uint64_t progress = waits ? stream_progress(&conn->stream) : 0;
    uint64_t now = uv_now(conn->front->loop);
    if (!waits || progress != conn->progress) {
        conn->progress = progress;
        conn->progress_at = now;
    }
    uint64_t limit = conn->front->options->stall_timeout;
    return limit > 0 && now - conn->progress_at >= limit;
}

/* Called about once a second for a WebSocket: detects stalls and sends pings. */
static void look_after(struct conn *conn)
{
    const struct options *options = conn->front->options;
    uint64_t now = uv_now(conn->front->loop);
    uint64_t quiet = now - conn->last_input;
    start_timer(conn, 1000);
    if (stalled(conn)) {
        conn_complain(conn, "closed, accepted no byte for too long", NULL);
        conn_close(conn);
        return;
    }
    /* No pings while bytes are queued: a ping would wait behind a large message, and so its pong.
     */
    if (stream_queued(&conn->stream) > 0 || options->ping_interval == 0)
        return;
    if (!conn->pinged && quiet >= options->ping_interval) {
        conn->pinged = true;
        conn->progress_at = now;
        ws_ping(conn->ws);
    } else if (conn->pinged && quiet >= options->ping_interval + options->ping_timeout) {
        log_debug(conn->front->log, "conn", "%s: no answer to a ping", conn->name);
        conn_close(conn);
    }
}

/* Called about once a second for a stream of events: detects stalls, and sends a comment now and
 * then, so that proxies keep the connection and a client that is gone is noticed. */
static void look_after_events(struct conn *conn)
{
    uint64_t now = uv_now(conn->front->loop);
    uint64_t interval = conn->front->options->ping_interval;
    start_timer(conn, 1000);
    if (stalled(conn)) {
        conn_complain(conn, "closed, accepted no byte for too long", NULL);
        conn_close(conn);
    } else if (interval > 0 && now - conn->beat >= interval && stream_queued(&conn->stream) == 0) {
        conn->beat = now;
        conn_write(conn, ":\n\n", 3, NULL, 0, 0);
    }
}

/* Whether the timer is so late that the whole process was suspended (SIGSTOP, a paused virtual
 * machine). Bytes that the peer sent in time may be unread then, so its wait is extended. */
static bool was_suspended(struct conn *conn)
{
    uint64_t late = uv_now(conn->front->loop) - conn->due;
    if (late < SUSPENDED_MS)
        return false;
    conn->last_input += late;
    conn->progress_at += late;
    start_timer(conn, SUSPENDED_MS);
    return true;
}

/* Whether a body that is taken, and may be large, comes fast enough. */
static bool body_comes(const struct conn *conn)
{
    uint64_t more = conn->http->body_size - conn->body_seen;
    return conn->http->receiving && more >= BODY_RATE * conn->front->options->body_timeout;
}

static void on_timer(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    if (was_suspended(conn))
        return;
    switch (conn->wait) {
    case CONN_WAIT_MESSAGE:
        look_after(conn);
        return;
    case CONN_WAIT_EVENTS:
        look_after_events(conn);
        return;
    case CONN_WAIT_BODY:
        if (body_comes(conn)) {
            conn_timeout_start(conn, CONN_WAIT_BODY);
            return;
        }
        /* fall through */
    case CONN_WAIT_HEADER:
        http_timeout(conn->http);
        return;
    case CONN_WAIT_HANDSHAKE:
        conn_complain(conn, "closed, opened a WebSocket and sent nothing", NULL);
        break;
    case CONN_WAIT_ANSWER:
        if (!stalled(conn)) {
            start_timer(conn, 1000);
            return;
        }
        conn_complain(conn, "closed, accepted no byte for too long", NULL);
        break;
    case CONN_WAIT_FIRST:
        if (conn->refused != NULL && conn->first) {
            conn_turn_away(conn);
            return;
        }
        if (conn->stream.tls != NULL)
            conn_complain(conn, "closed, no TLS handshake in time", NULL);
        /* fall through */
    case CONN_WAIT_REQUEST:
    case CONN_WAIT_GOODBYE:
        log_debug(conn->front->log, "conn", "%s: closed, nothing received", conn->name);
        break;
    }
    conn_close(conn);
}

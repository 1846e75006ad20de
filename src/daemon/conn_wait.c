/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/conn_wait.h"

#include "daemon/server.h"

/* Nothing waits for this peer since the wait began, so nobody has looked. */
#define PROGRESS_UNKNOWN UINT64_MAX

/* Milliseconds, each for speaking and for going, of who is turned away. */
#define TURNED_AWAY 2000

/* Milliseconds by which a timer is never late while we run. */
#define ASLEEP 1000

static void on_timer(uv_timer_t *timer);

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

void conn_wait_for(struct conn *conn, enum conn_wait wait)
{
    if (conn->closing)
        return;
    uint64_t timeout = timeout_of(conn, wait);
    if (conn->refused != NULL && (timeout == 0 || timeout > TURNED_AWAY))
        timeout = TURNED_AWAY;
    conn->wait = wait;
    conn->progress = PROGRESS_UNKNOWN;
    conn->progress_at = uv_now(conn->server->loop);
    if (timeout == 0)
        uv_timer_stop(&conn->timer);
    else
        start_timer(conn, timeout);
}

void conn_wait_sent(struct conn *conn)
{
    if (conn->progress == PROGRESS_UNKNOWN && stream_queued(&conn->stream) > 0)
        conn->progress = stream_progress(&conn->stream);
}

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
        conn_complain(conn, "closed, took no byte for too long", NULL);
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
        conn_complain(conn, "closed, opened a WebSocket and said nothing", NULL);
        break;
    case WAIT_ANSWER:
        if (!stalled(conn)) {
            start_timer(conn, 1000);
            return;
        }
        conn_complain(conn, "closed, took no byte for too long", NULL);
        break;
    case WAIT_FIRST:
        if (conn->refused != NULL && conn->first) {
            server_turn_away(conn);
            return;
        }
        if (conn->stream.tls != NULL)
            conn_complain(conn, "closed, no TLS handshake in time", NULL);
        /* fall through */
    case WAIT_REQUEST:
    case WAIT_GOODBYE:
        log_debug(&conn->server->log, "conn", "%s: closed, nothing came", conn->name);
        break;
    }
    conn_close(conn);
}

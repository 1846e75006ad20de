/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/conn_ws.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/ahead.h"
#include "daemon/conn_wait.h"
#include "daemon/server.h"
#include "view/message.h"

/* ---- what comes out of the WebSocket ---- */

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
        conn_complain(conn, "message refused", "more than the memory limit allows");
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
        conn_complain(conn, "WebSocket closed", text);
    }
    conn_finish(conn);
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
    .write = conn_write,
    .goodbye = on_goodbye,
    .finish = on_ws_finish,
};

/* ---- what the view does with its peer ---- */

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
    conn_wait_for(conn, WAIT_GOODBYE);
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

void conn_ws_upgrade(struct conn *conn, struct session *session, bool read_only)
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
    conn_wait_for(conn, WAIT_HANDSHAKE);
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "conn/conn_ws.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/conn_timeout.h"
#include "conn/front.h"
#include "loop/work.h"
#include "view/dispatch.h"
#include "view/message.h"
#include "view/refuse.h"

/* The memory of a message is prefaulted up to this many times the bytes received. */
#define PREFAULT_FACTOR 4

struct prefault {
    struct work work;
    struct blob *blob;
    size_t size;
};

/* ---- events of the WebSocket ---- */

static void count_in_flight(struct conn *conn, size_t bytes)
{
    struct hub *hub = conn->front->hub;
    hub->in_flight += bytes - conn->in_flight;
    conn->in_flight = bytes;
}

/* Logs a received model, and the time from its first byte to its last. */
static void log_show(struct conn *conn, const struct blob *blob)
{
    uint64_t took = conn->message_at == 0 ? 0 : uv_hrtime() - conn->message_at;
    if (took > 0)
        watch_count(&conn->front->watch.receive, took);
    log_info(conn->front->log, "show", "session %s: %zu bytes from %s received in %.1f ms",
             conn->peer.session->name, blob->size, conn->name, (double)took / 1e6);
}

static void on_message(void *owner, struct blob *blob)
{
    struct conn *conn = owner;
    struct hub *hub = conn->front->hub;
    uint64_t shows = hub->shows;
    const char kind[] = { message_kind(blob), '\0' };
    watch_begin(&conn->front->watch, "message", kind, blob->size);
    count_in_flight(conn, 0);
    conn->front->bytes_in += blob->size;
    if (!conn->closing)
        dispatch_message(hub, &conn->peer, blob);
    if (hub->shows != shows && !conn->closing)
        log_show(conn, blob);
    conn->message_at = 0;
}

/* Reports the refusal once to the log and the session's pages, and writes the sender's text to
 * `text`. */
static void refuse(struct conn *conn, const struct refuse_details *refusal, char text[REFUSE_TEXT])
{
    refuse_message(&conn->peer, refusal, text);
    conn->said = true;
    conn->linger = true;
}

/* Refuses a message for whose received part there is no memory; `total` is 0 if unknown. */
static void refuse_for_memory(struct conn *conn, const struct blob *blob, size_t total)
{
    char why[64], text[REFUSE_TEXT];
    refuse_limit(why, sizeof(why), "max-memory", conn->front->options->max_memory);
    struct refuse_details refusal = { .kind = message_kind(blob),
                                      .size = total > 0 ? total : blob->size,
                                      .more = total == 0,
                                      .why = why };
    refuse(conn, &refusal, text);
    ws_close(conn->ws, WSLAY_CODE_MESSAGE_TOO_BIG, text);
}

static void on_refused(void *owner, const struct ws_refused *refused, char *reason)
{
    struct conn *conn = owner;
    const struct options *options = conn->front->options;
    bool by_memory = options->max_memory < options->max_message;
    char why[64];
    if (conn->closing)
        return;
    if (refused->error == -EMSGSIZE)
        refuse_limit(why, sizeof(why), by_memory ? "max-memory" : "max-message", conn->ws->limit);
    else if (refused->error == -EILSEQ)
        snprintf(why, sizeof(why), "it is not UTF-8");
    else
        snprintf(why, sizeof(why), "%s", error_text(refused->error, reason, WS_REASON));
    struct refuse_details refusal = {
        .kind = refused->kind, .size = refused->size, .more = refused->more, .why = why
    };
    refuse(conn, &refusal, reason);
}

static void run_prefault(struct work *work)
{
    struct prefault *job = (struct prefault *)work;
    blob_prefault(job->blob, job->size, BLOCK_PAGES_SMALL);
}

static void done_prefault(struct work *work, int status)
{
    struct prefault *job = (struct prefault *)work;
    blob_unref(job->blob);
    free(job);
}

/* Prefaults the memory of a large message on the worker pool during its reception, in proportion to
 * the bytes received, so that a header that only claims a large size costs nothing. Without it page
 * faults take as long as receiving the model, if it is the first one of its size; so they do if the
 * pool is busy. */
static void prefault(struct conn *conn, struct blob *blob, size_t total)
{
    size_t size = total / PREFAULT_FACTOR < blob->size ? total : blob->size * PREFAULT_FACTOR;
    size_t ready = blob_ready(blob);
    /* One job at a time, and only when less than half of the prefaulted memory is left. */
    if (ready < conn->prefaulted || ready >= total || ready >= blob->size + (size - blob->size) / 2)
        return;
    struct prefault *job = malloc(sizeof(*job));
    if (job == NULL)
        return;
    *job = (struct prefault){ .blob = blob, .size = size };
    if (work_start(&job->work, &conn->front->jobs, "memory for a message", run_prefault,
                   done_prefault) < 0) {
        free(job);
        return;
    }
    blob_ref(blob);
    conn->prefaulted = size;
}

static void on_progress(void *owner, struct blob *blob, size_t total)
{
    struct conn *conn = owner;
    struct hub *hub = conn->front->hub;
    if (conn->message_at == 0) {
        conn->message_at = uv_hrtime();
        conn->prefaulted = 0;
    }
    watch_begin(&conn->front->watch, "part of a message", NULL, blob->size);
    count_in_flight(conn, blob->size);
    /* Make room for the bytes received, not for the size that a header claims. The picture that a
     * model is about to replace is dropped last; other messages replace none. */
    bool replaces = message_kind(blob) == 'D';
    if (!hub_make_room(hub, 0, conn->peer.session) && !(replaces && hub_make_room(hub, 0, NULL))) {
        refuse_for_memory(conn, blob, total);
        return;
    }
    /* The total is unknown (0) for fragmented messages. */
    if (conn->closing || total == 0)
        return;
    prefault(conn, blob, total);
    dispatch_progress(&conn->peer, blob, total);
}

static void on_aborted(void *owner, struct blob *blob)
{
    struct conn *conn = owner;
    log_debug(conn->front->log, "conn", "%s: message cut off after %zu bytes", conn->name,
              blob->size);
    count_in_flight(conn, 0);
    conn->message_at = 0;
    if (conn->peer.session != NULL)
        dispatch_aborted(&conn->peer);
    /* The beginning may be queued for browsers that have not received it yet. */
    retained_release(&conn->front->hub->view.retained, blob_ref(blob));
}

static void on_ws_finish(void *owner, int code, const char *reason)
{
    struct conn *conn = owner;
    if (reason == NULL) {
        log_debug(conn->front->log, "conn", "%s: closed with %d", conn->name, code);
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
    .refused = on_refused,
    .write = conn_write,
    .goodbye = on_goodbye,
    .finish = on_ws_finish,
};

/* ---- operations of the view on its peer (struct peer_ops) ---- */

static void peer_op_send(void *owner, struct blob *blob)
{
    struct conn *conn = owner;
    conn->front->bytes_out += blob_payload_size(blob);
    ws_send(conn->ws, blob);
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
    conn->front->bytes_out += size;
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
    conn_timeout_start(conn, CONN_WAIT_GOODBYE);
    /* End the hold: the awaited answer is obsolete, but the peer's closing handshake must be read.
     */
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
    struct front *front = conn->front;
    conn->ws = calloc(1, sizeof(*conn->ws));
    if (conn->ws == NULL ||
        hub_join(front->hub, &conn->peer, session, &peer_ops, conn, conn->name) < 0) {
        free(conn->ws);
        conn->ws = NULL;
        http_respond_text(conn->http, 503, "out of memory", NULL);
        return;
    }
    conn->has_peer = true;
    conn->peer.local = conn->local;
    conn->peer.read_only = read_only;
    uint64_t limit = front->options->max_message;
    if (limit > front->options->max_memory)
        limit = front->options->max_memory;
    ws_init(conn->ws, limit, &ws_events, conn);
    conn->ws->blocks = front->blocks;
    conn->ws->opaque = 'F';
    size_t size = ws_handshake_answer(conn->http, answer, sizeof(answer));
    http_take_over(conn->http, answer, size);
    log_debug(front->log, "conn", "%s: WebSocket in session %s", conn->name, session->name);
    conn_timeout_start(conn, CONN_WAIT_HANDSHAKE);
}

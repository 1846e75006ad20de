/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws_wslay.h"
#include "base/utf8.h"

#include <string.h>

/* ---- wslay's callbacks ---- */

static ssize_t on_recv(wslay_event_context_ptr context, uint8_t *buf, size_t size, int flags,
                       void *user_data)
{
    struct ws *ws = user_data;
    if (ws->input_size == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t n = size < ws->input_size ? size : ws->input_size;
    memcpy(buf, ws->input, n);
    ws->input += n;
    ws->input_size -= n;
    return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr context, const uint8_t *data, size_t size, int flags,
                       void *user_data)
{
    struct ws *ws = user_data;
    text_add_bytes(&ws->output, data, size);
    return (ssize_t)size;
}

/* For control frames alone: wslay never gets data frames. */
static void on_message(wslay_event_context_ptr context,
                       const struct wslay_event_on_msg_recv_arg *arg, void *user_data)
{
    struct ws *ws = user_data;
    if (ws->close_sent)
        return;
    /* wslay does not check the UTF-8 of a close reason. */
    if (arg->opcode == WSLAY_CONNECTION_CLOSE && arg->msg_length > 2 &&
        !utf8_valid(arg->msg + 2, arg->msg_length - 2))
        ws_close(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, "close reason is not UTF-8");
}

/* ---- its context ---- */

/* wslay's context holds two buffers of 4 KiB, so a connection has one only while it needs it. */
static bool want_context(struct ws *ws)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_msg_recv_callback = on_message,
    };
    if (ws->context != NULL)
        return true;
    if (wslay_event_context_server_init(&ws->context, &callbacks, ws) < 0) {
        ws->context = NULL;
        return false;
    }
    wslay_event_config_set_max_recv_msg_length(ws->context, ws->limit);
    return true;
}

/* Frees the context between two messages. */
static void spare_context(struct ws *ws)
{
    if (ws->context == NULL || ws->frame_left > 0 || ws->head_have > 0 || ws->close_sent ||
        ws->finished || ws->in_wslay || wslay_event_want_write(ws->context))
        return;
    wslay_event_context_free(ws->context);
    ws->context = NULL;
}

void ws_wslay_free(struct ws *ws)
{
    if (ws->context != NULL)
        wslay_event_context_free(ws->context);
    ws->context = NULL;
    text_free(&ws->output);
}

/* ---- input and output ---- */

/* Sends what wslay has queued: pongs and close frames, always between whole frames of ours. */
static void flush(struct ws *ws)
{
    if (wslay_event_want_write(ws->context) && wslay_event_send(ws->context) < 0)
        ws_finish(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
    if (text_error(&ws->output) < 0)
        ws_finish(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
    /* Nothing may follow our close frame. */
    else if (ws->output.size > 0 && !ws->close_sent)
        ws->events->write(ws->owner, ws->output.data, ws->output.size, NULL, 0, 0);
    /* Control frames are rare: an idle connection must not keep memory for them. */
    text_free(&ws->output);
}

void ws_ping(struct ws *ws)
{
    struct wslay_event_msg ping = { .opcode = WSLAY_PING };
    if (!ws_may_send(ws) || !want_context(ws))
        return;
    wslay_event_queue_msg(ws->context, &ping);
    flush(ws);
    spare_context(ws);
}

/* Sends wslay's output and handles the end if wslay reports one. */
static void after_wslay(struct ws *ws)
{
    bool received = wslay_event_get_close_received(ws->context);
    bool reading = wslay_event_get_read_enabled(ws->context);
    flush(ws);
    int sent = wslay_event_get_status_code_sent(ws->context);
    bool broken = sent == WSLAY_CODE_PROTOCOL_ERROR ||
                  sent == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA ||
                  sent == WSLAY_CODE_MESSAGE_TOO_BIG;
    int code = wslay_event_get_status_code_received(ws->context);
    if (received && (!broken || sent == code))
        ws_finish(ws, code, NULL);
    else if (received || !reading)
        ws_finish(ws, sent, "protocol error");
}

/* Gives wslay bytes of one frame, never of the next one. */
void ws_wslay_feed(struct ws *ws, const uint8_t *data, size_t size)
{
    if (!want_context(ws)) {
        ws_finish(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
        return;
    }
    ws->input = data;
    ws->input_size = size;
    ws->in_wslay = true;
    int error = wslay_event_recv(ws->context);
    ws->in_wslay = false;
    /* After an error, bytes of the frame stay unread: the connection ends anyway. */
    ws->input_size = 0;
    if (error == WSLAY_ERR_NOMEM)
        ws_finish(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
    else if (error < 0)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "protocol error");
    else
        after_wslay(ws);
    spare_context(ws);
}

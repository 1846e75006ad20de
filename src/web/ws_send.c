/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <string.h>

#include "web/ws.h"
#include "web/ws_frame.h"

bool ws_may_send(const struct ws *ws)
{
    return !ws->finished && !ws->close_sent;
}

void ws_send(struct ws *ws, struct blob *blob)
{
    if (!ws_may_send(ws))
        return;
    uint8_t head[WS_HEAD_MAX];
    size_t size = blob_payload_size(blob);
    size_t n = ws_frame_head(head, WS_FIN | WS_OP_TEXT, size);
    /* Every receiver's header is the same, so a blob that is sent to several is rewritten with
     * equal bytes. */
    memcpy(blob->data + blob->skip - n, head, n);
    ws->events->write(ws->owner, NULL, 0, blob, blob->skip - n, n + size);
}

void ws_send_text(struct ws *ws, const char *data, size_t size)
{
    if (!ws_may_send(ws))
        return;
    uint8_t small[WS_HEAD_MAX + 512];
    size_t n = ws_frame_head(small, WS_FIN | WS_OP_TEXT, size);
    if (size <= 512) {
        memcpy(small + n, data, size);
        ws->events->write(ws->owner, small, n + size, NULL, 0, 0);
        return;
    }
    struct blob *blob = blob_copy(data, size);
    if (blob == NULL) {
        ws_close(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
        return;
    }
    ws_send(ws, blob);
    blob_unref(blob);
}

void ws_send_fragment(struct ws *ws, struct blob *blob, size_t offset, size_t size, bool first,
                      bool last)
{
    if (!ws_may_send(ws))
        return;
    uint8_t head[WS_HEAD_MAX];
    uint8_t first_byte = (uint8_t)((last ? WS_FIN : 0) | (first ? WS_OP_TEXT : WS_OP_CONTINUATION));
    size_t n = ws_frame_head(head, first_byte, size);
    ws->events->write(ws->owner, head, n, blob, offset, size);
}

void ws_close(struct ws *ws, int code, const char *reason)
{
    if (!ws_may_send(ws))
        return;
    uint8_t frame[2 + 125];
    size_t size = strlen(reason);
    size = size > WS_REASON - 1 ? WS_REASON - 1 : size;
    frame[0] = WS_FIN | WS_OP_CLOSE;
    frame[1] = (uint8_t)(2 + size);
    frame[2] = (uint8_t)(code >> 8);
    frame[3] = (uint8_t)code;
    memcpy(frame + 4, reason, size);
    ws->close_sent = true;
    /* Bypasses wslay, which after an error can send only an empty close frame. */
    ws->events->write(ws->owner, frame, 4 + size, NULL, 0, 0);
    /* After a protocol error the peer's close frame is not waited for: its bytes cannot be
     * parsed. */
    if (code != WSLAY_CODE_NORMAL_CLOSURE && code != WSLAY_CODE_GOING_AWAY &&
        code != WSLAY_CODE_INTERNAL_SERVER_ERROR)
        ws_finish(ws, code, reason);
}

void ws_fail(struct ws *ws, int code, const char *reason)
{
    ws_close(ws, code, reason);
    ws_finish(ws, code, reason);
}

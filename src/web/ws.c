/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "web/ws_frame.h"
#include "web/ws_mask.h"
#include "web/ws_wslay.h"

/* ---- life ---- */

void ws_init(struct ws *ws, uint64_t limit, const struct ws_events *events, void *owner)
{
    memset(ws, 0, sizeof(*ws));
    ws->limit = limit;
    ws->large = WS_LARGE;
    ws->events = events;
    ws->owner = owner;
}

static void drop_message(struct ws *ws)
{
    struct blob *blob = ws->message;
    ws->message = NULL;
    if (blob == NULL)
        return;
    if (ws->told && ws->events->aborted != NULL)
        ws->events->aborted(ws->owner, blob);
    blob_unref(blob);
}

void ws_free(struct ws *ws)
{
    ws->finished = true;
    drop_message(ws);
    ws_wslay_free(ws);
    text_free(&ws->held);
}

void ws_finish(struct ws *ws, int code, const char *reason)
{
    if (ws->finished)
        return;
    ws->finished = true;
    drop_message(ws);
    ws->events->finish(ws->owner, code, reason);
}

/* ---- receiving ---- */

/* A goodbye as nearly all are: a code and not a word more. Its payload is taken for a part of its
 * header, since there has to be some end to what is read before a decision. */
static bool is_short_goodbye(const uint8_t *head)
{
    return head[0] == (WS_FIN | WS_OP_CLOSE) && head[1] == (WS_MASK | 2);
}

/* Whether it is a frame of data, which goes past wslay. What breaks a rule is for wslay to say. */
static bool is_data(const struct ws *ws)
{
    return (ws->head[0] & 0x0f) <= WS_OP_BINARY && (ws->head[0] & WS_RSV) == 0;
}

static void end_data(struct ws *ws)
{
    struct blob *blob = ws->message;
    if (ws->fragments)
        return;
    if (!utf8_done(&ws->utf8)) {
        ws_fail(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, "message is not UTF-8");
        return;
    }
    ws->message = NULL;
    ws->events->message(ws->owner, blob);
    blob_unref(blob);
}

/* Room for the first frame of a message, or for one more. */
static bool make_room(struct ws *ws, size_t size)
{
    if (ws->message != NULL)
        return blob_grow(ws->message, ws->message->size + size) == 0;
    ws->told = (ws->head[0] & WS_FIN) == 0 || size >= ws->large;
    ws->message = blob_new_from(ws->spares, size);
    memset(&ws->utf8, 0, sizeof(ws->utf8));
    return ws->message != NULL;
}

static void begin_data(struct ws *ws, size_t size)
{
    bool first = (ws->head[0] & 0x0f) != WS_OP_CONTINUATION;
    if (first != (ws->message == NULL) || ws_frame_is_stretched(ws->head, size)) {
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "protocol error");
        return;
    }
    if (!make_room(ws, size)) {
        ws_fail(ws, WSLAY_CODE_MESSAGE_TOO_BIG, "no memory for this message");
        return;
    }
    ws->fragments = (ws->head[0] & WS_FIN) == 0;
    ws->message_start = ws->message->size;
    ws->message_end = ws->message->size + size;
    memcpy(ws->mask, ws->head + ws_frame_head_size(ws->head) - 4, 4);
    if (size == 0)
        end_data(ws);
}

/* Whether the frame's header alone is reason to end. */
static bool refuse_frame(struct ws *ws, uint64_t size)
{
    uint8_t opcode = ws->head[0] & 0x0f;
    size_t before = ws->message == NULL ? 0 : ws->message->size;
    if ((ws->head[1] & WS_MASK) == 0)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "frame is not masked");
    else if (size > ws->limit - before && opcode <= WS_OP_BINARY && (ws->head[0] & WS_RSV) == 0)
        ws_fail(ws, size >> 63 ? WSLAY_CODE_PROTOCOL_ERROR : WSLAY_CODE_MESSAGE_TOO_BIG,
                "message too big");
    /* A close frame holds a code of two bytes or nothing; wslay takes half a code for none. */
    else if (opcode == WS_OP_CLOSE && size == 1)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "half a close code");
    return ws->finished;
}

/* Answers a short goodbye, unless wslay has begun to talk to the peer or has to judge the code. */
static bool take_goodbye(struct ws *ws)
{
    uint8_t *head = ws->head;
    int code = (head[6] ^ head[2]) << 8 | (head[7] ^ head[3]);
    uint8_t answer[] = { WS_FIN | WS_OP_CLOSE, 2, (uint8_t)(code >> 8), (uint8_t)code };
    if (ws->context != NULL || (code != WSLAY_CODE_NORMAL_CLOSURE && code != WSLAY_CODE_GOING_AWAY))
        return false;
    if (!ws->close_sent)
        ws->events->goodbye(ws->owner, answer, sizeof(answer));
    ws_finish(ws, code, NULL);
    return true;
}

/* The header of a frame is complete: chooses its lane. */
static void begin_frame(struct ws *ws)
{
    uint64_t size = ws_frame_payload_size(ws->head);
    unsigned n = ws->head_have;
    ws->head_have = 0;
    if (refuse_frame(ws, size))
        return;
    /* What comes after our goodbye is not even kept. */
    if (ws->close_sent && (ws->head[0] & 0x0f) <= WS_OP_BINARY) {
        ws->skip_left = size;
    } else if (is_data(ws)) {
        begin_data(ws, (size_t)size);
    } else if (!is_short_goodbye(ws->head) || !take_goodbye(ws)) {
        ws->frame_left = size - (n - ws_frame_head_size(ws->head));
        ws_wslay_feed(ws, ws->head, n);
    }
}

static size_t feed_head(struct ws *ws, const uint8_t *data, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ws->head[ws->head_have++] = data[used++];
        if (ws->head_have < 2)
            continue;
        if (ws->head_have == ws_frame_head_size(ws->head) + (is_short_goodbye(ws->head) ? 2 : 0)) {
            begin_frame(ws);
            break;
        }
    }
    return used;
}

static bool in_fragments(const struct ws *ws)
{
    return ws->fragments || ws->message_start > 0;
}

/* Whether what comes next belongs to a frame of data. */
static bool in_data(const struct ws *ws)
{
    return ws->message != NULL && ws->message->size < ws->message_end;
}

static size_t feed_data(struct ws *ws, uint8_t *data, size_t size)
{
    struct blob *blob = ws->message;
    size_t have = blob->size;
    size_t n = ws->message_end - have < size ? ws->message_end - have : size;
    if (data != blob->data + have)
        memcpy(blob->data + have, data, n);
    bool ascii = ws_unmask(blob->data + have, n, ws->mask, have - ws->message_start);
    if ((!ascii || ws->utf8.need > 0) && !utf8_feed(&ws->utf8, blob->data + have, n)) {
        ws_fail(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, "message is not UTF-8");
        return size;
    }
    blob->size = have + n;
    if (ws->told && ws->events->progress != NULL)
        ws->events->progress(ws->owner, blob, in_fragments(ws) ? 0 : ws->message_end);
    if (!ws->finished && blob->size == ws->message_end)
        end_data(ws);
    return n;
}

static size_t feed_frame(struct ws *ws, const uint8_t *data, size_t size)
{
    size_t n = ws->frame_left < size ? (size_t)ws->frame_left : size;
    ws->frame_left -= n;
    ws_wslay_feed(ws, data, n);
    return n;
}

static size_t skip(struct ws *ws, size_t size)
{
    size_t n = ws->skip_left < size ? (size_t)ws->skip_left : size;
    ws->skip_left -= n;
    return n;
}

void ws_input(struct ws *ws, uint8_t **buffer, size_t *size)
{
    if (!in_data(ws) || ws->hold)
        return;
    size_t left = ws->message_end - ws->message->size;
    *buffer = ws->message->data + ws->message->size;
    /* Pieces small enough that each is unmasked while it is still in the cache. */
    *size = left < 512 * 1024 ? left : 512 * 1024;
    /* As much as has come: a header that only claims to be large costs nothing. */
    blob_expect(ws->message, *size < ws->message->size ? *size : ws->message->size);
}

void ws_feed(struct ws *ws, uint8_t *data, size_t size)
{
    ws->in_feed = true;
    while (size > 0 && !ws->finished) {
        if (ws->hold) {
            text_add_bytes(&ws->held, data, size);
            if (text_error(&ws->held) < 0)
                ws_fail(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, "out of memory");
            break;
        }
        size_t n;
        if (in_data(ws))
            n = feed_data(ws, data, size);
        else if (ws->skip_left > 0)
            n = skip(ws, size);
        else if (ws->frame_left > 0)
            n = feed_frame(ws, data, size);
        else
            n = feed_head(ws, data, size);
        data += n;
        size -= n;
    }
    ws->in_feed = false;
}

void ws_hold(struct ws *ws)
{
    ws->hold = true;
}

void ws_release(struct ws *ws)
{
    ws->hold = false;
    if (ws->in_feed || ws->held.size == 0)
        return;
    struct text held = ws->held;
    memset(&ws->held, 0, sizeof(ws->held));
    ws_feed(ws, (uint8_t *)held.data, held.size);
    text_free(&held);
}

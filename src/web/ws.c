/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
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
    if (ws->reported && ws->events->aborted != NULL)
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

/* The usual close frame: a code without a reason. Its payload is read as part of the header, so
 * that the frame can be answered in one step. */
static bool is_short_goodbye(const uint8_t *head)
{
    return head[0] == (WS_FIN | WS_OP_CLOSE) && head[1] == (WS_MASK | 2);
}

/* Whether the current frame is a data frame, which bypasses wslay. wslay judges frames that break
 * the protocol. */
static bool is_data(const struct ws *ws)
{
    return (ws->head[0] & 0x0f) <= WS_OP_BINARY && (ws->head[0] & WS_RSV) == 0;
}

/* Ends the connection because of a message; the owner may replace the reason. */
static void refuse(struct ws *ws, int code, const struct ws_refused *refused, const char *words)
{
    char reason[WS_REASON];
    snprintf(reason, sizeof(reason), "%s", words);
    if (ws->events->refused != NULL && !ws->close_sent)
        ws->events->refused(ws->owner, refused, reason);
    ws_fail(ws, code, reason);
}

static void refuse_text(struct ws *ws)
{
    const struct blob *blob = ws->message;
    bool known = blob->size > 1 && blob->data[1] == ':';
    struct ws_refused refused = { .kind = known ? (char)blob->data[0] : 0,
                                  .size = ws->message_end,
                                  .more = ws->fragments,
                                  .error = -EILSEQ };
    refuse(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, &refused, "message is not UTF-8");
}

static void end_data(struct ws *ws)
{
    struct blob *blob = ws->message;
    if (ws->fragments)
        return;
    if (!utf8_done(&ws->utf8)) {
        refuse_text(ws);
        return;
    }
    ws->message = NULL;
    ws->events->message(ws->owner, blob);
    blob_unref(blob);
}

/* Makes room for the first frame of a message, or for one more. 0 or an error. */
static int make_room(struct ws *ws, size_t size)
{
    if (ws->message != NULL)
        return blob_grow(ws->message, ws->message->size + size);
    ws->reported = (ws->head[0] & WS_FIN) == 0 || size >= ws->large;
    ws->binary = (ws->head[0] & 0x0f) == WS_OP_BINARY;
    ws->message = blob_new_from(ws->blocks, size);
    memset(&ws->utf8, 0, sizeof(ws->utf8));
    return ws->message == NULL ? -ENOMEM : 0;
}

/* The kind of the message that the frame belongs to: from its earlier frames, or from the `have`
 * bytes of payload received with the header. */
static char kind_of(const struct ws *ws, const uint8_t *payload, size_t have)
{
    const uint8_t *mask = ws->head + ws_frame_head_size(ws->head) - 4;
    const struct blob *blob = ws->message;
    if (blob != NULL)
        return blob->size > 1 && blob->data[1] == ':' ? (char)blob->data[0] : 0;
    return have > 1 && (payload[1] ^ mask[1]) == ':' ? (char)(payload[0] ^ mask[0]) : 0;
}

/* Refuses a message at the start of its frame of `size` bytes. */
static void refuse_size(struct ws *ws, uint64_t size, const uint8_t *payload, size_t have,
                        int error)
{
    size_t before = ws->message == NULL ? 0 : ws->message->size;
    struct ws_refused refused = { .kind = kind_of(ws, payload, have),
                                  .size = before + size,
                                  .more = (ws->head[0] & WS_FIN) == 0,
                                  .error = error };
    refuse(ws, WSLAY_CODE_MESSAGE_TOO_BIG, &refused,
           error == -EMSGSIZE ? "message too big" : "no memory for this message");
}

static void begin_data(struct ws *ws, size_t size, const uint8_t *payload, size_t have)
{
    bool first = (ws->head[0] & 0x0f) != WS_OP_CONTINUATION;
    if (first != (ws->message == NULL) || ws_frame_is_stretched(ws->head, size)) {
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "protocol error");
        return;
    }
    int error = make_room(ws, size);
    if (error < 0) {
        refuse_size(ws, size, payload, have, error);
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
static bool refuse_frame(struct ws *ws, uint64_t size, const uint8_t *payload, size_t have)
{
    uint8_t opcode = ws->head[0] & 0x0f;
    size_t before = ws->message == NULL ? 0 : ws->message->size;
    if ((ws->head[1] & WS_MASK) == 0)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "frame is not masked");
    else if (size >> 63)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "message too big");
    else if (size > ws->limit - before && opcode <= WS_OP_BINARY && (ws->head[0] & WS_RSV) == 0)
        refuse_size(ws, size, payload, have, -EMSGSIZE);
    /* A close frame holds a code of two bytes or nothing; wslay accepts one byte as nothing. */
    else if (opcode == WS_OP_CLOSE && size == 1)
        ws_fail(ws, WSLAY_CODE_PROTOCOL_ERROR, "half a close code");
    return ws->finished;
}

/* Answers a short close frame, unless wslay is in use or has to judge the code. */
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

/* The header of a frame is complete, with `have` bytes of payload behind it: decides whether wslay
 * or this file reads the frame. */
static void begin_frame(struct ws *ws, const uint8_t *payload, size_t have)
{
    uint64_t size = ws_frame_payload_size(ws->head);
    unsigned n = ws->head_have;
    ws->head_have = 0;
    if (refuse_frame(ws, size, payload, have))
        return;
    /* Data frames after our close frame are dropped. */
    if (ws->close_sent && (ws->head[0] & 0x0f) <= WS_OP_BINARY) {
        ws->skip_left = size;
    } else if (is_data(ws)) {
        begin_data(ws, (size_t)size, payload, have);
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
            begin_frame(ws, data + used, size - used);
            break;
        }
    }
    return used;
}

static bool in_fragments(const struct ws *ws)
{
    return ws->fragments || ws->message_start > 0;
}

/* Whether the next bytes belong to a data frame. */
static bool in_data(const struct ws *ws)
{
    return ws->message != NULL && ws->message->size < ws->message_end;
}

/* Whether the message, of which `size` bytes have been received, need not be UTF-8. Its kind and
 * the colon are ASCII, so that the check has nothing open when they are known. */
static bool is_opaque(const struct ws *ws, const struct blob *blob, size_t size)
{
    return ws->binary && ws->opaque != 0 && size > 1 && (char)blob->data[0] == ws->opaque &&
           blob->data[1] == ':';
}

static size_t feed_data(struct ws *ws, uint8_t *data, size_t size)
{
    struct blob *blob = ws->message;
    size_t have = blob->size;
    size_t n = ws->message_end - have < size ? ws->message_end - have : size;
    if (data != blob->data + have)
        memcpy(blob->data + have, data, n);
    bool ascii = ws_unmask(blob->data + have, n, ws->mask, have - ws->message_start);
    bool checked = !ascii || ws->utf8.need > 0;
    if (checked && !is_opaque(ws, blob, have + n) && !utf8_feed(&ws->utf8, blob->data + have, n)) {
        blob->size = have + n;
        refuse_text(ws);
        return size;
    }
    blob->size = have + n;
    if (ws->reported && ws->events->progress != NULL)
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
    /* Reserve no more than was received so far: a header that only claims a large size costs
     * nothing. */
    size_t have = ws->message->size;
    blob_prefault(ws->message, have + (*size < have ? *size : have), BLOCK_PAGES_SMALL);
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

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * A WebSocket against a simple decoder of RFC 6455. The input is a list of steps; each makes a
 * frame (so that large ones are a few bytes of input) or raw bytes. What arrives
 * is fed in pieces. Both must deliver the same messages, until the decoder finds a fault: then
 * the WebSocket must end.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "web/ws.h"
#include "web/ws_frame.h"

/* Of a message; and which are large. Most inputs have the small ones, which are many
 * times faster; the others reach the longest form of a frame's length. */
struct sizes {
    size_t limit;
    size_t large;
};

static const struct sizes small_sizes = { 1500, 700 };
static const struct sizes large_sizes = { 72 * 1024, WS_LARGE };

struct probe {
    struct ws ws;
    struct text messages;
    unsigned finishes;
    unsigned steps;
    bool hold;
    uint64_t in_progress;
};

#if defined(__clang__)
/* Counting what our own decoder and its loops do leads nowhere. */
#define UNCOUNTED __attribute__((no_sanitize("coverage"), noinline))
#else
#define UNCOUNTED
#endif

/* What a message is, in few bytes: length and a sum. */
UNCOUNTED static void note(struct text *to, const uint8_t *data, size_t size)
{
    uint64_t sum = size;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i += 8) {
        memcpy(&word, data + i, size - i < 8 ? size - i : 8);
        sum = sum * 1099511628211u + word;
    }
    text_add_bytes(to, &sum, sizeof(sum));
}

static void need(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "ws failed: %s\n", what);
    abort();
}

static void on_message(void *owner, struct blob *blob)
{
    struct probe *probe = owner;
    need(probe->finishes == 0, "a message after the end");
    note(&probe->messages, blob->data, blob->size);
    probe->in_progress = 0;
    if (probe->hold)
        ws_hold(&probe->ws);
}

static void on_progress(void *owner, struct blob *blob, size_t total)
{
    struct probe *probe = owner;
    need(total == 0 || (blob->size <= total && total <= probe->ws.limit), "progress");
    need(blob->size <= probe->ws.limit, "more than the limit");
    need(blob->size > probe->in_progress, "no progress");
    probe->in_progress = blob->size;
}

static void on_aborted(void *owner, struct blob *blob)
{
    struct probe *probe = owner;
    need(blob->size <= probe->ws.limit, "aborted");
    probe->in_progress = 0;
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    need(head_size >= 2 && blob == NULL, "an odd write");
}

static void on_goodbye(void *owner, const void *data, size_t size)
{
    need(size == 4, "an odd goodbye");
}

static void on_finish(void *owner, int code, const char *reason)
{
    struct probe *probe = owner;
    probe->finishes++;
    need(probe->finishes == 1, "two ends");
}

/* ---- the simple decoder ---- */

/* Returns false at the first fault, or at a goodbye. */
UNCOUNTED static bool decode_frame(const uint8_t **at, size_t *left, size_t limit,
                                   struct blob *message, int *opcode, struct text *messages,
                                   bool *more)
{
    const uint8_t *p = *at;
    *more = false;
    if (*left < 2)
        return true;
    unsigned length = p[1] & 0x7f;
    unsigned head = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
    if ((p[1] & 0x80) == 0)
        return *left < head;
    if (*left < head + 4)
        return true;
    uint64_t size = length;
    for (unsigned i = 2; i < head; i++)
        size = (i == 2 ? 0 : size << 8) | p[i];
    int op = p[0] & 0x0f;
    bool fin = p[0] & 0x80;
    bool whole = size <= *left - head - 4;
    bool fault = (p[0] & 0x70) != 0 || (op > 2 && op < 8) || op > 10;
    fault = fault || (length == 126 && size < 126);
    fault = fault || (length == 127 && (size < 65536 || size >> 63 != 0));
    fault = fault || (op >= 8 ? !fin || size > 125 : (op == 0) != (*opcode >= 0));
    fault = fault || (op < 8 && size > limit - message->size);
    /* It may wait for the end of the frame. */
    if (fault || !whole)
        return !(fault && whole);
    const uint8_t *mask = p + head;
    *at += head + 4 + size;
    *left -= head + 4 + size;
    *more = true;
    if (op == 8)
        return false;
    if (op > 8)
        return true;
    size_t start = message->size;
    if (blob_append(message, mask + 4, size) < 0)
        abort();
    uint64_t word = 0;
    uint64_t key = 0;
    for (unsigned i = 0; i < 8; i++)
        ((uint8_t *)&key)[i] = mask[i & 3];
    for (size_t i = 0; i < size; i += 8) {
        size_t n = size - i < 8 ? size - i : 8;
        memcpy(&word, message->data + start + i, n);
        word ^= key;
        memcpy(message->data + start + i, &word, n);
    }
    *opcode = op == 0 ? *opcode : op;
    if (!fin)
        return true;
    *opcode = -1;
    if (!utf8_valid(message->data, message->size))
        return false;
    note(messages, message->data, message->size);
    message->size = 0;
    return true;
}

static bool decode(const uint8_t *data, size_t size, size_t limit, struct text *messages)
{
    struct blob *message = blob_new(16);
    int opcode = -1;
    bool more = true;
    bool good = true;
    while (good && more)
        good = decode_frame(&data, &size, limit, message, &opcode, messages, &more);
    blob_unref(message);
    return good;
}

/* ---- making a stream ---- */

enum { SMALL, RAW = 40, UNMASKED = 48, LARGE = 50, NEAR_LIMIT = 54, STRETCHED = 56 };

UNCOUNTED static void add_frame(struct text *to, uint8_t first, unsigned kind, size_t size,
                                uint8_t fill, const uint8_t mask[4])
{
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_frame_head(head, first, size);
    /* A length in more bytes than it needs. */
    if (kind >= STRETCHED && n == 2) {
        head[2] = 0;
        head[3] = head[1];
        head[1] = 126;
        n = 4;
    }
    head[1] |= kind >= UNMASKED && kind < LARGE ? 0 : 0x80;
    text_add_bytes(to, head, n);
    text_add_bytes(to, mask, 4);
    char *payload = malloc(size + 1);
    for (size_t i = 0; i < size && i < 4; i++)
        payload[i] = (char)((fill & 0x7f) ^ mask[i]);
    for (size_t done = 4; done < size; done *= 2)
        memcpy(payload + done, payload, done < size - done ? done : size - done);
    /* One byte that is not ASCII. */
    if (size > 0 && (fill & 0x80))
        payload[size - 1 - fill % size] ^= (char)0xc0;
    text_add_bytes(to, payload, size);
    free(payload);
}

/* Eight bytes are a frame: first byte, length and kind, what fills it, mask. */
static void make_stream(struct text *stream, const struct sizes *sizes, const uint8_t *data,
                        size_t size)
{
    while (size >= 8 && stream->size < 2 * sizes->limit) {
        unsigned kind = data[2] >> 2;
        size_t length = data[1] | (size_t)(data[2] & 3) << 8;
        size_t used = 8;
        if (kind >= RAW && kind < UNMASKED) {
            used = 3 + length % (size - 3) + 1;
            text_add_bytes(stream, data + 3, used - 3);
        } else {
            /* Lengths around the limits of the header's forms, of large messages and of all. */
            length += kind >= NEAR_LIMIT && kind < STRETCHED ? sizes->limit - 512 : 0;
            length += kind >= LARGE && kind < NEAR_LIMIT ? sizes->large - 256 : 0;
            add_frame(stream, data[0], kind, length, data[3], data + 4);
        }
        data += used;
        size -= used;
    }
}

UNCOUNTED static void feed(struct probe *probe, const uint8_t *data, size_t size, size_t piece)
{
    for (unsigned step = 0; size > 0; step++) {
        uint8_t *place = NULL;
        size_t room = 0;
        size_t n = step % 5 == 4 ? 1 : piece;
        ws_input(&probe->ws, &place, &room);
        n = n < size ? n : size;
        if (room > 0) {
            n = n < room ? n : room;
            memcpy(place, data, n);
            ws_feed(&probe->ws, place, n);
        } else {
            uint8_t *copy = malloc(n);
            memcpy(copy, data, n);
            ws_feed(&probe->ws, copy, n);
            free(copy);
        }
        data += n;
        size -= n;
        if (step % 3 == 0)
            ws_release(&probe->ws);
    }
    while (probe->ws.hold)
        ws_release(&probe->ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ws_events events = { on_message, on_progress, on_aborted, on_write,
                                             on_goodbye, on_finish,   NULL };
    static const size_t pieces[] = { 1, 3, 100, 4096, 65536, 70000, 100000, SIZE_MAX };
    struct probe probe = { .finishes = 0 };
    struct text stream = { 0 };
    struct text want = { 0 };
    if (size < 1)
        return 0;
    const struct sizes *sizes = (data[0] & 0x70) == 0x70 ? &large_sizes : &small_sizes;
    make_stream(&stream, sizes, data + 1, size - 1);
    size_t piece = pieces[data[0] & 7];
    if (piece < stream.size / 64)
        piece = stream.size / 64;
    probe.hold = data[0] & 8;
    ws_init(&probe.ws, sizes->limit, &events, &probe);
    probe.ws.large = sizes->large;
    feed(&probe, (const uint8_t *)text_string(&stream), stream.size, piece);
    bool good = decode((const uint8_t *)text_string(&stream), stream.size, sizes->limit, &want);
    /* A fault is seen at the latest at the end of its frame; text that is no UTF-8 even before. */
    need(good ? probe.messages.size <= want.size : probe.messages.size == want.size,
         "another number of messages");
    need(probe.finishes == 1 || probe.messages.size == want.size, "a lost message");
    need(probe.messages.size == 0 ||
             memcmp(probe.messages.data, want.data, probe.messages.size) == 0,
         "another message");
    need(good || probe.finishes == 1, "a fault that was not seen");
    ws_free(&probe.ws);
    need(probe.in_progress == 0, "a message neither complete nor aborted");
    text_free(&probe.messages);
    text_free(&stream);
    text_free(&want);
    return 0;
}

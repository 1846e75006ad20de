/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The cases follow the families of the Autobahn test suite: framing, pings, reserved bits,
 * opcodes, fragmentation, UTF-8, closing, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/http.h"
#include "web/ws.h"
#include "web/ws_frame.h"
#include "web/ws_mask.h"

#define LIMIT (1024 * 1024)

enum { CONT = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, FIN = 0x80 };

/* The owner of a socket: records its events. */
struct probe {
    struct ws ws;
    struct text out;      /* bytes sent to the peer */
    struct text messages; /* one after the other, each with a newline behind it */
    unsigned count;
    struct blob *last;
    unsigned finishes;
    int code;
    bool reason;
    unsigned pieces;    /* calls of progress */
    size_t in_progress; /* bytes, of the last `progress` */
    unsigned aborted;
    bool hold_each; /* hold after each message */
    bool close_in_progress;
    unsigned goodbyes; /* calls of goodbye */
};

static void on_message(void *owner, struct blob *blob)
{
    struct probe *probe = owner;
    assert_int_equal(probe->finishes, 0);
    probe->count++;
    text_add_bytes(&probe->messages, blob->data, blob->size);
    text_add(&probe->messages, "\n");
    blob_unref(probe->last);
    probe->last = blob_ref(blob);
    if (probe->hold_each)
        ws_hold(&probe->ws);
}

static void on_progress(void *owner, struct blob *blob, size_t total)
{
    struct probe *probe = owner;
    assert_true(total == 0 || blob->size <= total);
    probe->in_progress = blob->size;
    probe->pieces++;
    if (probe->close_in_progress)
        ws_close(&probe->ws, 1009, "no more");
}

static void on_aborted(void *owner, struct blob *blob)
{
    struct probe *probe = owner;
    assert_non_null(blob);
    probe->aborted++;
}

static void on_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                     size_t offset, size_t size)
{
    struct probe *probe = owner;
    text_add_bytes(&probe->out, head, head_size);
    if (blob != NULL)
        text_add_bytes(&probe->out, blob->data + offset, size);
}

static void on_goodbye(void *owner, const void *data, size_t size)
{
    struct probe *probe = owner;
    assert_int_equal(probe->finishes, 0);
    text_add_bytes(&probe->out, data, size);
    probe->goodbyes++;
}

static void on_finish(void *owner, int code, const char *reason)
{
    struct probe *probe = owner;
    probe->finishes++;
    probe->code = code;
    probe->reason = reason != NULL;
}

static const struct ws_events events = { on_message, on_progress, on_aborted, on_write,
                                         on_goodbye, on_finish,   NULL };

static int make_probe(void **state)
{
    struct probe *probe = calloc(1, sizeof(*probe));
    ws_init(&probe->ws, LIMIT, &events, probe);
    *state = probe;
    return 0;
}

static int drop_probe(void **state)
{
    struct probe *probe = *state;
    ws_free(&probe->ws);
    blob_unref(probe->last);
    text_free(&probe->out);
    text_free(&probe->messages);
    free(probe);
    return 0;
}

static struct probe *again(void **state)
{
    drop_probe(state);
    make_probe(state);
    return *state;
}

/* Adds a frame as a client sends it. */
static void add_frame(struct text *to, uint8_t first, const void *payload, size_t size)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_frame_head(head, first, size);
    head[1] |= 0x80;
    text_add_bytes(to, head, n);
    text_add_bytes(to, mask, 4);
    size_t at = to->size;
    text_add_bytes(to, payload, size);
    for (size_t i = 0; i < size; i++)
        to->data[at + i] ^= (char)mask[i % 4];
}

/* Feeds pieces of at most `piece` bytes, into the buffer of ws_input if it names one. */
static void feed_pieces(struct probe *probe, const void *data, size_t size, size_t piece)
{
    const uint8_t *at = data;
    while (size > 0) {
        uint8_t *place = NULL;
        size_t room = 0;
        size_t n = size < piece ? size : piece;
        ws_input(&probe->ws, &place, &room);
        if (room > 0) {
            n = n < room ? n : room;
            memcpy(place, at, n);
            ws_feed(&probe->ws, place, n);
        } else {
            uint8_t *copy = malloc(n);
            memcpy(copy, at, n);
            ws_feed(&probe->ws, copy, n);
            free(copy);
        }
        at += n;
        size -= n;
    }
}

static void feed_text(struct probe *probe, struct text *text)
{
    feed_pieces(probe, text->data, text->size, SIZE_MAX);
    text_free(text);
    memset(text, 0, sizeof(*text));
}

static void feed_frame(struct probe *probe, uint8_t first, const void *payload, size_t size)
{
    struct text text = { 0 };
    add_frame(&text, first, payload, size);
    feed_text(probe, &text);
}

static void feed_string(struct probe *probe, uint8_t first, const char *payload)
{
    feed_frame(probe, first, payload, strlen(payload));
}

static char *letters(size_t size)
{
    char *text = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23);
    text[size] = '\0';
    return text;
}

static void assert_messages(const struct probe *probe, const char *messages)
{
    assert_string_equal(text_string(&probe->messages), messages);
}

/* What went to the peer is exactly one frame. */
static void assert_sent(struct probe *probe, uint8_t first, const void *payload, size_t size)
{
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_frame_head(head, first, size);
    assert_int_equal(probe->out.size, n + size);
    assert_memory_equal(probe->out.data, head, n);
    assert_memory_equal(probe->out.data + n, payload, size);
    probe->out.size = 0;
}

/* The connection was ended by us, with that code in our close frame. */
static void assert_failed(struct probe *probe, int code)
{
    assert_int_equal(probe->finishes, 1);
    if (!probe->reason)
        fail_msg("an orderly end with %d, not %d", probe->code, code);
    assert_int_equal(probe->code, code);
    assert_true(probe->out.size >= 4);
    const uint8_t *frame = (const uint8_t *)probe->out.data;
    assert_int_equal(frame[0], FIN | CLOSE);
    assert_int_equal(frame[1] + 2u, probe->out.size);
    assert_int_equal(frame[2] << 8 | frame[3], code);
}

static void expect_failure(void **state, struct text *text, int code)
{
    struct probe *probe = *state;
    for (size_t piece = 1; piece < 3; piece++) {
        feed_pieces(probe, text->data, text->size, piece == 1 ? 1 : SIZE_MAX);
        assert_failed(probe, code);
        /* Received bytes are ignored. */
        feed_string(probe, FIN | TEXT, "late");
        assert_int_equal(probe->finishes, 1);
        probe = again(state);
    }
    text_free(text);
    memset(text, 0, sizeof(*text));
}

static void expect_frame_failure(void **state, uint8_t first, const void *payload, size_t size,
                                 int code)
{
    struct text text = { 0 };
    add_frame(&text, first, payload, size);
    expect_failure(state, &text, code);
}

/* ---- framing ---- */

static const size_t sizes[] = { 0,    1,     125,   126,   127,    128,    4095,   4096,
                                4097, 65535, 65536, 65537, 131071, 262144, 500001, 1048576 };

static void test_messages_of_all_sizes(void **state)
{
    const size_t pieces[] = { 1, 7, 4096, 65536, 100003, SIZE_MAX };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *payload = letters(sizes[i]);
        for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
            struct probe *probe = *state;
            struct text text = { 0 };
            if (pieces[k] == 1 && sizes[i] > 70000)
                continue;
            add_frame(&text, k % 2 == 0 ? FIN | TEXT : FIN | BINARY, payload, sizes[i]);
            add_frame(&text, FIN | TEXT, "next", 4);
            feed_pieces(probe, text.data, text.size, pieces[k]);
            assert_int_equal(probe->count, 2);
            assert_int_equal(probe->messages.size, sizes[i] + 6);
            assert_memory_equal(probe->messages.data, payload, sizes[i]);
            assert_int_equal(probe->pieces > 0, sizes[i] >= WS_LARGE);
            assert_int_equal(probe->out.size, 0);
            assert_int_equal(probe->aborted, 0);
            text_free(&text);
            again(state);
        }
        free(payload);
    }
}

static void test_memory_is_given_back_between_messages(void **state)
{
    struct probe *probe = *state;
    feed_string(probe, FIN | TEXT, "one");
    assert_null(probe->ws.context);
    uint8_t half[] = { FIN | PING, 0x84, 0, 0, 0, 0, 'h', 'a' };
    uint8_t rest[] = { 'l', 'f' };
    ws_feed(&probe->ws, half, sizeof(half));
    assert_non_null(probe->ws.context);
    ws_feed(&probe->ws, rest, sizeof(rest));
    assert_null(probe->ws.context);
    feed_string(probe, TEXT, "two ");
    assert_null(probe->ws.context);
    feed_string(probe, FIN | CONT, "parts");
    assert_null(probe->ws.message);
    assert_messages(probe, "one\ntwo parts\n");
}

static void test_unmasked_frames_are_refused(void **state)
{
    struct text text = { 0 };
    text_add_bytes(&text, "\x81\x01x", 3);
    expect_failure(state, &text, 1002);
    text_add_bytes(&text, "\x89\x00", 2);
    expect_failure(state, &text, 1002);
    text_add_bytes(&text, "\x81\x7f\0\0\0\0\0\x01\0\0", 10);
    expect_failure(state, &text, 1002);
}

static void test_lengths_are_as_short_as_can_be(void **state)
{
    struct text text = { 0 };
    text_add_bytes(&text, "\x81\xfe\0\x05mask12345", 13);
    expect_failure(state, &text, 1002);
    text_add_bytes(&text, "\x81\xff\0\0\0\0\0\0\xff\xffmask", 14);
    expect_failure(state, &text, 1002);
    text_add_bytes(&text, "\x01\xfe\0\x05mask12345", 13);
    expect_failure(state, &text, 1002);
    text_add_bytes(&text, "\x82\xff\x80\0\0\0\0\x01\0\0mask", 14);
    expect_failure(state, &text, 1002);
}

/* ---- pings ---- */

static void test_pings_are_answered(void **state)
{
    struct probe *probe = *state;
    char payload[126];
    memset(payload, 'p', sizeof(payload));
    for (size_t size = 0; size <= 125; size += 25) {
        feed_frame(probe, FIN | PING, payload, size);
        assert_sent(probe, FIN | PONG, payload, size);
    }
    feed_frame(probe, FIN | PING, "\0\xff\xfe\xfd", 4);
    assert_sent(probe, FIN | PONG, "\0\xff\xfe\xfd", 4);
    feed_string(probe, FIN | PONG, "unasked");
    assert_int_equal(probe->out.size, 0);
    expect_frame_failure(state, FIN | PING, payload, 126, 1002);
    expect_frame_failure(state, PING, payload, 1, 1002);
    expect_frame_failure(state, CLOSE, payload, 0, 1002);
}

static void test_we_ping(void **state)
{
    struct probe *probe = *state;
    ws_ping(&probe->ws);
    assert_sent(probe, FIN | PING, "", 0);
    assert_null(probe->ws.context);
    feed_string(probe, FIN | PONG, "");
    feed_string(probe, FIN | TEXT, "x");
    assert_messages(probe, "x\n");
}

/* ---- reserved bits and opcodes ---- */

static void test_reserved_bits(void **state)
{
    char *large = letters(WS_LARGE);
    for (unsigned rsv = 0x10; rsv <= 0x70; rsv += 0x10) {
        expect_frame_failure(state, (uint8_t)(FIN | rsv | TEXT), "x", 1, 1002);
        expect_frame_failure(state, (uint8_t)(FIN | rsv | BINARY), large, WS_LARGE, 1002);
        expect_frame_failure(state, (uint8_t)(FIN | rsv | PING), "", 0, 1002);
        expect_frame_failure(state, (uint8_t)(FIN | rsv | CLOSE), "", 0, 1002);
    }
    free(large);
}

static void test_reserved_opcodes(void **state)
{
    const uint8_t opcodes[] = { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 };
    for (size_t i = 0; i < sizeof(opcodes); i++) {
        expect_frame_failure(state, FIN | opcodes[i], "", 0, 1002);
        expect_frame_failure(state, FIN | opcodes[i], "payload", 7, 1002);
    }
}

/* ---- fragments ---- */

static void test_fragments(void **state)
{
    struct probe *probe = *state;
    feed_string(probe, TEXT, "one ");
    feed_string(probe, CONT, "");
    feed_string(probe, CONT, "two ");
    assert_int_equal(probe->count, 0);
    feed_string(probe, FIN | CONT, "three");
    feed_string(probe, BINARY, "");
    feed_string(probe, FIN | CONT, "");
    assert_messages(probe, "one two three\n\n");
}

static void test_control_frames_between_fragments(void **state)
{
    struct probe *probe = *state;
    feed_string(probe, TEXT, "one ");
    feed_string(probe, FIN | PING, "a");
    assert_sent(probe, FIN | PONG, "a", 1);
    feed_string(probe, CONT, "two ");
    feed_string(probe, FIN | PING, "b");
    assert_sent(probe, FIN | PONG, "b", 1);
    feed_string(probe, FIN | PONG, "c");
    feed_string(probe, FIN | CONT, "three");
    feed_string(probe, FIN | TEXT, "x");
    assert_messages(probe, "one two three\nx\n");
}

static void test_fragments_out_of_order(void **state)
{
    struct text text = { 0 };
    expect_frame_failure(state, FIN | CONT, "x", 1, 1002);
    expect_frame_failure(state, CONT, "x", 1, 1002);
    add_frame(&text, TEXT, "x", 1);
    add_frame(&text, FIN | TEXT, "x", 1);
    expect_failure(state, &text, 1002);
    add_frame(&text, TEXT, "x", 1);
    add_frame(&text, BINARY, "x", 1);
    expect_failure(state, &text, 1002);
    add_frame(&text, TEXT, "x", 1);
    add_frame(&text, FIN | CONT, "x", 1);
    add_frame(&text, FIN | CONT, "x", 1);
    struct probe *probe = *state;
    feed_text(probe, &text);
    assert_failed(probe, 1002);
    assert_messages(probe, "xx\n");
    again(state);
    /* A large message cannot begin within another one. */
    char *large = letters(WS_LARGE);
    add_frame(&text, TEXT, "x", 1);
    add_frame(&text, FIN | BINARY, large, WS_LARGE);
    expect_failure(state, &text, 1002);
    free(large);
}

static void test_large_fragments(void **state)
{
    struct probe *probe = *state;
    char *large = letters(200000);
    feed_frame(probe, BINARY, large, 100000);
    assert_int_equal(probe->in_progress, 100000);
    feed_string(probe, FIN | PING, "");
    feed_frame(probe, FIN | CONT, large + 100000, 100000);
    assert_int_equal(probe->count, 1);
    assert_int_equal(probe->last->size, 200000);
    assert_memory_equal(probe->last->data, large, 200000);
    free(large);
}

/* ---- UTF-8 ---- */

static void expect_bad_text(void **state, const char *bytes, size_t size)
{
    struct text text = { 0 };
    char *large = letters(WS_LARGE + 100);
    expect_frame_failure(state, FIN | TEXT, bytes, size, 1007);
    expect_frame_failure(state, FIN | BINARY, bytes, size, 1007);
    for (size_t at = 0; at <= size; at++) {
        add_frame(&text, TEXT, bytes, at);
        add_frame(&text, FIN | CONT, bytes + at, size - at);
        expect_failure(state, &text, 1007);
    }
    memcpy(large + WS_LARGE + 100 - size, bytes, size);
    expect_frame_failure(state, FIN | TEXT, large, WS_LARGE + 100, 1007);
    free(large);
}

static void test_text_that_is_not_utf8(void **state)
{
    const char *const bad[] = {
        "\xff",         "\xc0\x80",         "\xc3",
        "\x80",         "a\xe2\x82",        "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80",
        "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0",
        "\xc3\x28",     "\xf5\x80\x80\x80", "x\xbf",
        "\xf0\x9f\x98",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_bad_text(state, bad[i], strlen(bad[i]));
}

static void test_text_that_is_utf8(void **state)
{
    static const char good[] = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80 "
                               "\xee\xbf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf";
    size_t size = sizeof(good) - 1;
    struct probe *probe = *state;
    char *large = letters(WS_LARGE + size);
    for (size_t at = 0; at <= size; at++) {
        probe = again(state);
        feed_frame(probe, TEXT, good, at);
        feed_frame(probe, FIN | CONT, good + at, size - at);
        assert_int_equal(probe->count, 1);
        assert_memory_equal(probe->last->data, good, size);
    }
    memcpy(large + 30000, good, size);
    memcpy(large + WS_LARGE, good, size);
    for (size_t piece = 1; piece < 9; piece++) {
        struct text text = { 0 };
        probe = again(state);
        add_frame(&text, FIN | TEXT, large, WS_LARGE + size);
        feed_pieces(probe, text.data, text.size, piece);
        assert_int_equal(probe->count, 1);
        assert_memory_equal(probe->last->data, large, WS_LARGE + size);
        text_free(&text);
    }
    free(large);
}

/* A large message is refused at the first wrong byte, not at its end. */
static void test_bad_text_fails_fast(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    char *large = letters(2 * WS_LARGE);
    large[1000] = (char)0xff;
    add_frame(&text, FIN | TEXT, large, 2 * WS_LARGE);
    feed_pieces(probe, text.data, 14 + 1001, SIZE_MAX);
    assert_failed(probe, 1007);
    assert_int_equal(probe->aborted, 1);
    text_free(&text);
    probe = again(state);
    /* wslay looks at the end of a fragment. */
    feed_frame(probe, TEXT, "\xff", 1);
    assert_failed(probe, 1007);
    free(large);
}

/* ---- limits ---- */

static void test_message_limit(void **state)
{
    struct text text = { 0 };
    struct probe *probe = *state;
    char *large = letters(LIMIT + 1);
    feed_frame(probe, FIN | TEXT, large, LIMIT);
    assert_int_equal(probe->last->size, LIMIT);
    expect_frame_failure(state, FIN | TEXT, large, LIMIT + 1, 1009);
    add_frame(&text, TEXT, large, LIMIT / 2);
    add_frame(&text, FIN | CONT, large, LIMIT / 2 + 1);
    probe = again(state);
    feed_text(probe, &text);
    assert_failed(probe, 1009);
    assert_int_equal(probe->count, 0);
    free(large);
    again(state);
    /* Refused by its header alone. */
    text_add_bytes(&text, "\x82\xff\0\0\0\0\x80\0\0\0mask", 14);
    expect_failure(state, &text, 1009);
    text_add_bytes(&text, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14);
    expect_failure(state, &text, 1009);
    text_add_bytes(&text, "\x02\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14);
    expect_failure(state, &text, 1009);
    text_add_bytes(&text, "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask", 14);
    expect_failure(state, &text, 1002);
}

/* ---- closing ---- */

static void test_the_peer_closes(void **state)
{
    const int good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009,
                         1010, 1011, 3000, 3999, 4000, 4999 };
    struct probe *probe = *state;
    feed_frame(probe, FIN | CLOSE, "", 0);
    assert_int_equal(probe->finishes, 1);
    assert_int_equal(probe->code, 1005);
    assert_false(probe->reason);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const uint8_t payload[] = { (uint8_t)(good[i] >> 8), (uint8_t)good[i], 'b', 'y', 'e' };
        probe = again(state);
        feed_frame(probe, FIN | CLOSE, payload, i % 2 == 0 ? 5 : 2);
        assert_int_equal(probe->finishes, 1);
        assert_int_equal(probe->code, good[i]);
        assert_false(probe->reason);
        assert_true(probe->out.size >= 4);
        assert_memory_equal(probe->out.data + 2, payload, 2);
    }
    probe = again(state);
    feed_string(probe, TEXT, "half");
    feed_frame(probe, FIN | CLOSE, "\x03\xe8", 2);
    assert_int_equal(probe->code, 1000);
    feed_string(probe, FIN | PING, "");
    assert_int_equal(probe->count, 0);
    assert_int_equal(probe->finishes, 1);
}

/* Nearly every connection ends so: no memory is needed for it, and its answer is the last. */
static void test_short_goodbyes(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    add_frame(&text, FIN | CLOSE, "\x03\xe9", 2);
    for (size_t i = 0; i + 1 < text.size; i++) {
        ws_feed(&probe->ws, (uint8_t *)text.data + i, 1);
        assert_int_equal(probe->finishes, 0);
        assert_null(probe->ws.context);
    }
    ws_feed(&probe->ws, (uint8_t *)text.data + text.size - 1, 1);
    assert_int_equal(probe->code, 1001);
    assert_int_equal(probe->goodbyes, 1);
    assert_sent(probe, FIN | CLOSE, "\x03\xe9", 2);
    /* In the middle of a message, which is lost. */
    probe = again(state);
    feed_string(probe, TEXT, "half");
    feed_pieces(probe, text.data, text.size, 3);
    assert_int_equal(probe->aborted, 1);
    assert_int_equal(probe->goodbyes, 1);
    /* As the answer to ours. */
    probe = again(state);
    ws_close(&probe->ws, 1001, "");
    feed_pieces(probe, text.data, text.size, SIZE_MAX);
    assert_int_equal(probe->finishes, 1);
    assert_int_equal(probe->goodbyes, 0);
    text_free(&text);
}

static void test_bad_closes(void **state)
{
    const int bad[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const uint8_t payload[] = { (uint8_t)(bad[i] >> 8), (uint8_t)bad[i] };
        expect_frame_failure(state, FIN | CLOSE, payload, 2, 1002);
    }
    expect_frame_failure(state, FIN | CLOSE, "\x03", 1, 1002);
    expect_frame_failure(state, FIN | CLOSE, "\x03\xe8\xff", 3, 1007);
    char long_reason[126] = "\x03\xe8";
    memset(long_reason + 2, 'r', 124);
    expect_frame_failure(state, FIN | CLOSE, long_reason, 126, 1002);
}

static void test_we_close(void **state)
{
    struct probe *probe = *state;
    ws_close(&probe->ws, 1001, "the server ends");
    assert_sent(probe, FIN | CLOSE, "\x03\xe9the server ends", 17);
    assert_int_equal(probe->finishes, 0);
    /* Nothing follows our close frame, and data frames of the peer are dropped. */
    ws_send_text(&probe->ws, "x", 1);
    ws_ping(&probe->ws);
    ws_close(&probe->ws, 1001, "again");
    feed_string(probe, FIN | TEXT, "x");
    feed_string(probe, BINARY, "x");
    feed_string(probe, FIN | CONT, "x");
    char *large = letters(2 * WS_LARGE);
    feed_frame(probe, FIN | TEXT, large, 2 * WS_LARGE);
    free(large);
    assert_int_equal(probe->count, 0);
    assert_int_equal(probe->out.size, 0);
    feed_frame(probe, FIN | CLOSE, "\x03\xe9", 2);
    assert_int_equal(probe->finishes, 1);
    assert_int_equal(probe->code, 1001);
    assert_false(probe->reason);
    assert_int_equal(probe->out.size, 0);
    probe = again(state);
    ws_close(&probe->ws, 1013, "too slow");
    assert_failed(probe, 1013);
    probe = again(state);
    char reason[200];
    memset(reason, 'r', 199);
    reason[199] = '\0';
    ws_close(&probe->ws, 1008, reason);
    assert_int_equal(probe->finishes, 1);
    assert_int_equal(probe->out.size, 2 + 2 + 120);
}

/* A message that began before our close frame is still read to its end. */
static void test_we_close_within_a_large_message(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    char *large = letters(2 * WS_LARGE);
    add_frame(&text, FIN | TEXT, large, 2 * WS_LARGE);
    feed_pieces(probe, text.data, 1000, SIZE_MAX);
    ws_close(&probe->ws, 1001, "bye");
    feed_pieces(probe, text.data + 1000, text.size - 1000, SIZE_MAX);
    assert_int_equal(probe->count, 1);
    assert_int_equal(probe->finishes, 0);
    probe = again(state);
    probe->close_in_progress = true;
    feed_pieces(probe, text.data, text.size, 1000);
    assert_failed(probe, 1009);
    assert_int_equal(probe->aborted, 1);
    assert_int_equal(probe->count, 0);
    text_free(&text);
    free(large);
}

static void test_freed_within_a_large_message(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    char *large = letters(WS_LARGE);
    add_frame(&text, FIN | TEXT, large, WS_LARGE);
    feed_pieces(probe, text.data, 1000, SIZE_MAX);
    ws_free(&probe->ws);
    assert_int_equal(probe->aborted, 1);
    ws_free(&probe->ws);
    assert_int_equal(probe->aborted, 1);
    assert_int_equal(probe->finishes, 0);
    text_free(&text);
    free(large);
}

/* ---- hold and release ---- */

static void test_hold(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    char *large = letters(WS_LARGE);
    add_frame(&text, FIN | TEXT, "one", 3);
    add_frame(&text, FIN | TEXT, "two", 3);
    add_frame(&text, FIN | PING, "p", 1);
    add_frame(&text, FIN | TEXT, large, WS_LARGE);
    add_frame(&text, FIN | TEXT, "three", 5);
    probe->hold_each = true;
    feed_pieces(probe, text.data, text.size, SIZE_MAX);
    for (unsigned i = 1; i <= 4; i++) {
        assert_int_equal(probe->count, i);
        assert_int_equal(probe->out.size > 0, i > 2);
        ws_release(&probe->ws);
    }
    assert_int_equal(probe->count, 4);
    assert_memory_equal(probe->last->data, "three", 5);
    assert_int_equal(probe->ws.held.size, 0);
    text_free(&text);
    free(large);
}

static void test_hold_within_a_large_message(void **state)
{
    struct probe *probe = *state;
    struct text text = { 0 };
    char *large = letters(WS_LARGE);
    add_frame(&text, FIN | TEXT, large, WS_LARGE);
    add_frame(&text, FIN | TEXT, "next", 4);
    feed_pieces(probe, text.data, 1000, SIZE_MAX);
    ws_hold(&probe->ws);
    feed_pieces(probe, text.data + 1000, 5000, SIZE_MAX);
    unsigned pieces = probe->pieces;
    feed_pieces(probe, text.data + 6000, text.size - 6000, 30000);
    assert_int_equal(probe->pieces, pieces);
    ws_release(&probe->ws);
    assert_int_equal(probe->count, 2);
    assert_memory_equal(probe->messages.data, large, WS_LARGE);
    text_free(&text);
    free(large);
}

/* ---- sending ---- */

static void test_send(void **state)
{
    struct probe *probe = *state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *payload = letters(sizes[i] + 2);
        struct blob *blob = blob_copy(payload, sizes[i] + 2);
        blob->skip = 2;
        /* Twice, as to two browsers. */
        ws_send(&probe->ws, blob);
        assert_sent(probe, FIN | TEXT, payload + 2, sizes[i]);
        ws_send(&probe->ws, blob);
        assert_sent(probe, FIN | TEXT, payload + 2, sizes[i]);
        ws_send_text(&probe->ws, payload, sizes[i]);
        assert_sent(probe, FIN | TEXT, payload, sizes[i]);
        ws_send_fragment(&probe->ws, blob, 2, sizes[i], true, false);
        assert_sent(probe, TEXT, payload + 2, sizes[i]);
        ws_send_fragment(&probe->ws, blob, 2, sizes[i], false, true);
        assert_sent(probe, FIN | CONT, payload + 2, sizes[i]);
        blob_unref(blob);
        free(payload);
    }
}

/* ---- masks ---- */

static void test_unmask_at_every_offset(void **state)
{
    static const uint8_t mask[4] = { 0x01, 0x82, 0x43, 0xc4 };
    static uint8_t data[1300];
    for (size_t start = 0; start < 9; start++) {
        /* Long pieces are done with wider instructions than short ones. */
        for (size_t size = 0; size < 1200; size = size == 200 ? 1020 : size + 1) {
            for (size_t position = 0; position < 5; position++) {
                for (size_t i = 0; i < sizeof(data); i++)
                    data[i] = (uint8_t)(i * 7 % 128) ^ mask[(i - start + position) & 3];
                bool ascii = ws_unmask(data + start, size, mask, position);
                assert_true(ascii);
                for (size_t i = start; i < start + size; i++) {
                    if (data[i] != i * 7 % 128)
                        fail_msg("byte %zu of %zu at %zu", i, size, start);
                }
                assert_int_equal(data[start + size],
                                 ((start + size) * 7 % 128) ^ mask[(size + position) & 3]);
            }
        }
    }
}

static void test_unmask_sees_what_is_not_ascii(void **state)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 };
    uint8_t data[1200];
    for (size_t at = 0; at < sizeof(data); at = at == 200 ? 1000 : at + 1) {
        for (size_t size = at; size < at + 2 && size <= sizeof(data); size++) {
            for (size_t i = 0; i < sizeof(data); i++)
                data[i] = 'x' ^ mask[i & 3];
            data[at] ^= 0x80;
            assert_int_equal(ws_unmask(data, size, mask, 0), size <= at);
        }
    }
}

/* ---- data frames against wslay ---- */

static size_t random_size(void)
{
    switch (rand() % 4) {
    case 0:
        return (size_t)rand() % 10;
    case 1:
        return (size_t)rand() % 5000;
    case 2:
        return WS_LARGE - 3 + (size_t)rand() % 6;
    default:
        return WS_LARGE + (size_t)rand() % 100000;
    }
}

/* Adds one message in one frame, or in as many as fall out. */
static void add_message(struct text *to, const char *payload, size_t size, bool whole)
{
    uint8_t opcode = rand() % 2 == 0 ? TEXT : BINARY;
    if (whole) {
        add_frame(to, FIN | opcode, payload, size);
        return;
    }
    for (size_t at = 0; at < size;) {
        size_t n = 1 + random_size();
        if (n > size - at)
            n = size - at;
        add_frame(to, (at == 0 ? opcode : CONT) | (at + n == size ? FIN : 0), payload + at, n);
        at += n;
        if (rand() % 3 == 0)
            add_frame(to, FIN | PONG, "", 0);
    }
}

/* The same messages, whole and in fragments, in random pieces: the same comes out. */
static void test_fragments_make_the_same_messages_as_whole_frames(void **state)
{
    srand(2);
    for (unsigned round = 0; round < 60; round++) {
        struct text frames[2] = { { 0 }, { 0 } };
        struct text want = { 0 };
        for (unsigned i = 0; i < 4; i++) {
            size_t size = random_size() + 1;
            char *payload = letters(size);
            for (size_t k = 0; k + 1 < size; k += 1 + (size_t)rand() % 3000)
                memcpy(payload + k, "\xc3\xa4", k + 2 < size ? 2 : 0);
            for (size_t k = 0; k < size; k++)
                payload[k] = (uint8_t)payload[k] == 0xc3 && (uint8_t)payload[k + 1] != 0xa4
                                 ? 'x'
                                 : payload[k];
            for (size_t k = 0; k < size; k++)
                payload[k] =
                    (uint8_t)payload[k] == 0xa4 && (k == 0 || (uint8_t)payload[k - 1] != 0xc3)
                        ? 'y'
                        : payload[k];
            add_message(&frames[0], payload, size, true);
            add_message(&frames[1], payload, size, false);
            text_add_bytes(&want, payload, size);
            text_add(&want, "\n");
            free(payload);
        }
        for (unsigned form = 0; form < 2; form++) {
            struct probe *probe = *state;
            for (size_t at = 0; at < frames[form].size;) {
                size_t n = 1 + random_size();
                if (n > frames[form].size - at)
                    n = frames[form].size - at;
                feed_pieces(probe, frames[form].data + at, n, SIZE_MAX);
                at += n;
            }
            assert_int_equal(probe->finishes, 0);
            assert_int_equal(probe->messages.size, want.size);
            assert_memory_equal(probe->messages.data, want.data, want.size);
            again(state);
            text_free(&frames[form]);
        }
        text_free(&want);
    }
}

/* ---- the handshake ---- */

struct shake {
    int status;
    char answer[256];
};

static void shake_request(void *owner, struct http *http)
{
    struct shake *shake = owner;
    const char *why = NULL;
    shake->status = ws_check_handshake(http, &why);
    assert_int_equal(shake->status == 0, why == NULL);
    if (shake->status != 0)
        return;
    size_t size = ws_handshake_answer(http, shake->answer, sizeof(shake->answer));
    assert_int_equal(size, strlen(shake->answer));
}

static void shake_write(void *owner, const void *head, size_t head_size, struct blob *blob,
                        size_t offset, size_t size)
{
}

static void shake_failed(void *owner, int status, const char *reason)
{
}

static void shake_finish(void *owner)
{
}

static int handshake(const char *first_line, const char *headers, char *answer)
{
    static const struct http_events shake_events = { .request = shake_request,
                                                     .write = shake_write,
                                                     .failed = shake_failed,
                                                     .finish = shake_finish };
    struct shake shake = { .status = -1 };
    struct http http;
    struct text text = { 0 };
    text_format(&text, "%s\r\nHost: a\r\n%s\r\n", first_line, headers);
    http_init(&http, 8192, &shake_events, &shake);
    http_feed(&http, (const uint8_t *)text.data, text.size);
    http_free(&http);
    text_free(&text);
    if (answer != NULL)
        strcpy(answer, shake.answer);
    return shake.status;
}

#define UP "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static void test_handshake(void **state)
{
    char answer[256];
    assert_int_equal(handshake("GET / HTTP/1.1", UP KEY VERSION, answer), 0);
    /* The example of RFC 6455 section 1.3. */
    assert_non_null(strstr(answer, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_int_equal(strncmp(answer, "HTTP/1.1 101 ", 13), 0);
    assert_int_equal(
        handshake(
            "GET / HTTP/1.1",
            "Upgrade: WebSocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" KEY VERSION,
            NULL),
        0);
    assert_int_equal(handshake("POST / HTTP/1.1", UP KEY VERSION, NULL), 400);
    assert_int_equal(handshake("GET / HTTP/1.0", UP KEY VERSION, NULL), 400);
    assert_int_equal(handshake("GET / HTTP/1.1", "Upgrade: websocket\r\n" KEY VERSION, NULL), 400);
    assert_int_equal(handshake("GET / HTTP/1.1", UP VERSION, NULL), 400);
    assert_int_equal(handshake("GET / HTTP/1.1", UP KEY KEY VERSION, NULL), 400);
    assert_int_equal(handshake("GET / HTTP/1.1", UP KEY, NULL), 426);
    assert_int_equal(handshake("GET / HTTP/1.1", UP KEY "Sec-WebSocket-Version: 8\r\n", NULL), 426);
    assert_int_equal(handshake("GET / HTTP/1.1", UP KEY "Sec-WebSocket-Version: 13, 8\r\n", NULL),
                     426);
}

static void test_handshake_keys(void **state)
{
    const char *const bad[] = { "",
                                "x",
                                "dGhlIHNhbXBsZSBub25jZQ=",
                                "dGhlIHNhbXBsZSBub25jZQ===",
                                "dGhlIHNhbXBsZSBub25jZQA=",
                                "dGhlIHNhbXBsZSBub25jZQAA",
                                "dGhlIHNhbXBsZSBub25j!Q==",
                                "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==" };
    char headers[300];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(headers, sizeof(headers), UP VERSION "Sec-WebSocket-Key: %s\r\n", bad[i]);
        if (handshake("GET / HTTP/1.1", headers, NULL) != 400)
            fail_msg("taken: %s", bad[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_probe, drop_probe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_messages_of_all_sizes),
        TEST(test_memory_is_given_back_between_messages),
        TEST(test_unmasked_frames_are_refused),
        TEST(test_lengths_are_as_short_as_can_be),
        TEST(test_pings_are_answered),
        TEST(test_we_ping),
        TEST(test_reserved_bits),
        TEST(test_reserved_opcodes),
        TEST(test_fragments),
        TEST(test_control_frames_between_fragments),
        TEST(test_fragments_out_of_order),
        TEST(test_large_fragments),
        TEST(test_text_that_is_not_utf8),
        TEST(test_text_that_is_utf8),
        TEST(test_bad_text_fails_fast),
        TEST(test_message_limit),
        TEST(test_the_peer_closes),
        TEST(test_short_goodbyes),
        TEST(test_bad_closes),
        TEST(test_we_close),
        TEST(test_we_close_within_a_large_message),
        TEST(test_freed_within_a_large_message),
        TEST(test_hold),
        TEST(test_hold_within_a_large_message),
        TEST(test_send),
        TEST(test_fragments_make_the_same_messages_as_whole_frames),
        cmocka_unit_test(test_unmask_at_every_offset),
        cmocka_unit_test(test_unmask_sees_what_is_not_ascii),
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_handshake_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

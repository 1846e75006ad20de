/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/frame.h"

/* Two frames, one with a payload and one without, as bytes. */
static size_t make_stream(unsigned char *to)
{
    struct frame ask = { .kind = FRAME_ASK, .serial = 7, .session = 0x01020304, .length = 5 };
    struct frame ping = { .kind = FRAME_PING, .serial = 0xffffffff };
    frame_put(to, &ask);
    memcpy(to + FRAME_HEAD, "hello", 5);
    frame_put(to + FRAME_HEAD + 5, &ping);
    return 2 * FRAME_HEAD + 5;
}

static void test_head_is_little_endian_and_24_bytes(void **state)
{
    struct frame frame = {
        .kind = FRAME_READY, .serial = 0x11223344, .session = 2, .length = 0x0102030405060708
    };
    static const unsigned char expected[FRAME_HEAD] = { 16, 0, 0, 0, 0x44, 0x33, 0x22, 0x11,
                                                        2,  0, 0, 0, 0,    0,    0,    0,
                                                        8,  7, 6, 5, 4,    3,    2,    1 };
    unsigned char head[FRAME_HEAD];
    struct frame back;
    frame_put(head, &frame);
    assert_memory_equal(head, expected, FRAME_HEAD);
    assert_int_equal(frame_get(&back, head, SIZE_MAX), 0);
    assert_true(back.kind == frame.kind && back.serial == frame.serial &&
                back.session == frame.session && back.length == frame.length);
}

static void test_head_refuses_what_is_not_ours(void **state)
{
    unsigned char head[FRAME_HEAD];
    struct frame frame = { .kind = FRAME_ASK, .length = 11 };
    frame_put(head, &frame);
    assert_int_equal(frame_get(&frame, head, 10), -EMSGSIZE);
    assert_int_equal(frame_get(&frame, head, 11), 0);
    head[12] = 1;
    assert_int_equal(frame_get(&frame, head, 11), -EPROTO);
    for (unsigned kind = 0; kind < 256; kind++) {
        int known = (kind >= 1 && kind <= 6) || (kind >= 16 && kind <= 20) ||
                    (kind >= 32 && kind <= 37) || (kind >= 48 && kind <= 51);
        struct frame any = { .kind = kind };
        frame_put(head, &any);
        assert_int_equal(frame_get(&any, head, 0), known ? 0 : -EPROTO);
    }
    struct frame endless = { .kind = FRAME_ASK, .length = UINT64_MAX };
    frame_put(head, &endless);
    assert_int_equal(frame_get(&endless, head, UINT64_MAX), -EMSGSIZE);
}

static void test_reader_puts_any_pieces_together(void **state)
{
    unsigned char stream[2 * FRAME_HEAD + 5];
    size_t size = make_stream(stream);
    for (size_t piece = 1; piece <= size; piece++) {
        struct frame_reader reader = { .limit = 5 };
        unsigned frames = 0;
        for (size_t at = 0; at < size;) {
            size_t count = size - at < piece ? size - at : piece;
            size_t used;
            int result = frame_feed(&reader, stream + at, count, &used);
            assert_true(result >= 0 && used <= count && used > 0);
            at += used;
            if (result != FRAME_WHOLE)
                continue;
            assert_int_equal(reader.frame.kind, frames == 0 ? FRAME_ASK : FRAME_PING);
            assert_string_equal(reader.payload, frames == 0 ? "hello" : "");
            frames++;
        }
        assert_int_equal(frames, 2);
        frame_reader_free(&reader);
    }
}

static void test_reader_refuses_a_long_payload_before_it_comes(void **state)
{
    unsigned char stream[2 * FRAME_HEAD + 5];
    size_t used;
    struct frame_reader reader = { .limit = 4 };
    make_stream(stream);
    assert_int_equal(frame_feed(&reader, stream, FRAME_HEAD, &used), -EMSGSIZE);
    assert_null(reader.payload);
    frame_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_is_little_endian_and_24_bytes),
        cmocka_unit_test(test_head_refuses_what_is_not_ours),
        cmocka_unit_test(test_reader_puts_any_pieces_together),
        cmocka_unit_test(test_reader_refuses_a_long_payload_before_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

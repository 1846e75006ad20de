/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws_frame.h"

size_t ws_frame_head(uint8_t *out, uint8_t first_byte, uint64_t size)
{
    out[0] = first_byte;
    if (size < 126) {
        out[1] = (uint8_t)size;
        return 2;
    }
    unsigned bytes = size < 65536 ? 2 : 8;
    out[1] = bytes == 2 ? 126 : 127;
    for (unsigned i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)(size >> 8 * (bytes - 1 - i));
    return 2 + bytes;
}

unsigned ws_frame_head_size(const uint8_t *head)
{
    unsigned length = head[1] & 0x7f;
    return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (head[1] & WS_MASK ? 4 : 0);
}

uint64_t ws_frame_payload_size(const uint8_t *head)
{
    unsigned length = head[1] & 0x7f;
    if (length < 126)
        return length;
    uint64_t size = 0;
    for (unsigned i = 0; i < (length == 126 ? 2u : 8u); i++)
        size = size << 8 | head[2 + i];
    return size;
}

bool ws_frame_is_stretched(const uint8_t *head, uint64_t size)
{
    unsigned length = head[1] & 0x7f;
    return (length == 126 && size < 126) || (length == 127 && size < 65536);
}

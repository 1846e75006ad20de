/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_WS_FRAME_H
#define CADCAST_WEB_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The header of a frame (RFC 6455 section 5.2): bits of its first byte, the opcodes in use, and a
 * bit of its second byte. */
#define WS_FIN 0x80
#define WS_RSV 0x70
#define WS_OP_CONTINUATION 0x0
#define WS_OP_TEXT 0x1
#define WS_OP_BINARY 0x2
#define WS_OP_CLOSE 0x8
#define WS_MASK 0x80

/* The largest header of an unmasked frame. */
#define WS_HEAD_MAX 10

/* Writes the header of an unmasked frame into `out` of WS_HEAD_MAX bytes; returns its length.
 * `first_byte`: FIN bit and opcode. */
size_t ws_frame_head(uint8_t *out, uint8_t first_byte, uint64_t size);

/* The header size, in bytes, of a frame with these first two bytes. */
unsigned ws_frame_head_size(const uint8_t *head);

/* The payload size, in bytes, given in a complete header. */
uint64_t ws_frame_payload_size(const uint8_t *head);

/* Whether the payload length `size` is encoded in more bytes than it needs. */
bool ws_frame_is_stretched(const uint8_t *head, uint64_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_RECORD_H
#define CADCAST_STATE_STATE_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* The head of a record, in files of pictures and in recordings (docs/state-format.md). */
struct state_record_head {
    uint32_t kind;   /* enum state_kind, or one of later versions */
    uint32_t offset; /* bytes of content before the payload */
    uint64_t size;   /* bytes of content */
    uint32_t check;  /* of the content */
};

#define STATE_RECORD_HEAD 24

/* CRC-32 of zlib. */
uint32_t state_record_check(const void *data, size_t size);

/* The same of content whose first `offset` bytes count as zeros: they are the message's kind or
 * room for a frame header, which the loop may be writing at the same time. */
uint32_t state_record_check_content(const uint8_t *data, size_t size, size_t offset);

void state_record_put(uint8_t bytes[STATE_RECORD_HEAD], const struct state_record_head *head);

/* 0, or -EBADMSG: the head is damaged. */
int state_record_get(const uint8_t bytes[STATE_RECORD_HEAD], struct state_record_head *head);

#endif

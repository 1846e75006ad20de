/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get_u32(const unsigned char *from)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value |= (uint32_t)from[i] << (8 * i);
    return value;
}

static bool known(uint32_t kind)
{
    return (kind >= FRAME_MODEL && kind <= FRAME_PING) ||
           (kind >= FRAME_READY && kind <= FRAME_PONG);
}

void frame_put(unsigned char head[FRAME_HEAD], const struct frame *frame)
{
    put_u32(head, frame->kind);
    put_u32(head + 4, frame->serial);
    put_u32(head + 8, frame->session);
    put_u32(head + 12, 0);
    put_u32(head + 16, (uint32_t)frame->length);
    put_u32(head + 20, (uint32_t)(frame->length >> 32));
}

int frame_get(struct frame *frame, const unsigned char head[FRAME_HEAD], uint64_t limit)
{
    frame->kind = get_u32(head);
    frame->serial = get_u32(head + 4);
    frame->session = get_u32(head + 8);
    frame->length = get_u32(head + 16) | (uint64_t)get_u32(head + 20) << 32;
    if (!known(frame->kind) || get_u32(head + 12) != 0)
        return -EPROTO;
    return frame->length > limit || frame->length > SIZE_MAX / 2 ? -EMSGSIZE : 0;
}

/* The head is complete: reads it and makes room for the payload and a final zero. */
static int begin_payload(struct frame_reader *reader)
{
    int error = frame_get(&reader->frame, reader->head, reader->limit);
    if (error < 0)
        return error;
    reader->payload = malloc((size_t)reader->frame.length + 1);
    if (reader->payload == NULL)
        return -ENOMEM;
    reader->payload[reader->frame.length] = '\0';
    return 0;
}

/* Copies what is still missing, or what there is, to `to`. Returns the number of bytes. */
static size_t take(struct frame_reader *reader, void *to, size_t missing, const void *data,
                   size_t size)
{
    size_t count = size < missing ? size : missing;
    if (count > 0)
        memcpy(to, data, count);
    reader->have += count;
    return count;
}

int frame_feed(struct frame_reader *reader, const void *data, size_t size, size_t *used)
{
    *used = 0;
    if (reader->payload != NULL && reader->have == FRAME_HEAD + reader->frame.length)
        frame_reader_free(reader);
    if (reader->have < FRAME_HEAD) {
        *used = take(reader, reader->head + reader->have, FRAME_HEAD - reader->have, data, size);
        if (reader->have < FRAME_HEAD)
            return 0;
        int error = begin_payload(reader);
        if (error < 0)
            return error;
    }
    size_t offset = reader->have - FRAME_HEAD;
    size_t missing = (size_t)reader->frame.length - offset;
    *used +=
        take(reader, reader->payload + offset, missing, (const char *)data + *used, size - *used);
    return reader->have == FRAME_HEAD + reader->frame.length ? FRAME_WHOLE : 0;
}

void frame_reader_free(struct frame_reader *reader)
{
    free(reader->payload);
    reader->payload = NULL;
    reader->have = 0;
}

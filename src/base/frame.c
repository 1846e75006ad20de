/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static bool known(uint32_t kind)
{
    return (kind >= FRAME_MODEL && kind <= FRAME_MESH) ||
           (kind >= FRAME_READY && kind <= FRAME_MESHED) ||
           (kind >= FRAME_PROGRESS && kind <= FRAME_FILE) ||
           (kind >= FRAME_TREE && kind <= FRAME_HEALED);
}

void frame_put(unsigned char head[FRAME_HEAD], const struct frame *frame)
{
    bytes_put(head, frame->kind, 4);
    bytes_put(head + 4, frame->serial, 4);
    bytes_put(head + 8, frame->session, 4);
    bytes_put(head + 12, 0, 4);
    bytes_put(head + 16, frame->length, 8);
}

int frame_get(struct frame *frame, const unsigned char head[FRAME_HEAD], uint64_t limit)
{
    frame->kind = (uint32_t)bytes_get(head, 4);
    frame->serial = (uint32_t)bytes_get(head + 4, 4);
    frame->session = (uint32_t)bytes_get(head + 8, 4);
    frame->length = bytes_get(head + 16, 8);
    if (!known(frame->kind) || bytes_get(head + 12, 4) != 0)
        return -EPROTO;
    return frame->length > limit || frame->length > SIZE_MAX / 2 ? -EMSGSIZE : 0;
}

/* The head is complete: reads it and makes room for the payload and a final zero. */
static int begin_payload(struct frame_reader *reader)
{
    int error = frame_get(&reader->frame, reader->head, reader->limit);
    if (error < 0)
        return error;
    char *block = malloc(FRAME_ROOM + (size_t)reader->frame.length + 1);
    if (block == NULL)
        return -ENOMEM;
    reader->payload = block + FRAME_ROOM;
    reader->payload[reader->frame.length] = '\0';
    return 0;
}

/* Copies missing bytes, as many as there are, to `to`. Returns their number. */
static size_t take(struct frame_reader *reader, void *to, size_t missing, const void *data,
                   size_t size)
{
    size_t count = size < missing ? size : missing;
    if (count > 0)
        /* There is a payload if bytes of it are missing, which clang-tidy cannot know.
         * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
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

void *frame_reader_take(struct frame_reader *reader)
{
    void *block = reader->payload - FRAME_ROOM;
    reader->payload = NULL;
    reader->have = 0;
    return block;
}

void frame_reader_free(struct frame_reader *reader)
{
    if (reader->payload != NULL)
        free(reader->payload - FRAME_ROOM);
    reader->payload = NULL;
    reader->have = 0;
}

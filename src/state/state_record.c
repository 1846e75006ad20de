/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_record.h"

#include <errno.h>
#include <stdbool.h>
#include <zlib.h>

#include "base/bytes.h"

/* Bytes of a head that its own check covers. */
#define CHECKED 20

uint32_t state_record_check(const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, size);
}

uint32_t state_record_check_content(const uint8_t *data, size_t size, size_t offset)
{
    static const uint8_t nothing[64];
    uLong check = crc32_z(0, NULL, 0);
    for (size_t left = offset, n; left > 0; left -= n) {
        n = left < sizeof(nothing) ? left : sizeof(nothing);
        check = crc32_z(check, nothing, n);
    }
    return (uint32_t)crc32_z(check, data + offset, size - offset);
}

void state_record_put(uint8_t bytes[STATE_RECORD_HEAD], const struct state_record_head *head)
{
    bytes_put(bytes, head->kind, 4);
    bytes_put(bytes + 4, head->offset, 4);
    bytes_put(bytes + 8, head->size, 8);
    bytes_put(bytes + 16, head->check, 4);
    bytes_put(bytes + CHECKED, state_record_check(bytes, CHECKED), 4);
}

int state_record_get(const uint8_t bytes[STATE_RECORD_HEAD], struct state_record_head *head)
{
    head->kind = (uint32_t)bytes_get(bytes, 4);
    head->offset = (uint32_t)bytes_get(bytes + 4, 4);
    head->size = bytes_get(bytes + 8, 8);
    head->check = (uint32_t)bytes_get(bytes + 16, 4);
    bool good = bytes_get(bytes + CHECKED, 4) == state_record_check(bytes, CHECKED) &&
                head->offset <= head->size;
    return good ? 0 : -EBADMSG;
}

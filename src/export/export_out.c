/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_out.h"

#include <errno.h>

#include "base/bytes.h"

void export_out_begin(struct export_out *out, size_t expected, size_t limit)
{
    *out = (struct export_out){ .limit = limit };
    if (expected > limit)
        out->error = -EFBIG;
    else
        out->blob = blob_new(expected);
    if (out->error == 0 && out->blob == NULL)
        out->error = -ENOMEM;
}

void export_out_bytes(struct export_out *out, const void *data, size_t size)
{
    if (out->error < 0)
        return;
    if (size > out->limit - out->blob->size)
        out->error = -EFBIG;
    else
        out->error = blob_append(out->blob, data, size);
}

void export_out_number(struct export_out *out, uint64_t value, unsigned bytes)
{
    uint8_t data[8];
    bytes_put(data, value, bytes);
    export_out_bytes(out, data, bytes);
}

void export_out_patch(struct export_out *out, size_t at, uint64_t value, unsigned bytes)
{
    if (out->error == 0)
        bytes_put(out->blob->data + at, value, bytes);
}

void export_out_free(struct export_out *out)
{
    blob_unref(out->blob);
    out->blob = NULL;
}

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_zip.h"

#include <errno.h>
#include <string.h>

#include "base/compress.h"

/* 1980-01-01, the first day that the format has: equal models give equal files. */
#define ZIP_DATE 0x21

/* Names are UTF-8. */
#define ZIP_FLAGS 0x800
#define ZIP_VERSION 20
#define ZIP_DEFLATED 8

/* Where a local header has CRC and sizes. */
#define LOCAL_CRC 14

void export_zip_begin(struct export_zip *zip, struct export_out *out)
{
    *zip = (struct export_zip){ .out = out };
}

/* What local and central headers share. */
static void add_header(struct export_zip *zip, unsigned file)
{
    struct export_out *out = zip->out;
    export_out_number(out, ZIP_VERSION, 2);
    export_out_number(out, ZIP_FLAGS, 2);
    export_out_number(out, ZIP_DEFLATED, 2);
    export_out_number(out, 0, 2);
    export_out_number(out, ZIP_DATE, 2);
    export_out_number(out, zip->files[file].crc, 4);
    export_out_number(out, zip->files[file].packed, 4);
    export_out_number(out, zip->files[file].size, 4);
    export_out_number(out, strlen(zip->files[file].name), 2);
    export_out_number(out, 0, 2);
}

/* Compresses what the stream was given. */
static void pack(struct export_zip *zip, int flush)
{
    uint8_t buffer[16384];
    do {
        zip->stream.next_out = buffer;
        zip->stream.avail_out = sizeof(buffer);
        if (deflate(&zip->stream, flush) == Z_STREAM_ERROR && zip->out->error == 0)
            zip->out->error = -ENOMEM;
        size_t size = sizeof(buffer) - zip->stream.avail_out;
        zip->files[zip->count - 1].packed += size;
        export_out_bytes(zip->out, buffer, size);
    } while (zip->stream.avail_out == 0 && zip->out->error == 0);
}

static void end_file(struct export_zip *zip)
{
    if (!zip->open)
        return;
    zip->stream.avail_in = 0;
    pack(zip, Z_FINISH);
    deflateEnd(&zip->stream);
    zip->open = false;
    size_t at = zip->files[zip->count - 1].at + LOCAL_CRC;
    if ((zip->files[zip->count - 1].size | zip->files[zip->count - 1].packed) >= UINT32_MAX &&
        zip->out->error == 0)
        zip->out->error = -EFBIG;
    export_out_patch(zip->out, at, zip->files[zip->count - 1].crc, 4);
    export_out_patch(zip->out, at + 4, zip->files[zip->count - 1].packed, 4);
    export_out_patch(zip->out, at + 8, zip->files[zip->count - 1].size, 4);
}

void export_zip_file(struct export_zip *zip, const char *name)
{
    struct export_out *out = zip->out;
    end_file(zip);
    if (out->error < 0 || zip->count == EXPORT_ZIP_FILES)
        return;
    zip->stream = (z_stream){ 0 };
    /* Negative: without the head and the checksum of zlib's own format. */
    if (deflateInit2(&zip->stream, COMPRESS_GZIP_LEVEL, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        out->error = -ENOMEM;
        return;
    }
    zip->open = true;
    zip->files[zip->count].name = name;
    zip->files[zip->count].at = out->blob->size;
    export_out_number(out, 0x04034b50, 4);
    add_header(zip, zip->count++);
    export_out_bytes(out, name, strlen(name));
}

void export_zip_bytes(struct export_zip *zip, const void *data, size_t size)
{
    if (!zip->open || zip->out->error < 0)
        return;
    uint32_t *crc = &zip->files[zip->count - 1].crc;
    *crc = (uint32_t)crc32_z(*crc, data, size);
    zip->files[zip->count - 1].size += size;
    /* A text in pieces of less than 64 KiB: its length fits. */
    zip->stream.next_in = (Bytef *)(uintptr_t)data;
    zip->stream.avail_in = (uInt)size;
    pack(zip, Z_NO_FLUSH);
}

void export_zip_text(struct export_zip *zip, const char *text)
{
    export_zip_bytes(zip, text, strlen(text));
}

void export_zip_end(struct export_zip *zip)
{
    struct export_out *out = zip->out;
    end_file(zip);
    if (out->error < 0)
        return;
    size_t start = out->blob->size;
    for (unsigned i = 0; i < zip->count; i++) {
        export_out_number(out, 0x02014b50, 4);
        export_out_number(out, ZIP_VERSION, 2);
        add_header(zip, i);
        export_out_number(out, 0, 2); /* comment */
        export_out_number(out, 0, 2); /* disk */
        export_out_number(out, 0, 2); /* attributes */
        export_out_number(out, 0, 4);
        export_out_number(out, zip->files[i].at, 4);
        export_out_bytes(out, zip->files[i].name, strlen(zip->files[i].name));
    }
    size_t end = out->error < 0 ? 0 : out->blob->size;
    if (end >= UINT32_MAX)
        out->error = -EFBIG;
    export_out_number(out, 0x06054b50, 4);
    export_out_number(out, 0, 4); /* disks */
    export_out_number(out, zip->count, 2);
    export_out_number(out, zip->count, 2);
    export_out_number(out, end - start, 4);
    export_out_number(out, start, 4);
    export_out_number(out, 0, 2); /* comment */
}

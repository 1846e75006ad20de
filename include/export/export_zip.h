/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_ZIP_H
#define CADCAST_EXPORT_EXPORT_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include "export/export_out.h"

/* Most files of an archive. */
#define EXPORT_ZIP_FILES 4

/*
 * Writes an archive as APPNOTE.TXT 6.3.3 describes it: deflated files with names in UTF-8, without
 * ZIP64, so none may have 4 GiB. Errors are in out->error.
 */
struct export_zip {
    struct export_out *out;
    z_stream stream;
    bool open; /* a file is being written */
    unsigned count;
    struct {
        const char *name; /* borrowed */
        size_t at;        /* where its local header begins */
        uint32_t crc;
        uint64_t packed;
        uint64_t size;
    } files[EXPORT_ZIP_FILES];
};

void export_zip_begin(struct export_zip *zip, struct export_out *out);

/* Begins the next file. */
void export_zip_file(struct export_zip *zip, const char *name);

void export_zip_bytes(struct export_zip *zip, const void *data, size_t size);
void export_zip_text(struct export_zip *zip, const char *text);

/* Ends the file and the archive. To be called in any case. */
void export_zip_end(struct export_zip *zip);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* A payload through the converter and the type scanner. What must hold for every input: both agree
 * on what is JSON, the quick way of reading finds what the careful way finds, and the file is
 * whole.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "model/model_read.h"
#include "model/type_scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* Scans in pieces whose lengths the input itself chooses. */
static struct type_scanner scan_pieces(const uint8_t *data, size_t size)
{
    struct type_scanner scanner;
    type_scanner_init(&scanner);
    for (size_t at = 0; at < size;) {
        size_t n = 1 + data[size - 1 - at] % 37u;
        n = n < size - at ? n : size - at;
        type_scanner_feed(&scanner, data + at, n);
        at += n;
    }
    return scanner;
}

static void check_file(const struct model_file *file, const uint8_t *data, size_t size)
{
    const struct blob *bytes = file->bytes;
    must(bytes->size == bytes->room && bytes->size % MODEL_ALIGN == 0);
    must(memcmp(bytes->data, "CADCAST1", 8) == 0);
    must(MODEL_HEAD + file->json <= bytes->size);
    must(strlen(file->hash) == 32);
    if (file->arrays == 0)
        must(file->json == size && memcmp(bytes->data + MODEL_HEAD, data, size) == 0);
    struct type_scanner scanner = scan_pieces(bytes->data + MODEL_HEAD, file->json);
    must(type_scanner_done(&scanner));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct type_scanner whole;
    type_scanner_init(&whole);
    type_scanner_feed(&whole, data, size);
    struct type_scanner pieces = scan_pieces(data, size);
    must(whole.error == pieces.error && type_scanner_done(&whole) == type_scanner_done(&pieces));
    must((type_scanner_type(&whole) == NULL) == (type_scanner_type(&pieces) == NULL));
    must(type_scanner_type(&whole) == NULL ||
         strcmp(type_scanner_type(&whole), type_scanner_type(&pieces)) == 0);

    struct blob *blob = blob_copy(data, size);
    struct model_options options = { .max_bytes = 1 << 20 };
    struct model_file file;
    struct model_file careful;
    struct model_spans spans = { .limit = 1 << 20 };
    must(blob != NULL);
    int error = model_convert(blob, &options, &file);
    int careful_error = model_read(blob->data, blob->size, true, &spans, &careful);
    if (error == 0) {
        must(careful_error == 0 && type_scanner_done(&whole));
        must(file.arrays == careful.arrays && file.left == careful.left);
        must(strcmp(file.type, careful.type) == 0 && file.leaves == careful.leaves);
        check_file(&file, data, size);
        model_file_free(&file);
    } else {
        must(careful_error == error || error == -EFBIG);
    }
    free(spans.spans);
    blob_unref(blob);
    return 0;
}

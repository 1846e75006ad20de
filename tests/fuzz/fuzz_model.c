/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* A payload through the converter and the skimmer. What must hold for every input: both agree on
 * what is JSON, the quick way of reading finds what the careful way finds, and the file is whole.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "view/model.h"
#include "view/model_read.h"
#include "view/skim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* Skims in pieces whose lengths the input itself chooses. */
static struct skim skim_pieces(const uint8_t *data, size_t size)
{
    struct skim skim;
    skim_init(&skim);
    for (size_t at = 0; at < size;) {
        size_t n = 1 + data[size - 1 - at] % 37u;
        n = n < size - at ? n : size - at;
        skim_feed(&skim, data + at, n);
        at += n;
    }
    return skim;
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
    struct skim skim = skim_pieces(bytes->data + MODEL_HEAD, file->json);
    must(skim_done(&skim));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct skim whole;
    skim_init(&whole);
    skim_feed(&whole, data, size);
    struct skim pieces = skim_pieces(data, size);
    must(whole.error == pieces.error && skim_done(&whole) == skim_done(&pieces));
    must((skim_type(&whole) == NULL) == (skim_type(&pieces) == NULL));
    must(skim_type(&whole) == NULL || strcmp(skim_type(&whole), skim_type(&pieces)) == 0);

    struct blob *blob = blob_copy(data, size);
    struct model_options options = { .max_bytes = 1 << 20 };
    struct model_file file;
    struct model_file careful;
    struct model_spans spans = { .limit = 1 << 20 };
    must(blob != NULL);
    int error = model_convert(blob, 0, &options, &file);
    int careful_error = model_read(blob->data, blob->size, true, &spans, &careful);
    if (error == 0) {
        must(careful_error == 0 && skim_done(&whole));
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

/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* A model file, hostile in every part of it, through each writer. The input is its JSON, then a
 * zero byte, then its arrays; one that begins as a model file does is taken as whole. What must
 * hold: it is written, within the limit of memory, or an error has a reason. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/export_query.h"
#include "model_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void write_all(const uint8_t *file, size_t size)
{
    static const char *const queries[] = { "", "visible=1&hide=/G/b", "parts=/G/a", "" };
    for (int i = 0; i < EXPORT_FORMATS; i++) {
        struct text why = { 0 };
        struct export_query query = { 0 };
        struct export_result result;
        must(export_query_read(&query, queries[i % 4], &why) == 0);
        const struct export_options options = { .format = (enum export_format)i,
                                                .parts = query.parts,
                                                .hide = query.hide,
                                                .visible = query.visible,
                                                .max_bytes = 1 << 20,
                                                .max_ms = 1000 };
        int error = export_write(file, size, &options, &result);
        must(error < 0 ? result.fault[0] != '\0' && result.bytes == NULL
                       : result.bytes->size > 0 && result.bytes->size <= options.max_bytes);
        blob_unref(result.bytes);
        export_query_free(&query);
        text_free(&why);
    }
}

/* Any text is a query, or is refused with a reason. */
static void read_query(const uint8_t *data, size_t size)
{
    struct text why = { 0 };
    struct text query_text = { 0 };
    struct export_query query = { 0 };
    text_add_bytes(&query_text, data, size);
    int error = export_query_read(&query, text_string(&query_text), &why);
    must((error < 0) == (why.size > 0));
    export_query_free(&query);
    text_free(&query_text);
    text_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_query(data, size);
    model_input(data, size, write_all);
    return 0;
}

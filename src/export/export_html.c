/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_html.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"

/* Bytes that are packed, and encoded, at a time: a multiple of 3. */
#define PIECE ((size_t)3 << 14)

/* Limit of the page without a model. */
#define PAGE_MAX ((size_t)64 << 20)

/* As small as gzip gets in a tolerable time: the file is opened more often than made. */
#define LEVEL 6

/* gzip's frame around the data, as zlib's inflateInit2 describes it. */
#define WINDOW (15 + 16)

/* The packed model on its way into the file. */
struct packing {
    struct export_out *out;
    struct limit limit;
    size_t most; /* that may be packed */
    z_stream stream;
    size_t packed; /* bytes so far */
    uint8_t piece[PIECE];
    char text[PIECE / 3 * 4];
};

static int refuse(char *fault, int error, const char *why)
{
    snprintf(fault, EXPORT_WHY, "%s", why);
    return error;
}

/* ---- the model ---- */

/* Writes what is packed. */
static void put_piece(struct packing *packing, size_t size)
{
    base64_encode(packing->text, packing->piece, size);
    export_out_bytes(packing->out, packing->text, base64_encoded_size(size));
    packing->packed += size;
    packing->stream.next_out = packing->piece;
    packing->stream.avail_out = PIECE;
}

/* Packs `size` bytes more, `last`: and ends. */
static int pack(struct packing *packing, const uint8_t *data, size_t size, bool last, char *fault)
{
    z_stream *stream = &packing->stream;
    int ended = Z_OK;
    stream->next_in = (Bytef *)(uintptr_t)data;
    stream->avail_in = (uInt)size;
    while (packing->out->error == 0 && (stream->avail_in > 0 || (last && ended != Z_STREAM_END))) {
        ended = deflate(stream, last ? Z_FINISH : Z_NO_FLUSH);
        if (stream->avail_out == 0 || ended == Z_STREAM_END)
            put_piece(packing, PIECE - stream->avail_out);
    }
    if (packing->packed > packing->most) {
        snprintf(fault, EXPORT_WHY, "the model is too large for an HTML file: more than %zu MB",
                 packing->most >> 20);
        return -E2BIG;
    }
    return packing->out->error;
}

static int pack_all(struct packing *packing, const uint8_t *file, size_t size, char *fault)
{
    const size_t step = (size_t)1 << 20;
    int error = 0;
    for (size_t at = 0; at < size && error == 0; at += step) {
        error = limit_check(&packing->limit);
        if (error == 0)
            error = pack(packing, file + at, size - at < step ? size - at : step, false, fault);
    }
    return error;
}

/* The model, and behind it what the steps of the history do not share. */
static int pack_model(struct packing *packing, const uint8_t *file, size_t size,
                      const struct export_page *page, char *fault)
{
    int error = pack_all(packing, file, size, fault);
    for (unsigned i = 0; i < page->step_count && error == 0; i++)
        error = pack_all(packing, page->steps[i].delta->own->data, page->steps[i].delta->own->size,
                         fault);
    return error < 0 ? error : pack(packing, NULL, 0, true, fault);
}

static int put_model(const uint8_t *file, size_t size, const struct export_options *options,
                     struct export_out *out, char *fault)
{
    struct packing *packing = calloc(1, sizeof(*packing));
    if (packing == NULL)
        return -ENOMEM;
    packing->out = out;
    packing->most = options->page->most == 0 ? EXPORT_HTML_MOST : options->page->most;
    packing->limit = limit_start(options->max_ms, options->cancel);
    packing->stream.next_out = packing->piece;
    packing->stream.avail_out = PIECE;
    int error =
        deflateInit2(&packing->stream, LEVEL, Z_DEFLATED, WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK
            ? 0
            : -ENOMEM;
    if (error == 0) {
        error = pack_model(packing, file, size, options->page, fault);
        deflateEnd(&packing->stream);
    }
    free(packing);
    return error;
}

/* ---- the page ---- */

/* Text of HTML. */
static void put_name(struct export_out *out, const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        char number[12];
        int size =
            snprintf(number, sizeof(number), strchr("<>&\"'-", *c) != NULL ? "&#%d;" : "%c", *c);
        export_out_bytes(out, number, (size_t)size);
    }
}

/* The steps of the history, as JSON: the rows of the page's list, and how their files are made of
 * the bytes behind the model (templates/onefile-past.js). */
static void put_step(struct text *text, const struct export_step *step)
{
    text_format(text, "{\"number\":%llu,\"when\":%lld,\"parts\":%u,\"name\":",
                (unsigned long long)step->number, (long long)step->when, step->parts);
    text_add_json(text, step->name, strlen(step->name));
    text_add(text, ",\"changes\":");
    text_add_json(text, step->messages, step->messages_size);
    text_format(text, ",\"own\":%zu,\"runs\":[", step->delta->own->size);
    for (size_t i = 0; i < step->delta->count; i++) {
        const struct delta_run *run = &step->delta->runs[i];
        text_format(text, "%s%zu,%zu,%d", i == 0 ? "" : ",", run->from, run->size, run->shared);
    }
    text_add(text, "],\"small\":\"");
    char *small = step->small == NULL ? NULL : malloc(base64_encoded_size(step->small->size) + 1);
    if (small != NULL) {
        base64_encode(small, step->small->data, step->small->size);
        text_add_bytes(text, small, base64_encoded_size(step->small->size));
    }
    text->failed = text->failed || (step->small != NULL && small == NULL);
    free(small);
    text_add(text, "\"}");
}

static int put_past(const struct export_page *page, size_t size, struct export_out *out)
{
    struct text text = { 0 };
    text_format(&text, "{\"model\":%zu,\"left\":%u,\"steps\":[", size, page->steps_left);
    for (unsigned i = 0; i < page->step_count; i++) {
        text_add(&text, i == 0 ? "" : ",");
        put_step(&text, &page->steps[i]);
    }
    text_add(&text, "]}");
    int error = text_error(&text);
    export_out_bytes(out, text_string(&text), text.size);
    text_free(&text);
    return error;
}

static bool begins(const char *at, const char *mark)
{
    return strncmp(at, mark, strlen(mark)) == 0;
}

/* Writes `page` with its marks filled in. */
static int fill(const char *page, const uint8_t *file, size_t size,
                const struct export_options *options, struct export_out *out, char *fault)
{
    const char *from = page;
    int error = 0;
    for (const char *at = strchr(page, '@'); at != NULL && error == 0; at = strchr(at + 1, '@')) {
        bool name = begins(at, "@NAME@");
        bool model = begins(at, "@MODEL@");
        bool past = begins(at, "@PAST@");
        if (!name && !model && !past && !begins(at, "@CADCAST@"))
            continue;
        export_out_bytes(out, from, (size_t)(at - from));
        if (name)
            put_name(out, options->page->name);
        else if (model)
            error = put_model(file, size, options, out, fault);
        else if (past)
            error = put_past(options->page, size, out);
        else
            export_out_bytes(out, options->page->values, strlen(options->page->values));
        at = strchr(at + 1, '@');
        from = at + 1;
    }
    export_out_bytes(out, from, strlen(from));
    return error < 0 ? error : out->error;
}

int export_html(const uint8_t *file, size_t size, const struct export_options *options,
                struct export_out *out, char *fault)
{
    struct text page = { 0 };
    const char *path = options->page == NULL ? NULL : options->page->path;
    int error = path == NULL ? -ENOENT : file_read(path, PAGE_MAX, &page, NULL);
    if (error == -ENOMEM)
        return error;
    if (error < 0 || page.size == 0)
        return refuse(
            fault, -ENOTSUP,
            "the page for HTML files is missing: run tools/fetch-assets, and build again");
    export_out_begin(out, page.size + size / 4, options->max_bytes);
    error = out->error;
    if (error == 0)
        error = fill(text_string(&page), file, size, options, out, fault);
    text_free(&page);
    return error;
}

/* ---- its values ---- */

void export_html_values(struct text *out, const char *settings, const json_t *view)
{
    char *dump = view == NULL ? NULL : json_dumps(view, JSON_COMPACT);
    out->failed = out->failed || (view != NULL && dump == NULL);
    text_format(out, "{\"settings\":%s,\"view\":", settings);
    text_add_json(out, dump == NULL ? "null" : dump, strlen(dump == NULL ? "null" : dump));
    text_add(out, ",\"messages\":[");
    free(dump);
}

void export_html_message(struct text *out, const void *message, size_t size)
{
    text_add(out, text_string(out)[out->size - 1] == '[' ? "" : ",");
    text_add_json(out, message, size);
}

void export_html_end(struct text *out)
{
    text_add(out, "]}");
}

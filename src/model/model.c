/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "model/model_read.h"

enum {
    VERSION = 1,
    /* Characters decoded at a time: the bytes are hashed while they are still in the cache. */
    BLOCK = 256 * 1024,
    BLOCK_BYTES = BLOCK / 4 * 3,
    MEMBER = 40, /* room for `"offset":` and a 64-bit number */
};

/* A file being written. */
struct writer {
    const uint8_t *text;
    size_t size;
    const struct model_options *options;
    const struct model_spans *spans;
    struct blob *blob;
    struct hash *hash;
    size_t hashed; /* bytes of the file that are hashed */
};

static size_t aligned(size_t size)
{
    return (size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
}

/* Writes the member that replaces `span`; the array lies `offset` bytes into the data. */
static size_t put_member(char out[MEMBER], const struct model_span *span, size_t offset)
{
    int n = span->use == MODEL_OFFSET ? snprintf(out, MEMBER, "\"offset\":%zu", offset)
                                      : snprintf(out, MEMBER, "\"bytes\":%zu", span->bytes);
    return (size_t)n;
}

/* Computes the sizes of the JSON and of all arrays, in bytes. */
static void measure(const struct writer *writer, size_t *json, size_t *data)
{
    char member[MEMBER];
    *json = writer->size;
    *data = 0;
    for (size_t i = 0; i < writer->spans->count; i++) {
        const struct model_span *span = &writer->spans->spans[i];
        if (span->use == MODEL_KEEP)
            continue;
        *json -= span->end - span->start;
        *json += put_member(member, span, *data);
        if (span->use == MODEL_OFFSET)
            *data += aligned(span->bytes);
    }
}

/* Writes the head, the JSON and the padding; the blob's size is then the offset of the first array.
 */
static void write_json(struct writer *writer, size_t json)
{
    struct blob *blob = writer->blob;
    uint8_t *out = blob->data + MODEL_HEAD;
    size_t from = 0, offset = 0;
    memcpy(blob->data, MODEL_MAGIC, 8);
    bytes_put(blob->data + 8, VERSION, 4);
    bytes_put(blob->data + 12, json, 4);
    for (size_t i = 0; i < writer->spans->count; i++) {
        const struct model_span *span = &writer->spans->spans[i];
        char member[MEMBER];
        if (span->use == MODEL_KEEP)
            continue;
        memcpy(out, writer->text + from, span->start - from);
        out += span->start - from;
        from = span->end;
        size_t n = put_member(member, span, offset);
        memcpy(out, member, n);
        out += n;
        if (span->use == MODEL_OFFSET)
            offset += aligned(span->bytes);
    }
    memcpy(out, writer->text + from, writer->size - from);
    out += writer->size - from;
    blob->size = aligned(MODEL_HEAD + json);
    memset(out, 0, (size_t)(blob->data + blob->size - out));
}

/* Hashes what is finished, and checks for cancellation. */
static int finish_block(struct writer *writer)
{
    const atomic_bool *cancel = writer->options->cancel;
    struct blob *blob = writer->blob;
    int error = hash_add(writer->hash, blob->data + writer->hashed, blob->size - writer->hashed);
    if (error < 0)
        return error;
    writer->hashed = blob->size;
    return cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed) ? -ECANCELED : 0;
}

static int write_array(struct writer *writer, const struct model_span *span)
{
    struct blob *blob = writer->blob;
    const char *chars = (const char *)writer->text + span->chars;
    size_t left = span->end - 1 - span->chars;
    for (; left > BLOCK; left -= BLOCK, chars += BLOCK) {
        /* A shorter result means padding, which may only stand at the end. */
        if (base64_decode(blob->data + blob->size, chars, BLOCK) != BLOCK_BYTES)
            return -EINVAL;
        blob->size += BLOCK_BYTES;
        int error = finish_block(writer);
        if (error < 0)
            return error;
    }
    long n = base64_decode(blob->data + blob->size, chars, left);
    if (n < 0)
        return -EINVAL;
    blob->size += (size_t)n;
    size_t end = aligned(blob->size);
    memset(blob->data + blob->size, 0, end - blob->size);
    blob->size = end;
    /* Small arrays are hashed together. */
    return end - writer->hashed < BLOCK / 2 ? 0 : finish_block(writer);
}

/* Fills the blob, which has room for all. -EINVAL: some base64 was invalid. */
static int write_file(struct writer *writer, size_t json, struct model_file *file)
{
    write_json(writer, json);
    int error = finish_block(writer);
    for (size_t i = 0; error == 0 && i < writer->spans->count; i++) {
        if (writer->spans->spans[i].use == MODEL_OFFSET)
            error = write_array(writer, &writer->spans->spans[i]);
    }
    if (error == 0)
        error = finish_block(writer);
    return error < 0 ? error : hash_end(writer->hash, file->hash);
}

/* Writes the file from the spans. */
static int make_file(struct writer *writer, struct model_file *file)
{
    size_t json, data;
    measure(writer, &json, &data);
    size_t size = aligned(MODEL_HEAD + json) + data;
    if (json > UINT32_MAX || size > writer->options->max_bytes)
        return -EFBIG;
    writer->blob = blob_new_from(writer->options->blocks, size);
    if (writer->blob == NULL)
        return -ENOMEM;
    blob_prefault(writer->blob, size, BLOCK_PAGES_LARGE);
    int error = hash_begin(&writer->hash, writer->options->key);
    if (error == 0)
        error = write_file(writer, json, file);
    hash_free(writer->hash);
    writer->hash = NULL;
    writer->hashed = 0;
    if (error < 0) {
        blob_unref(writer->blob);
        return error;
    }
    file->bytes = writer->blob;
    file->json = json;
    return 0;
}

static int read_and_make(struct writer *writer, bool careful, struct model_spans *spans,
                         struct model_file *file)
{
    int error = model_read(writer->text, writer->size, careful, spans, file);
    return error < 0 ? error : make_file(writer, file);
}

int model_convert(const struct blob *payload, const struct model_options *options,
                  struct model_file *file)
{
    struct model_options own = *options;
    if (own.max_bytes == 0)
        own.max_bytes = SIZE_MAX;
    struct model_spans spans = { .limit = own.max_bytes };
    struct writer writer = { .text = blob_payload(payload),
                             .size = blob_payload_size(payload),
                             .options = &own,
                             .spans = &spans };
    int error = read_and_make(&writer, false, &spans, file);
    /* The sizes do not match the base64: read again, every character. */
    if (error < 0 && error != -ECANCELED && error != -ENOMEM && spans.believed)
        error = read_and_make(&writer, true, &spans, file);
    free(spans.spans);
    if (error < 0)
        memset(file, 0, sizeof(*file));
    return error;
}

void model_file_free(struct model_file *file)
{
    blob_unref(file->bytes);
    memset(file, 0, sizeof(*file));
}

int model_make(struct blob *message, const struct model_options *options, struct model_file *file)
{
    int error = model_is_file(message) ? model_open(message, options, file)
                                       : model_convert(message, options, file);
    if (error == 0 && file->left > 0) {
        model_file_free(file);
        error = -ENOTSUP;
    }
    return error;
}
